//! Which points of which unit make an outlet's meter.

use std::sync::Arc;

use super::file::MeterFile;
use super::wiring::{Wiring, expand};
use super::{Meter, MeterPoint, Place, Unit};
use crate::modbus::Fault;
use crate::modbus::point::{Point, Quantity};

/// A meter that bills, or the main circuit's, which need not.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Outlet(u8),
    Main,
}

pub(super) fn meter(file: &MeterFile, wiring: &Wiring, used: Use) -> Result<Meter, Fault> {
    let (key, reference) = match (&file.points, &file.circuit) {
        (Some(points), None) => ("points", points),
        (None, Some(circuit)) => ("circuit", circuit),
        (Some(_), Some(_)) | (None, None) => {
            return Err(Fault::new("meter", "allowed: either points or circuit"));
        }
    };
    let number = match used {
        Use::Outlet(number) => number,
        Use::Main => 1,
    };
    expand(reference, number)
        .and_then(|reference| find(wiring, key, &reference))
        .and_then(|(unit, circuit)| wired(file, &unit, circuit, used))
        .map_err(|problem| Fault::new(format!("meter.{key}"), problem))
}

/// The unit, and which circuit of it where it has many.
fn find(wiring: &Wiring, key: &str, reference: &str) -> Result<(Arc<Unit>, Option<u16>), String> {
    if key == "points" {
        return Ok((wiring.unit(reference, reference)?, None));
    }
    let (name, number) = reference
        .split_once('.')
        .ok_or_else(|| format!("found \"{reference}\", allowed: unit.{{n}}"))?;
    let unit = wiring.unit(name, reference)?;
    let circuits = unit.device.circuits();
    let number = number
        .parse()
        .ok()
        .filter(|number| (1..=circuits).contains(number))
        .ok_or_else(|| {
            format!(
                "found \"{reference}\", allowed: a circuit of {}, which has {circuits}",
                unit.device.id
            )
        })?;
    Ok((unit, Some(number)))
}

fn wired(file: &MeterFile, unit: &Arc<Unit>, circuit: Option<u16>, used: Use) -> Result<Meter, String> {
    let device = &unit.device;
    let point = |quantity| match circuit {
        Some(number) => device.circuit_point(number, quantity),
        None => device.point(quantity),
    };
    let needed: &[Quantity] = match used {
        Use::Outlet(_) => &[Quantity::Current, Quantity::EnergyImport],
        Use::Main => &[Quantity::Current],
    };
    if let Some(quantity) = needed.iter().find(|quantity| point(**quantity).is_none()) {
        return Err(format!(
            "found {}, which has no point \"{}\"",
            device.id,
            quantity.name()
        ));
    }
    let at = |area, addr| Place {
        unit: Arc::clone(unit),
        area,
        addr,
    };
    let place = |point: Point| MeterPoint {
        place: at(point.area, point.addr),
        scale_from: point.scale_from.map(|addr| at(point.area, addr)),
        format: point.format,
    };
    let register = point(Quantity::EnergyImport);
    Ok(Meter {
        max_power_w: register.as_ref().and_then(|point| point.max_power_w),
        register_step_wh: register.as_ref().and_then(|point| point.resolution).unwrap_or(1),
        register: register.map(place),
        voltage: point(Quantity::Voltage).map(place),
        current: point(Quantity::Current).map(place),
        power: point(Quantity::Power).map(place),
        dead_when_open: file.dead_when_open,
    })
}
