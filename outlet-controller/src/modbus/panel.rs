//! A panel file, checked and wired: which outlet is switched, seen and metered where.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::ids::OutletNumber;
use foundation::config::{self, ConfigError};
use serde::Deserialize;

use super::device::Device;
use super::library::Library;
use super::plan::Plan;
use super::point::{Area, Format};

mod file;
mod limits;
mod meters;
mod outlets;
mod policy;
mod resolve;
mod rules;
#[cfg(test)]
mod rules_tests;
#[cfg(test)]
mod schema_tests;
mod summary;
#[cfg(test)]
mod tests;
mod transport;
mod units;
mod wired;
mod wiring;

pub(crate) use outlets::HIGHEST_VOLTAGE_V;
pub use policy::{AfterPowerCut, Breaker, Commissioned, Rules, Supply, TripReset, Walked};
pub use transport::{Framing, Line, Rtu, RtuOverTcp, Tcp, Transport};

/// Everything that the controller knows of its panel. Built only by [`Panel::load`] and [`Panel::parse`].
#[derive(Clone, Debug)]
pub struct Panel {
    pub name: String,
    pub outlets: Vec<Outlet>,
    /// The meter of the panel's main circuit.
    pub main: Option<Meter>,
    pub poll: Poll,
    pub rules: Rules,
    /// `None`: nobody has walked through it yet, so no breaker is closed from afar.
    pub commissioned: Option<Commissioned>,
    pub supply: Supply,
    pub(crate) buses: Vec<BusLine>,
    pub(crate) plan: Plan,
}

/// A physical bus.
#[derive(Clone, Debug)]
pub(crate) struct BusLine {
    pub(crate) name: String,
    pub(crate) transport: Transport,
}

/// One Modbus unit on a bus.
#[derive(Debug)]
pub struct Unit {
    pub name: String,
    /// The place of its bus in the panel's list.
    pub(crate) bus: usize,
    pub id: u8,
    pub device: Arc<Device>,
    /// The serial number that was found here at commissioning.
    pub pinned: Option<String>,
    /// How long an answer takes at most, as far as anybody knows.
    pub timeout: Duration,
    /// What the panel file asks for: never less patience than this.
    pub least_timeout: Duration,
    pub min_gap: Duration,
}

/// Where a bit or a value lies.
#[derive(Clone, Debug)]
pub struct Place {
    pub unit: Arc<Unit>,
    pub area: Area,
    /// 0-based, as on the wire.
    pub addr: u16,
}

impl Place {
    /// Equal for one physical place.
    pub(crate) fn key(&self) -> (usize, u8, Area, u16) {
        (self.unit.bus, self.unit.id, self.area, self.addr)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Poll {
    /// Position, trip and current of every outlet, and the whole meter where a charge runs.
    pub fast_ms: u64,
}

impl Default for Poll {
    fn default() -> Self {
        Self { fast_ms: 1_000 }
    }
}

#[derive(Clone, Debug)]
pub struct Outlet {
    pub number: OutletNumber,
    pub rated_a: u32,
    pub command: Command,
    pub position: Input,
    /// `None` where the panel file says that there is no trip contact.
    pub tripped: Option<Input>,
    /// Tells that the breaker's leakage protection has acted.
    pub leakage: Option<Input>,
    pub meter: Meter,
    pub breaker: Breaker,
    /// Which breaker it is, for the count of its operations.
    pub breaker_id: Option<String>,
    /// How it is wired, in short.
    pub wiring: String,
    /// Its breaker is closed from afar only where this is done.
    pub walked: Walked,
}

impl Outlet {
    /// What is seen of the breaker.
    pub(crate) fn contacts(&self) -> impl Iterator<Item = &Input> {
        let signals = [&self.tripped, &self.leakage].into_iter().flatten();
        std::iter::once(&self.position).chain(signals)
    }
}

/// How a breaker is told to move.
#[derive(Clone, Debug)]
pub enum Command {
    /// One output that holds the wanted position: writing it again changes nothing.
    Maintained { close: Write, open: Write },
    /// Two outputs, pulsed; `release` follows after the pulse unless the device does that itself.
    Pulse { close: Pulse, open: Pulse },
    /// A bit per order in a register that the device clears.
    OrderBits { close: Write, open: Write },
}

#[derive(Clone, Debug)]
pub struct Pulse {
    pub press: Write,
    pub release: Option<(Duration, Write)>,
}

/// One write, checked against the device's forbidden ranges.
#[derive(Clone, Debug)]
pub struct Write {
    pub place: Place,
    pub value: WriteValue,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteValue {
    /// Function 5.
    Coil(bool),
    /// Function 15 with one coil.
    Coils(bool),
    /// Function 6.
    Register(u16),
    /// Function 16 with one register.
    Registers(u16),
}

/// A contact.
#[derive(Clone, Debug)]
pub struct Input {
    pub place: Place,
    /// In registers: which bit.
    pub(crate) bit: Option<u8>,
    /// The level that means yes: closed, tripped.
    pub(crate) on: bool,
    /// Registers that say neither.
    pub(crate) invalid: Vec<u16>,
}

/// Where the values of a meter lie.
#[derive(Clone, Debug)]
pub struct Meter {
    pub register: Option<MeterPoint>,
    pub voltage: Option<MeterPoint>,
    pub current: Option<MeterPoint>,
    pub power: Option<MeterPoint>,
    /// The meter has no supply of its own while the breaker is open.
    pub dead_when_open: bool,
    /// The register cannot rise faster than this.
    pub max_power_w: Option<i64>,
    /// The register rises by as much at once; whole, and at least 1.
    pub register_step_wh: i64,
}

impl Meter {
    pub(crate) fn points(&self) -> impl Iterator<Item = &MeterPoint> {
        [&self.register, &self.voltage, &self.current, &self.power]
            .into_iter()
            .flatten()
    }
}

#[derive(Clone, Debug)]
pub struct MeterPoint {
    pub place: Place,
    pub format: Format,
    /// The register with the power of ten by which to multiply.
    pub scale_from: Option<Place>,
}

impl MeterPoint {
    /// What must be read for it: places, and how many registers there.
    pub(crate) fn stretches(&self) -> impl Iterator<Item = (&Place, u16)> {
        let scale = self.scale_from.as_ref().map(|place| (place, 1));
        std::iter::once((&self.place, self.format.words())).chain(scale)
    }
}

impl Panel {
    /// Reads a panel file whole and checks every rule.
    ///
    /// # Errors
    /// One line: the file, the key, what was found, what is allowed.
    pub fn load(path: &Path, library: &Library) -> Result<Self, ConfigError> {
        Self::resolve(config::load(path)?, library).map_err(|fault| fault.of_file(path))
    }

    /// As [`Panel::load`], from text; `path` is only named in errors.
    ///
    /// # Errors
    /// As [`Panel::load`].
    pub fn parse(path: &Path, text: &str, library: &Library) -> Result<Self, ConfigError> {
        Self::resolve(config::parse(path, text)?, library).map_err(|fault| fault.of_file(path))
    }

    pub fn outlet(&self, number: OutletNumber) -> Option<&Outlet> {
        self.outlets.iter().find(|outlet| outlet.number == number)
    }

    /// The longest time that a breaker of this panel may take until its position agrees.
    pub fn longest_move_ms(&self) -> u64 {
        let moves_ms = self
            .outlets
            .iter()
            .map(|Outlet { breaker, .. }| breaker.travel_ms.saturating_add(breaker.verify_ms));
        moves_ms.max().unwrap_or(0)
    }

    /// The names of the buses, in order.
    pub fn buses(&self) -> impl Iterator<Item = &str> {
        self.buses.iter().map(|bus| bus.name.as_str())
    }

    /// Sends a bus elsewhere, as for a simulated panel; false if there is no such bus. A serial port becomes
    /// RTU over TCP.
    pub fn redirect(&mut self, bus: &str, to: SocketAddr) -> bool {
        let Some(line) = self.buses.iter_mut().find(|line| line.name == bus) else {
            return false;
        };
        line.transport.redirect(to);
        true
    }
}
