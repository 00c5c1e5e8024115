//! Units for the tests of the bus.

use std::path::Path;
use std::sync::Arc;

use crate::modbus::library::{Library, shipped_panel};
use crate::modbus::panel::{Panel, Unit};

/// The meters of a shipped panel.
pub(super) fn units() -> Vec<Arc<Unit>> {
    let text = shipped_panel("waveshare-sdm120-tcp.toml").unwrap();
    let panel = Panel::parse(Path::new("x"), &text, &Library::shipped().unwrap()).unwrap();
    let reads = panel.plan.slow.iter();
    let mut units: Vec<_> = reads.map(|read| Arc::clone(&read.unit)).collect();
    units.dedup_by_key(|unit| unit.id);
    units
}

pub(super) fn unit() -> Arc<Unit> {
    units().remove(0)
}
