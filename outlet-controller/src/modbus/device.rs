//! A device file: what one type of breaker, relay board or meter looks like over Modbus.

use std::collections::BTreeMap;
use std::path::Path;

use foundation::config::{self, ConfigError};
use serde::Deserialize;

use super::point::{Area, Point, PointFile, Quantity};
use super::{Fault, check_schema};

pub(crate) mod bank;

use bank::Bank;

/// The most registers that one Modbus answer holds.
const MAX_READ_REGS: u16 = 125;

/// A checked device file.
#[derive(Clone, Debug)]
pub struct Device {
    pub id: String,
    pub title: String,
    pub status: Status,
    pub sources: Vec<String>,
    pub link: Link,
    pub identity: Option<Identity>,
    pub(crate) banks: BTreeMap<String, Bank>,
    points: BTreeMap<Quantity, Point>,
    circuit: Option<Circuit>,
    forbid: Forbid,
}

/// How far the facts of a device file can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    Guess,
    Transcribed,
    BenchTested,
    FieldTested,
}

/// What the device needs from the bus.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Link {
    /// Serial speeds that it knows; empty: not said.
    pub baud: Vec<u32>,
    pub max_read_regs: u16,
    /// Start and count of a read are multiples of this.
    pub align: u16,
    pub holes: Holes,
    /// Silence before the next request to this unit.
    pub min_gap_ms: u64,
    pub timeout_ms: u64,
    /// How long it thinks before it answers; for planning only.
    pub turnaround_ms: u64,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            baud: Vec::new(),
            max_read_regs: MAX_READ_REGS,
            align: 1,
            holes: Holes::Error,
            min_gap_ms: 0,
            timeout_ms: 500,
            turnaround_ms: 0,
        }
    }
}

/// What a device does with a read that spans undefined registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Holes {
    Zero,
    Error,
}

/// Where a device tells which one it is. Not acted on yet.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    pub serial: Serial,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Serial {
    pub area: Area,
    pub addr: u16,
    #[serde(rename = "type")]
    pub value_type: super::point::ValueType,
}

#[derive(Clone, Debug)]
struct Circuit {
    stride: u16,
    count: u16,
    points: BTreeMap<Quantity, Point>,
}

/// Ranges, both ends included, that must never be written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Forbid {
    coil: Vec<[u16; 2]>,
    holding: Vec<[u16; 2]>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviceFile {
    schema: u32,
    id: String,
    title: String,
    status: Status,
    sources: Vec<String>,
    #[serde(default)]
    link: Link,
    identity: Option<Identity>,
    #[serde(default)]
    points: BTreeMap<String, PointFile>,
    #[serde(default)]
    banks: BTreeMap<String, Bank>,
    circuit: Option<CircuitFile>,
    #[serde(default)]
    forbid: Forbid,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CircuitFile {
    stride: u16,
    count: u16,
    points: BTreeMap<String, PointFile>,
}

impl Device {
    /// # Errors
    /// One line: the file, the key, what was found, what is allowed.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let file: DeviceFile = config::parse(path, text)?;
        Self::resolve(file).map_err(|fault| fault.of_file(path))
    }

    fn resolve(file: DeviceFile) -> Result<Self, Fault> {
        check_schema(file.schema)?;
        if file.status != Status::Guess && file.sources.is_empty() {
            return Err(Fault::new(
                "sources",
                "found none, allowed only with status = \"guess\"",
            ));
        }
        check_link(&file.link).map_err(|fault| fault.under("link"))?;
        for (name, bank) in &file.banks {
            bank.check(name)
                .map_err(|fault| fault.under(&format!("banks.{name}")))?;
        }
        let points = resolve_points(file.points, &file.link).map_err(|fault| fault.under("points"))?;
        let circuit = file
            .circuit
            .map(|circuit| circuit.resolve(&file.link))
            .transpose();
        Ok(Self {
            id: file.id,
            title: file.title,
            status: file.status,
            sources: file.sources,
            link: file.link,
            identity: file.identity,
            banks: file.banks,
            points,
            circuit: circuit.map_err(|fault| fault.under("circuit"))?,
            forbid: file.forbid,
        })
    }

    /// A value of a meter that is the whole unit.
    pub fn point(&self, quantity: Quantity) -> Option<Point> {
        self.points.get(&quantity).cloned()
    }

    /// A value of circuit `number` (from 1) of a multi-circuit meter.
    pub fn circuit_point(&self, number: u16, quantity: Quantity) -> Option<Point> {
        let circuit = self.circuit.as_ref()?;
        let mut point = circuit.points.get(&quantity)?.clone();
        let shift = circuit.stride.checked_mul(number.checked_sub(1)?)?;
        point.addr = point
            .addr
            .checked_add(shift)
            .filter(|_| number <= circuit.count)?;
        Some(point)
    }

    /// How many circuits a multi-circuit meter has; otherwise none.
    pub fn circuits(&self) -> u16 {
        self.circuit.as_ref().map_or(0, |circuit| circuit.count)
    }

    /// Whether a write there must never leave the controller.
    pub fn forbids_write(&self, area: Area, addr: u16) -> bool {
        let ranges = match area {
            Area::Coil => &self.forbid.coil,
            Area::Holding => &self.forbid.holding,
            Area::Discrete | Area::Input => return true,
        };
        ranges.iter().any(|[first, last]| (first..=last).contains(&&addr))
    }

    /// Whether the file says what lies there: such places may be read even where holes are errors.
    pub(crate) fn defines(&self, area: Area, addr: u16) -> bool {
        let holds = |point: &Point| point.area == area && within(addr, point.addr, point.format.words());
        self.points.values().any(holds)
            || self
                .banks
                .values()
                .any(|bank| bank.area == area && bank.element_at(addr))
            || (1..=self.circuits()).any(|number| {
                let quantities = self.circuit.iter().flat_map(|circuit| circuit.points.keys());
                quantities
                    .filter_map(|quantity| self.circuit_point(number, *quantity))
                    .any(|point| holds(&point))
            })
    }
}

fn within(addr: u16, start: u16, count: u16) -> bool {
    addr.checked_sub(start).is_some_and(|offset| offset < count)
}

impl CircuitFile {
    fn resolve(self, link: &Link) -> Result<Circuit, Fault> {
        let points = resolve_points(self.points, link).map_err(|fault| fault.under("points"))?;
        let reach = u32::from(self.stride) * u32::from(self.count.saturating_sub(1));
        let end = |point: &Point| u32::from(point.addr) + u32::from(point.format.words()) + reach;
        if self.count == 0 || self.stride == 0 || points.values().any(|point| end(point) > 0x1_0000) {
            return Err(Fault::new(
                "count",
                format!(
                    "found {} with stride {}, allowed: 1 and more, ending at 0xFFFF",
                    self.count, self.stride
                ),
            ));
        }
        if !self.stride.is_multiple_of(link.align) {
            return Err(Fault::new(
                "stride",
                format!("found {}, allowed: multiples of {}", self.stride, link.align),
            ));
        }
        Ok(Circuit {
            stride: self.stride,
            count: self.count,
            points,
        })
    }
}

fn resolve_points(
    files: BTreeMap<String, PointFile>,
    link: &Link,
) -> Result<BTreeMap<Quantity, Point>, Fault> {
    files
        .into_iter()
        .map(|(name, file)| {
            let quantity = Quantity::named(&name).ok_or_else(|| {
                let allowed = Quantity::ALL.map(Quantity::name).join(", ");
                Fault::new(&name, format!("unknown point, allowed: {allowed}"))
            })?;
            let point = file.resolve(quantity).map_err(|fault| fault.under(&name))?;
            check_fit(&point, link).map_err(|fault| fault.under(&name))?;
            Ok((quantity, point))
        })
        .collect()
}

fn check_fit(point: &Point, link: &Link) -> Result<(), Fault> {
    let words = point.format.words();
    if words > link.max_read_regs {
        return Err(Fault::new(
            "type",
            format!(
                "found {words} registers, allowed: max_read_regs = {}",
                link.max_read_regs
            ),
        ));
    }
    if !(point.addr.is_multiple_of(link.align) && words.is_multiple_of(link.align)) {
        return Err(Fault::new(
            "addr",
            format!(
                "found {words} registers at {:#06X}, allowed: multiples of align = {}",
                point.addr, link.align
            ),
        ));
    }
    Ok(())
}

fn check_link(link: &Link) -> Result<(), Fault> {
    if !(1..=MAX_READ_REGS).contains(&link.max_read_regs) {
        return Err(Fault::new(
            "max_read_regs",
            format!("found {}, allowed: 1 to {MAX_READ_REGS}", link.max_read_regs),
        ));
    }
    if !(1..=link.max_read_regs).contains(&link.align) {
        return Err(Fault::new(
            "align",
            format!("found {}, allowed: 1 to max_read_regs", link.align),
        ));
    }
    for (key, found, low, high) in [
        ("timeout_ms", link.timeout_ms, 10, 10_000),
        ("min_gap_ms", link.min_gap_ms, 0, 5_000),
    ] {
        if !(low..=high).contains(&found) {
            return Err(Fault::new(
                key,
                format!("found {found}, allowed: {low} to {high}"),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
