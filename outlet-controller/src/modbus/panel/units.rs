//! The units of a panel file: which device answers where.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::file::UnitFile;
use super::limits::within;
use super::wiring::Wiring;
use super::{BusLine, Transport, Unit};
use crate::modbus::device::{Device, TIMEOUT_MS};
use crate::modbus::library::Library;
use crate::modbus::{Fault, listed};

/// What the units are built from.
pub(super) struct Parts<'a> {
    pub(super) files: &'a BTreeMap<String, UnitFile>,
    pub(super) pinned: &'a BTreeMap<String, String>,
    pub(super) buses: &'a [BusLine],
    pub(super) library: &'a Library,
}

pub(super) fn units(parts: &Parts) -> Result<Wiring, Fault> {
    let mut units: BTreeMap<String, Arc<Unit>> = BTreeMap::new();
    for (name, file) in parts.files {
        for unit in row(name, file, parts).map_err(|fault| fault.under(&format!("unit.{name}")))? {
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
    check_pinned(parts.pinned, &units)?;
    Ok(Wiring { units })
}

fn check_pinned(pinned: &BTreeMap<String, String>, units: &BTreeMap<String, Arc<Unit>>) -> Result<(), Fault> {
    for (name, serial) in pinned {
        let fault = |problem| Err(Fault::new(format!("pinned.{name}"), problem));
        let Some(unit) = units.get(name) else {
            let allowed = listed(units.keys());
            return fault(format!("no unit \"{name}\", allowed: {allowed}"));
        };
        let tells = unit
            .device
            .identity
            .as_ref()
            .is_some_and(|identity| identity.serial.is_some());
        if !tells {
            return fault(format!(
                "found \"{serial}\", but {} tells no serial number",
                unit.device.id
            ));
        }
        if !unit.device.is_meter() {
            return fault(format!("found \"{serial}\", but only meters are pinned"));
        }
    }
    Ok(())
}

/// One unit, or a row of them.
fn row(name: &str, file: &UnitFile, parts: &Parts) -> Result<Vec<Unit>, Fault> {
    let (buses, library) = (parts.buses, parts.library);
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
    within("timeout_ms", timeout_ms, &TIMEOUT_MS)?;
    let unit = |(name, id)| Unit {
        pinned: parts.pinned.get(&name).cloned(),
        name,
        id,
        bus,
        timeout: Duration::from_millis(timeout_ms),
        least_timeout: Duration::from_millis(file.timeout_ms.unwrap_or(0)),
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

/// Only a TCP device without a bus behind it is 255.
fn unit_id(key: &str, id: i64, transport: Option<&Transport>) -> Result<u8, Fault> {
    let (also, allowed) = match transport {
        Some(Transport::Tcp(_)) => (Some(255), "1 to 247, 255"),
        Some(Transport::Rtu(_) | Transport::RtuOverTcp(_)) | None => (None, "1 to 247"),
    };
    if id == 0 {
        let problem = format!("found 0, which speaks to every device at once, allowed: {allowed}");
        return Err(Fault::new(key, problem));
    }
    u8::try_from(id)
        .ok()
        .filter(|id| (1..=247).contains(id) || Some(*id) == also)
        .ok_or_else(|| Fault::new(key, format!("found {id}, allowed: {allowed}")))
}
