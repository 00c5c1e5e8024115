//! Rules about a whole panel: nothing is shared that must be separate.

use std::sync::Arc;

use super::{BusLine, Command, Input, Outlet, Transport, Unit, Write, WriteValue};
use crate::modbus::point::Area;
use crate::modbus::{Fault, listed};

/// One owner per physical bus: two names for one gateway or port would make two.
pub(super) fn buses_are_distinct(buses: &[BusLine]) -> Result<(), Fault> {
    for (place, bus) in buses.iter().enumerate() {
        let same = |other: &&BusLine| other.transport.address() == bus.transport.address();
        if let Some(other) = buses.iter().take(place).find(same) {
            let what = match bus.transport {
                Transport::Rtu(_) => "serial port",
                Transport::Tcp(_) | Transport::RtuOverTcp(_) => "address",
            };
            let name = &other.name;
            let problem = format!("found the {what} of bus \"{name}\", allowed: one name per bus");
            return Err(Fault::new(format!("bus.{}", bus.name), problem));
        }
    }
    Ok(())
}

/// A device that does not know the speed of its line hears nothing.
pub(super) fn speeds_are_known<'a>(
    buses: &[BusLine],
    units: impl Iterator<Item = &'a Arc<Unit>>,
) -> Result<(), Fault> {
    for unit in units {
        let Some((bus, line)) = buses
            .get(unit.bus)
            .and_then(|bus| Some((bus, bus.transport.line()?)))
        else {
            continue;
        };
        let known = &unit.device.link.baud;
        if !known.is_empty() && !known.contains(&line.baud) {
            let known: Vec<String> = known.iter().map(u32::to_string).collect();
            let (name, device, found) = (&unit.name, &unit.device.id, line.baud);
            let problem = format!("found {found}, allowed by {device} ({name}): {}", listed(&known));
            return Err(Fault::new(format!("bus.{}.baud", bus.name), problem));
        }
    }
    Ok(())
}

pub(super) fn outputs_are_not_shared(outlets: &[Outlet]) -> Result<(), Fault> {
    let mut taken: Vec<(Output, &Outlet)> = Vec::new();
    for outlet in outlets {
        for output in outputs(&outlet.command) {
            if let Some((_, other)) = taken.iter().find(|(other, _)| other.clashes(&output)) {
                let problem = format!(
                    "found one output, {}, for outlet {} and outlet {}, allowed: an output each",
                    output.name, other.number, outlet.number
                );
                return Err(Fault::new("outlets.command", problem));
            }
            taken.push((output, outlet));
        }
    }
    Ok(())
}

/// A shared position or trip contact hides a breaker; a shared register bills one neighbour for the other.
pub(super) fn sources_are_not_shared(outlets: &[Outlet]) -> Result<(), Fault> {
    let position = |outlet: &Outlet| Some(source(&outlet.position));
    let register = |outlet: &Outlet| Some((outlet.meter.register.as_ref()?.place.key(), None));
    distinct("outlets.position.in", "contact", outlets, position)?;
    distinct("outlets.meter", "meter", outlets, register)?;
    let trip = |outlet: &Outlet| outlet.tripped.as_ref().map(source);
    distinct("outlets.tripped.in", "trip contact", outlets, trip)?;
    positions_are_no_alarms(outlets)?;
    leakage_is_no_trip(outlets)
}

/// One relay may tell the leakage of several outlets; what tells a trip tells no leakage.
fn leakage_is_no_trip(outlets: &[Outlet]) -> Result<(), Fault> {
    let trips: Vec<(Source, &Outlet)> = outlets
        .iter()
        .filter_map(|outlet| Some((source(outlet.tripped.as_ref()?), outlet)))
        .collect();
    for outlet in outlets {
        let leakage = outlet.leakage.as_ref().map(source);
        if let Some((_, other)) = trips.iter().find(|(trip, _)| Some(*trip) == leakage) {
            let problem = format!(
                "found the trip contact of outlet {} for outlet {}, allowed: a contact of earth leakage",
                other.number, outlet.number
            );
            return Err(Fault::new("outlets.leakage.in", problem));
        }
    }
    Ok(())
}

fn source(input: &Input) -> Source {
    (input.place.key(), input.bit)
}

fn positions_are_no_alarms(outlets: &[Outlet]) -> Result<(), Fault> {
    let alarms = |outlet: &Outlet| {
        let alarms = [&outlet.tripped, &outlet.leakage].into_iter().flatten();
        alarms.map(source).collect::<Vec<Source>>()
    };
    for outlet in outlets {
        let position = source(&outlet.position);
        if let Some(other) = outlets.iter().find(|other| alarms(other).contains(&position)) {
            let problem = format!(
                "found an alarm contact of outlet {} for outlet {}, allowed: a contact of its own",
                other.number, outlet.number
            );
            return Err(Fault::new("outlets.position.in", problem));
        }
    }
    Ok(())
}

type Source = ((usize, u8, Area, u16), Option<u8>);

fn distinct(
    key: &str,
    what: &str,
    outlets: &[Outlet],
    source: impl Fn(&Outlet) -> Option<Source>,
) -> Result<(), Fault> {
    for (place, outlet) in outlets.iter().enumerate() {
        let same = |other: &&Outlet| source(other).is_some() && source(other) == source(outlet);
        if let Some(other) = outlets.iter().take(place).find(same) {
            let (first, second) = (other.number, outlet.number);
            let problem =
                format!("found one {what} for outlet {first} and outlet {second}, allowed: a {what} each");
            return Err(Fault::new(key, problem));
        }
    }
    Ok(())
}

/// What a breaker listens to: a place, or single bits of it where orders share a register.
struct Output {
    /// For people: the unit and the address.
    name: String,
    place: (usize, u8, Area, u16),
    bits: Option<u16>,
}

impl Output {
    fn whole(write: &Write) -> Self {
        Self::of(write, None)
    }

    fn order(write: &Write) -> Self {
        let bits = match write.value {
            WriteValue::Register(bits) | WriteValue::Registers(bits) => Some(bits),
            WriteValue::Coil(_) | WriteValue::Coils(_) => None,
        };
        Self::of(write, bits)
    }

    fn of(write: &Write, bits: Option<u16>) -> Self {
        let place = &write.place;
        Self {
            name: format!("{:?} {:#06X} of {}", place.area, place.addr, place.unit.name),
            place: place.key(),
            bits,
        }
    }

    fn clashes(&self, other: &Self) -> bool {
        let apart = self
            .bits
            .zip(other.bits)
            .is_some_and(|(one, other)| one & other == 0);
        self.place == other.place && !apart
    }
}

fn outputs(command: &Command) -> Vec<Output> {
    match command {
        Command::Maintained { close, .. } => vec![Output::whole(close)],
        Command::Pulse { close, open } => vec![Output::whole(&close.press), Output::whole(&open.press)],
        Command::OrderBits { close, open } => vec![Output::order(close), Output::order(open)],
    }
}
