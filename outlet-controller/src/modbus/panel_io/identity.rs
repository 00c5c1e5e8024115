//! Which meter stands where: its serial number, read again whenever another could have taken its place.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::modbus::bus::{Bus, CallError, Class, Data, ExceptionCode};
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

    /// The serial number that the unit has told since another could have taken its place.
    pub(super) fn serial(&self, unit: &Unit, bus: &Bus) -> Option<String> {
        let last = self.0.get(&(unit.bus, unit.id))?.last();
        last.serial.filter(|_| last.epoch == Some(bus.epoch(unit.id)))
    }

    /// Whose the values are that have just been read. A unit that is not pinned only has its number noted, before
    /// a register of it is stored.
    pub(super) async fn whose(&self, bus: &Bus, read: &PlannedRead, class: Class) -> Whose {
        let unit = &read.unit;
        let Some(told) = self.0.get(&(unit.bus, unit.id)) else {
            return Whose::Right;
        };
        match (&unit.pinned, read.class) {
            (Some(pinned), _) => match told.ask(bus, read, class).await {
                Some(Some(serial)) if serial == *pinned => Whose::Right,
                Some(found) => {
                    tracing::debug!(unit = unit.name, ?found, pinned, "this is not the pinned meter");
                    Whose::Wrong
                }
                None => Whose::Unknown,
            },
            (None, Class::Energy) => {
                told.ask(bus, read, Class::Identity).await;
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
    async fn ask(&self, bus: &Bus, read: &PlannedRead, class: Class) -> Option<Option<String>> {
        let unit = &read.unit;
        let epoch = bus.epoch(unit.id);
        let _turn = self.turn.lock().await;
        let last = self.last();
        // A number that is wrong may have been so only while the meter began: it is asked for with each register.
        let is_wrong = unit.pinned.is_some() && last.serial != unit.pinned;
        if last.epoch == Some(epoch) && !(is_wrong && read.class == Class::Energy) {
            return Some(last.serial);
        }
        let serial = told_surely(bus, unit, (last.serial, class)).await?;
        let mut known = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if known.serial.is_some() && known.serial != serial {
            tracing::warn!(unit = unit.name, before = ?known.serial, now = ?serial, "the unit has another serial number");
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

/// What the unit tells; where that is neither what is pinned nor what it told before, two equal answers are wanted.
async fn told_surely(
    bus: &Bus,
    unit: &Arc<Unit>,
    (before, class): (Option<String>, Class),
) -> Option<Option<String>> {
    let first = told(bus, unit, class).await?;
    let expected = unit.pinned.clone().or(before);
    if expected.is_none() || first == expected {
        return Some(first);
    }
    let second = told(bus, unit, class).await?;
    (first == second).then_some(second)
}

async fn told(bus: &Bus, unit: &Arc<Unit>, class: Class) -> Option<Option<String>> {
    match bus.read(unit, serial_at(unit)?, class).await {
        Ok(Data::Words(words)) => Some(serial_of(unit, &words)),
        Ok(Data::Bits(_)) => Some(None),
        // It has no such register; any other refusal passes.
        Err(CallError::DeviceRefused(
            ExceptionCode::IllegalFunction
            | ExceptionCode::IllegalDataAddress
            | ExceptionCode::IllegalDataValue,
        )) => Some(None),
        Err(CallError::DeviceRefused(_) | CallError::Bus(_)) => None,
    }
}

fn serial_at(unit: &Unit) -> Option<Span> {
    Some(unit.device.identity.as_ref()?.serial.as_ref()?.span())
}

fn serial_of(unit: &Unit, words: &[u16]) -> Option<String> {
    unit.device.identity.as_ref()?.serial.as_ref()?.read(words)
}
