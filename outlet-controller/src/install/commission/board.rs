//! The panel as the walk needs it.

use std::sync::Arc;

use domain::ids::OutletNumber;
use domain::observation::Observation;
use domain::outlet::Wanted;

use crate::modbus::panel::{Panel, Unit};
use crate::modbus::panel_io::MeterScan;

/// What a unit says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Nothing,
    /// It answers; its device file names no serial number.
    Answers,
    NoSerial,
    Serial(String),
}

pub(crate) trait Board {
    fn panel(&self) -> &Panel;
    /// Milliseconds on a clock that never goes back.
    fn now_ms(&self) -> u64;
    async fn wait_ms(&mut self, ms: u64);
    /// All outlets.
    async fn look(&mut self) -> Vec<(OutletNumber, Observation)>;
    /// Position and trip of one outlet, quickly.
    async fn look_at(&mut self, outlet: OutletNumber) -> Observation;
    /// All outlets' meters and the main circuit's.
    async fn meters(&mut self) -> MeterScan;
    /// The outlet's export counter, if its meter has one.
    async fn exported_wh(&mut self, outlet: OutletNumber) -> Option<i64>;
    async fn unit(&mut self, unit: &Arc<Unit>) -> Said;
    /// # Errors
    /// In words; the breaker may move all the same.
    async fn switch(&mut self, outlet: OutletNumber, wanted: Wanted) -> Result<(), String>;
}
