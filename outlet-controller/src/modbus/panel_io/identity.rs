//! Which meter stands where: its serial number, read again whenever another could have taken its place.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::modbus::bus::{Bus, CallError, Class, Data};
use crate::modbus::panel::Unit;
use crate::modbus::plan::{Plan, PlannedRead, Span};

/// The serial numbers of all units that tell theirs.
#[derive(Debug, Default)]
pub(super) struct Identities(BTreeMap<(usize, u8), Told>);

#[derive(Debug, Default)]
struct Told {
    /// Two reads of one unit ask only once.
    turn: tokio::sync::Mutex<()>,
    last: Mutex<Last>,
}

#[derive(Clone, Debug, Default)]
struct Last {
    epoch: Option<u64>,
    serial: Option<String>,
}

/// Whose values were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// Those of the unit that belongs here, as far as it is pinned.
    Right,
    Wrong,
    /// It could not be asked.
    Unknown,
}

impl Identities {
    pub(super) fn of(plan: &Plan) -> Self {
        let units = plan.fast.iter().chain(&plan.slow).map(|read| &read.unit);
        let telling = units.filter(|unit| serial_at(unit).is_some());
        Self(
            telling
                .map(|unit| ((unit.bus, unit.id), Told::default()))
                .collect(),
        )
    }

    /// The serial number that the unit told last.
    pub(super) fn serial(&self, unit: &Unit) -> Option<String> {
        self.0.get(&(unit.bus, unit.id))?.last().serial
    }

    /// Whose the values are that have just been read. A unit that is not pinned only has its number noted, before
    /// a register of it is stored.
    pub(super) async fn whose(&self, bus: &Bus, read: &PlannedRead, class: Class) -> Whose {
        let unit = &read.unit;
        let Some(told) = self.0.get(&(unit.bus, unit.id)) else {
            return Whose::Right;
        };
        match (&unit.pinned, read.class) {
            (Some(pinned), _) => match told.ask(bus, unit, class).await {
                Some(Some(serial)) if serial == *pinned => Whose::Right,
                Some(found) => {
                    tracing::debug!("unit {} is {found:?}, pinned is {pinned}", unit.name);
                    Whose::Wrong
                }
                None => Whose::Unknown,
            },
            (None, Class::Energy) => {
                told.ask(bus, unit, Class::Identity).await;
                Whose::Right
            }
            (None, _) => Whose::Right,
        }
    }
}

impl Told {
    fn last(&self) -> Last {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The number, if the unit tells one; none at all if it could not be asked since the values were read.
    async fn ask(&self, bus: &Bus, unit: &Arc<Unit>, class: Class) -> Option<Option<String>> {
        let epoch = bus.epoch(unit.id);
        let _turn = self.turn.lock().await;
        let last = self.last();
        if last.epoch == Some(epoch) {
            return Some(last.serial);
        }
        let serial = match bus.read(unit, serial_at(unit)?, class).await {
            Ok(Data::Words(words)) => serial_of(unit, &words),
            Ok(Data::Bits(_)) | Err(CallError::DeviceRefused(_)) => None,
            Err(CallError::Bus(_)) => return None,
        };
        let mut known = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if known.serial.is_some() && known.serial != serial {
            tracing::warn!("unit {} was {:?} and now is {serial:?}", unit.name, known.serial);
        }
        let asked_in = bus.epoch(unit.id);
        *known = Last {
            epoch: Some(asked_in),
            serial: serial.clone(),
        };
        // If the line was lost meanwhile, the values may be another's.
        (asked_in == epoch).then_some(serial)
    }
}

fn serial_at(unit: &Unit) -> Option<Span> {
    let serial = unit.device.identity.as_ref()?.serial.as_ref()?;
    Some(Span {
        area: serial.area,
        addr: serial.addr,
        count: serial.words(),
    })
}

fn serial_of(unit: &Unit, words: &[u16]) -> Option<String> {
    unit.device.identity.as_ref()?.serial.as_ref()?.read(words)
}
