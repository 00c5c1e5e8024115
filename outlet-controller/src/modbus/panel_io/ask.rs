//! A read of one's own choice, for those who look into a panel rather than control it.

use std::sync::Arc;

use super::PanelIo;
use crate::modbus::bus::{BusError, CallError, Class, Data};
use crate::modbus::panel::Unit;
use crate::modbus::plan::Span;

impl PanelIo {
    pub(crate) async fn ask(&self, unit: &Arc<Unit>, span: Span, class: Class) -> Result<Data, CallError> {
        let bus = self.buses.get(unit.bus).ok_or(BusError::Closed)?;
        bus.read(unit, span, class).await
    }
}
