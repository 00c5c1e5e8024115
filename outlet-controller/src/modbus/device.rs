//! A device file: what one type of breaker, relay board or meter looks like over Modbus.

use std::collections::BTreeMap;
use std::path::Path;

use foundation::config::{self, ConfigError};
use serde::{Deserialize, Serialize};

use super::point::{Area, Point, PointFile, Quantity};
use super::{Fault, check_schema};

pub(crate) mod bank;
mod circuit;
mod identity;

use bank::Bank;
use circuit::{Circuit, CircuitFile};
use identity::IdentityFile;
pub use identity::{Identity, Model, Told};

/// The most registers that one Modbus answer holds.
const MAX_READ_REGS: u16 = 125;
/// The most bits.
const MAX_READ_BITS: u16 = 2000;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    Guess,
    Transcribed,
    BenchTested,
    FieldTested,
}

impl Status {
    /// As in a device file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Guess => "guess",
            Self::Transcribed => "transcribed",
            Self::BenchTested => "bench-tested",
            Self::FieldTested => "field-tested",
        }
    }
}

/// What a device is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    Meter,
    MultiCircuitMeter,
    /// It has outputs for breakers.
    Switches,
    /// It has inputs for contacts.
    Contacts,
}

impl Role {
    pub fn name(self) -> &'static str {
        match self {
            Self::Meter => "meter",
            Self::MultiCircuitMeter => "multi-circuit meter",
            Self::Switches => "switches",
            Self::Contacts => "contacts",
        }
    }
}

/// What the device needs from the bus.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Link {
    /// Serial speeds that it knows; empty: not said.
    pub baud: Vec<u32>,
    pub max_read_regs: u16,
    pub max_read_bits: u16,
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
            max_read_bits: MAX_READ_BITS,
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Holes {
    Zero,
    Error,
}

/// Ranges, both ends included, that must never be written.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
struct Forbid {
    coil: Vec<[u16; 2]>,
    holding: Vec<[u16; 2]>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviceFile {
    schema: u32,
    id: String,
    title: String,
    status: Status,
    sources: Vec<String>,
    #[serde(default)]
    link: Link,
    identity: Option<IdentityFile>,
    #[serde(default)]
    #[cfg_attr(test, schemars(extend("propertyNames" = {"enum": ["voltage", "current", "power", "frequency", "energy_import", "energy_export"]})))]
    points: BTreeMap<String, PointFile>,
    #[serde(default)]
    banks: BTreeMap<String, Bank>,
    circuit: Option<CircuitFile>,
    #[serde(default)]
    forbid: Forbid,
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
        let identity = file
            .identity
            .map(|identity| identity.resolve(&file.link))
            .transpose();
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
            identity: identity.map_err(|fault| fault.under("identity"))?,
            banks: file.banks,
            points,
            circuit: circuit.map_err(|fault| fault.under("circuit"))?,
            forbid: file.forbid,
        })
    }

    pub fn roles(&self) -> Vec<Role> {
        let outputs = self.banks.values().any(|bank| bank.write_fc.is_some());
        let inputs = self.banks.values().any(|bank| bank.write_fc.is_none());
        [
            (!self.points.is_empty(), Role::Meter),
            (self.circuit.is_some(), Role::MultiCircuitMeter),
            (outputs, Role::Switches),
            (inputs, Role::Contacts),
        ]
        .into_iter()
        .filter_map(|(is_one, role)| is_one.then_some(role))
        .collect()
    }

    /// A value of a meter that is the whole unit.
    pub fn point(&self, quantity: Quantity) -> Option<Point> {
        self.points.get(&quantity).cloned()
    }

    /// A value of circuit `number` (from 1) of a multi-circuit meter.
    pub fn circuit_point(&self, number: u16, quantity: Quantity) -> Option<Point> {
        self.circuit.as_ref()?.point(number, quantity)
    }

    /// How many circuits a multi-circuit meter has; 0 for others.
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
            || self
                .circuit
                .as_ref()
                .is_some_and(|circuit| circuit.all_points().any(|point| holds(&point)))
    }
}

impl Device {
    /// Whether a value begins before this register and ends behind it.
    pub(crate) fn cuts(&self, area: Area, addr: u16) -> bool {
        let whole = self.points.values().cloned();
        let circuits = (1..=self.circuits()).flat_map(|number| {
            Quantity::ALL
                .into_iter()
                .filter_map(move |quantity| self.circuit_point(number, quantity))
        });
        whole.chain(circuits).any(|point| {
            point.area == area
                && point.addr < addr
                && u32::from(addr) < u32::from(point.addr) + u32::from(point.format.words())
        })
    }
}

fn within(addr: u16, start: u16, count: u16) -> bool {
    addr.checked_sub(start).is_some_and(|offset| offset < count)
}

fn resolve_points(
    files: BTreeMap<String, PointFile>,
    link: &Link,
) -> Result<BTreeMap<Quantity, Point>, Fault> {
    files
        .into_iter()
        .map(|(name, file)| {
            let stride = file.stride;
            let (quantity, point) = resolve_point(&name, file, link)?;
            match stride {
                None => Ok((quantity, point)),
                Some(_) => Err(Fault::new(
                    format!("{name}.stride"),
                    "allowed only in [circuit.points]",
                )),
            }
        })
        .collect()
}

fn resolve_point(name: &str, file: PointFile, link: &Link) -> Result<(Quantity, Point), Fault> {
    let quantity = Quantity::named(name).ok_or_else(|| {
        let allowed = Quantity::ALL.map(Quantity::name).join(", ");
        Fault::new(name, format!("unknown point, allowed: {allowed}"))
    })?;
    let resolve = || {
        let point = file.resolve(quantity)?;
        check_span(point.addr, point.format.words(), link)?;
        Ok(point)
    };
    resolve()
        .map(|point| (quantity, point))
        .map_err(|fault: Fault| fault.under(name))
}

/// Whether the device answers to a read of just these registers.
fn check_span(addr: u16, words: u16, link: &Link) -> Result<(), Fault> {
    if words > link.max_read_regs {
        return Err(Fault::new(
            "type",
            format!(
                "found {words} registers, allowed: max_read_regs = {}",
                link.max_read_regs
            ),
        ));
    }
    if u32::from(addr) + u32::from(words) > 0x1_0000 {
        return Err(Fault::new(
            "addr",
            format!("found {addr:#06X}, which ends beyond 0xFFFF"),
        ));
    }
    if !(addr.is_multiple_of(link.align) && words.is_multiple_of(link.align)) {
        return Err(Fault::new(
            "addr",
            format!(
                "found {words} registers at {addr:#06X}, allowed: multiples of align = {}",
                link.align
            ),
        ));
    }
    Ok(())
}

fn check_link(link: &Link) -> Result<(), Fault> {
    for (key, found, high) in [
        ("max_read_regs", link.max_read_regs, MAX_READ_REGS),
        ("max_read_bits", link.max_read_bits, MAX_READ_BITS),
    ] {
        if !(1..=high).contains(&found) {
            return Err(Fault::new(key, format!("found {found}, allowed: 1 to {high}")));
        }
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
        ("turnaround_ms", link.turnaround_ms, 0, 5_000),
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
