//! A device file: what one type of breaker, relay board or meter looks like over Modbus.

use std::collections::BTreeMap;
use std::path::Path;

use foundation::config::{self, ConfigError};
use serde::{Deserialize, Serialize};

use super::point::{Area, Point, PointFile, Quantity};
use super::{Fault, check_schema, pairs};

pub(crate) mod bank;
mod circuit;
mod identity;
mod link;

use bank::Bank;
use circuit::{Circuit, CircuitFile};
use identity::IdentityFile;
pub use identity::{Identity, Model, Told};
pub(crate) use link::TIMEOUT_MS;
pub use link::{Holes, Link};

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
    /// Voltage and current are those of one phase, power and energy perhaps those of three.
    pub(crate) three_phases: bool,
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

/// Ranges, both ends included, that must never be written.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
struct Forbid {
    #[serde(deserialize_with = "pairs::many")]
    coil: Vec<[u16; 2]>,
    #[serde(deserialize_with = "pairs::many")]
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
    /// 1, or 3 where power and energy may be those of three phases, voltage and current those of the first.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "u8", extend("enum" = [1, 3])))]
    phases: Phases,
    #[serde(default)]
    #[cfg_attr(test, schemars(extend("propertyNames" = {"enum": ["voltage", "current", "power", "frequency", "energy_import", "energy_export"]})))]
    points: BTreeMap<String, PointFile>,
    #[serde(default)]
    banks: BTreeMap<String, Bank>,
    circuit: Option<CircuitFile>,
    #[serde(default)]
    forbid: Forbid,
}

/// How many phases the points of a meter tell of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u8")]
enum Phases {
    #[default]
    One,
    Three,
}

impl TryFrom<u8> for Phases {
    type Error = String;

    fn try_from(count: u8) -> Result<Self, String> {
        match count {
            1 => Ok(Self::One),
            3 => Ok(Self::Three),
            other => Err(format!("found {other}, allowed: 1, 3")),
        }
    }
}

impl Forbid {
    /// A range that ends before it begins would protect nothing.
    fn check(&self) -> Result<(), Fault> {
        for (key, ranges) in [("coil", &self.coil), ("holding", &self.holding)] {
            if let Some([first, last]) = ranges.iter().find(|[first, last]| first > last) {
                let problem = format!("found [{first:#06X}, {last:#06X}], allowed: [first, last]");
                return Err(Fault::new(key, problem));
            }
        }
        Ok(())
    }
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
        file.link.check().map_err(|fault| fault.under("link"))?;
        file.forbid.check().map_err(|fault| fault.under("forbid"))?;
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
            three_phases: file.phases == Phases::Three,
            circuit: circuit.map_err(|fault| fault.under("circuit"))?,
            forbid: file.forbid,
        })
    }

    pub fn roles(&self) -> Vec<Role> {
        let outputs = self.banks.values().any(Bank::is_output);
        let inputs = self.banks.values().any(|bank| !bank.is_output());
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

    /// Whether it measures anything.
    pub(crate) fn is_meter(&self) -> bool {
        !self.points.is_empty() || self.circuit.is_some()
    }

    /// Whether one of its outputs lies there, under whatever name: read back, it tells only what was written.
    pub(crate) fn is_output(&self, area: Area, addr: u16) -> bool {
        let mut banks = self.banks.values();
        banks.any(|bank| bank.is_output() && bank.area == area && bank.element_at(addr))
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
        link.check_span(point.addr, point.format.words())?;
        Ok(point)
    };
    resolve()
        .map(|point| (quantity, point))
        .map_err(|fault: Fault| fault.under(name))
}

#[cfg(test)]
mod tests;
