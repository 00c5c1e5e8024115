//! A meter of many alike circuits.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Link, resolve_point};
use crate::modbus::Fault;
use crate::modbus::point::{Point, PointFile, Quantity};

/// A `[circuit]` table: circuit n = 1..=count has its values at `addr + stride * (n - 1)`.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct CircuitFile {
    /// Of the points that have none of their own.
    stride: Option<u16>,
    count: u16,
    #[cfg_attr(test, schemars(extend("propertyNames" = {"enum": ["voltage", "current", "power", "frequency", "energy_import", "energy_export"]})))]
    points: BTreeMap<String, PointFile>,
}

#[derive(Clone, Debug)]
pub(super) struct Circuit {
    pub(super) count: u16,
    points: BTreeMap<Quantity, (Point, u16)>,
}

impl Circuit {
    pub(super) fn point(&self, number: u16, quantity: Quantity) -> Option<Point> {
        let (point, stride) = self.points.get(&quantity)?;
        let shift = stride.checked_mul(number.checked_sub(1)?)?;
        let addr = point.addr.checked_add(shift)?;
        (number <= self.count).then(|| Point {
            addr,
            ..point.clone()
        })
    }

    pub(super) fn all_points(&self) -> impl Iterator<Item = Point> {
        (1..=self.count).flat_map(move |number| {
            self.points
                .keys()
                .filter_map(move |quantity| self.point(number, *quantity))
        })
    }
}

impl CircuitFile {
    pub(super) fn resolve(self, link: &Link) -> Result<Circuit, Fault> {
        if self.count == 0 {
            return Err(Fault::new("count", "found 0, allowed: 1 and more"));
        }
        let mut points = BTreeMap::new();
        for (name, file) in self.points {
            let stride = file.stride.or(self.stride);
            let (quantity, point) =
                resolve_point(&name, file, link).map_err(|fault| fault.under("points"))?;
            let stride = stride.ok_or_else(|| Fault::new("stride", "missing, here or with each point"))?;
            check_stride(&point, stride, self.count, link)
                .and_then(|()| check_scale(&point, stride, self.count))
                .map_err(|fault| fault.under(&format!("points.{name}")))?;
            points.insert(quantity, (point, stride));
        }
        Ok(Circuit {
            count: self.count,
            points,
        })
    }
}

/// One register scales all circuits; one inside the circuits' own registers would be meant for one of them.
fn check_scale(point: &Point, stride: u16, count: u16) -> Result<(), Fault> {
    let reach = u32::from(stride) * u32::from(count);
    let within = |addr: u16| addr >= point.addr && u32::from(addr) < u32::from(point.addr) + reach;
    match point.scale_from {
        Some(addr) if count > 1 && within(addr) => Err(Fault::new(
            "scale_from",
            format!("found {addr:#06X} among the circuits, allowed: one register for all of them"),
        )),
        Some(_) | None => Ok(()),
    }
}

/// 0 is for a value that all circuits share, as the voltage.
fn check_stride(point: &Point, stride: u16, count: u16, link: &Link) -> Result<(), Fault> {
    let words = point.format.words();
    let reach = u32::from(stride) * u32::from(count.saturating_sub(1));
    if u32::from(point.addr) + u32::from(words) + reach > 0x1_0000 {
        let problem = format!("found {stride}, with which circuit {count} ends beyond 0xFFFF");
        return Err(Fault::new("stride", problem));
    }
    if !stride.is_multiple_of(link.align) {
        let problem = format!("found {stride}, allowed: multiples of align = {}", link.align);
        return Err(Fault::new("stride", problem));
    }
    if stride != 0 && stride < words {
        let problem =
            format!("found {stride}, allowed: 0, or {words} and more, so that circuits do not overlap");
        return Err(Fault::new("stride", problem));
    }
    Ok(())
}
