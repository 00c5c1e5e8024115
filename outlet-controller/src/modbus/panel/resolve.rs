//! From a panel file to a checked panel.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use domain::ids::{MAX_OUTLETS, OutletNumber};

use super::file::{CommandFile, InputFile, Outlets, PanelFile, TrippedFile, UnitFile};
use super::meters::{Use, meter};
use super::wiring::Wiring;
use super::{Breaker, BusLine, Command, Input, Outlet, Panel, Poll, Transport, Unit, rules};
use crate::modbus::device::Device;
use crate::modbus::library::Library;
use crate::modbus::plan::Plan;
use crate::modbus::{Fault, check_schema, listed};

/// A charge that reaches its energy is seen in time only by looks that are close together.
const FAST_MS: RangeInclusive<u64> = 20..=2_000;
const SLOW_MS: RangeInclusive<u64> = 20..=600_000;
/// A request that nobody answers keeps an OFF waiting for as long.
const TIMEOUT_MS: RangeInclusive<u64> = 10..=1_000;
const RATED_A: RangeInclusive<u32> = 1..=125;

impl Panel {
    pub(super) fn resolve(file: PanelFile, library: &Library) -> Result<Self, Fault> {
        check_schema(file.schema)?;
        check_breaker(&file.breaker.default)?;
        check_poll(&file.poll)?;
        let buses: Vec<BusLine> = file
            .bus
            .into_iter()
            .map(|(name, bus)| BusLine {
                name,
                transport: bus.0,
            })
            .collect();
        rules::buses_are_distinct(&buses)?;
        let wiring = units(&file.unit, &buses, library)?;
        let outlets = outlets(&file.outlets, &wiring).map_err(|fault| fault.under("outlets"))?;
        rules::outputs_are_not_shared(&outlets)?;
        rules::sources_are_not_shared(&outlets)?;
        let main = file
            .main
            .map(|main| meter(&main.meter, &wiring, Use::Main))
            .transpose();
        let main = main.map_err(|fault| fault.under("main"))?;
        Ok(Self {
            name: file.panel,
            plan: Plan::of(&outlets, main.as_ref())?,
            breaker: file.breaker.default,
            poll: file.poll,
            outlets,
            main,
            buses,
        })
    }
}

fn check_breaker(breaker: &Breaker) -> Result<(), Fault> {
    if breaker.auto_reclose {
        let problem = "found true, allowed: false; a tripped breaker never closes by itself";
        return Err(Fault::new("breaker.default.auto_reclose", problem));
    }
    if breaker.verify_ms < breaker.travel_ms {
        let problem = format!(
            "found {}, allowed: travel_ms = {} and more",
            breaker.verify_ms, breaker.travel_ms
        );
        return Err(Fault::new("breaker.default.verify_ms", problem));
    }
    Ok(())
}

fn check_poll(poll: &Poll) -> Result<(), Fault> {
    for (key, found, allowed) in [
        ("poll.fast_ms", poll.fast_ms, FAST_MS),
        ("poll.slow_ms", poll.slow_ms, SLOW_MS),
    ] {
        if !allowed.contains(&found) {
            let (low, high) = (allowed.start(), allowed.end());
            return Err(Fault::new(
                key,
                format!("found {found}, allowed: {low} to {high}"),
            ));
        }
    }
    Ok(())
}

fn units(files: &BTreeMap<String, UnitFile>, buses: &[BusLine], library: &Library) -> Result<Wiring, Fault> {
    let mut units: BTreeMap<String, Arc<Unit>> = BTreeMap::new();
    for (name, file) in files {
        for unit in row(name, file, buses, library).map_err(|fault| fault.under(&format!("unit.{name}")))? {
            let same = |other: &&Arc<Unit>| other.bus == unit.bus && other.id == unit.id;
            if let Some(other) = units.values().find(same) {
                let problem = format!(
                    "found {} for {}, which {} has too",
                    unit.id, unit.name, other.name
                );
                return Err(Fault::new(format!("unit.{name}"), problem));
            }
            if let Some(other) = units.insert(unit.name.clone(), Arc::new(unit)) {
                let problem = format!("found twice: {} is also in a row of units", other.name);
                return Err(Fault::new(format!("unit.{name}"), problem));
            }
        }
    }
    Ok(Wiring { units })
}

/// One unit, or a row of them.
fn row(name: &str, file: &UnitFile, buses: &[BusLine], library: &Library) -> Result<Vec<Unit>, Fault> {
    let bus = buses.iter().position(|bus| bus.name == file.bus).ok_or_else(|| {
        let allowed = listed(buses.iter().map(|bus| &bus.name));
        Fault::new("bus", format!("found \"{}\", allowed: {allowed}", file.bus))
    })?;
    let device = library.device(&file.device).ok_or_else(|| {
        Fault::new(
            "device",
            format!("found \"{}\", allowed: {}", file.device, listed(library.ids())),
        )
    })?;
    let timeout_ms = file.timeout_ms.unwrap_or(device.link.timeout_ms);
    if !TIMEOUT_MS.contains(&timeout_ms) {
        let (low, high) = (TIMEOUT_MS.start(), TIMEOUT_MS.end());
        return Err(Fault::new(
            "timeout_ms",
            format!("found {timeout_ms}, allowed: {low} to {high}"),
        ));
    }
    let unit = |(name, id)| Unit {
        name,
        id,
        bus,
        timeout: Duration::from_millis(timeout_ms),
        min_gap: Duration::from_millis(device.link.min_gap_ms),
        device: Arc::<Device>::clone(&device),
    };
    let transport = buses.get(bus).map(|bus| &bus.transport);
    Ok(ids(name, file, transport)?.into_iter().map(unit).collect())
}

fn ids(name: &str, file: &UnitFile, transport: Option<&Transport>) -> Result<Vec<(String, u8)>, Fault> {
    match (file.id, file.ids) {
        (Some(id), None) => Ok(vec![(name.to_owned(), unit_id("id", id, transport)?)]),
        (None, Some([first, last])) => {
            let (first, last) = (
                unit_id("ids", first, transport)?,
                unit_id("ids", last, transport)?,
            );
            if first > last {
                return Err(Fault::new(
                    "ids",
                    format!("found [{first}, {last}], allowed: [first, last]"),
                ));
            }
            Ok((first..=last)
                .zip(1..)
                .map(|(id, place): (u8, u8)| (format!("{name}{place}"), id))
                .collect())
        }
        (Some(_), Some(_)) | (None, None) => Err(Fault::new("id", "allowed: either id or ids")),
    }
}

/// 0 is everyone at once; only a TCP device without a bus behind it is 255.
fn unit_id(key: &str, id: i64, transport: Option<&Transport>) -> Result<u8, Fault> {
    let (also, allowed) = match transport {
        Some(Transport::Tcp(_)) => (Some(255), "1 to 247, 255"),
        None => (None, "1 to 247"),
    };
    u8::try_from(id)
        .ok()
        .filter(|id| (1..=247).contains(id) || Some(*id) == also)
        .ok_or_else(|| Fault::new(key, format!("found {id}, allowed: {allowed}")))
}

fn outlets(file: &Outlets, wiring: &Wiring) -> Result<Vec<Outlet>, Fault> {
    if !(1..=MAX_OUTLETS).contains(&file.count) {
        return Err(Fault::new(
            "count",
            format!("found {}, allowed: 1 to {MAX_OUTLETS}", file.count),
        ));
    }
    if !RATED_A.contains(&file.rated_a) {
        let (low, high) = (RATED_A.start(), RATED_A.end());
        return Err(Fault::new(
            "rated_a",
            format!("found {}, allowed: {low} to {high}", file.rated_a),
        ));
    }
    OutletNumber::first(file.count)
        .map(|number| outlet(file, wiring, number))
        .collect()
}

fn outlet(file: &Outlets, wiring: &Wiring, number: OutletNumber) -> Result<Outlet, Fault> {
    let tripped = match &file.tripped {
        None => {
            let problem = "missing, allowed: a source, or \"none\" where a breaker has no trip contact";
            return Err(Fault::new("tripped", problem));
        }
        Some(TrippedFile::Absent) => None,
        Some(TrippedFile::Contact(file)) => Some(input("tripped", file, wiring, number)?),
    };
    let outlet = Outlet {
        number,
        rated_a: file.rated_a,
        command: command(&file.command, wiring, number)?,
        position: input("position", &file.position, wiring, number)?,
        tripped,
        meter: meter(&file.meter, wiring, Use::Outlet(number.get()))?,
    };
    rules::position_has_its_own_source(&outlet)?;
    Ok(outlet)
}

fn input(key: &str, file: &InputFile, wiring: &Wiring, number: OutletNumber) -> Result<Input, Fault> {
    wiring
        .element(&file.input, number.get())
        .and_then(|element| element.input(file.on.0))
        .map_err(|problem| Fault::new(format!("{key}.in"), problem))
}

fn command(file: &CommandFile, wiring: &Wiring, number: OutletNumber) -> Result<Command, Fault> {
    let element = |key: &str, reference: &String| {
        wiring
            .element(reference, number.get())
            .map_err(|problem| Fault::new(format!("command.{key}"), problem))
    };
    let at = |key: &'static str| move |problem| Fault::new(format!("command.{key}"), problem);
    Ok(match file {
        CommandFile::Maintained { out } => {
            let (close, open) = element("out", out)?.maintained().map_err(at("out"))?;
            Command::Maintained { close, open }
        }
        CommandFile::Pulse { close, open } => Command::Pulse {
            close: element("close", close)?.pulse().map_err(at("close"))?,
            open: element("open", open)?.pulse().map_err(at("open"))?,
        },
        CommandFile::OrderBits { close, open } => Command::OrderBits {
            close: element("close", close)?.order().map_err(at("close"))?,
            open: element("open", open)?.order().map_err(at("open"))?,
        },
    })
}
