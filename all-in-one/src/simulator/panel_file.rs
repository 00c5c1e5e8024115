//! The panel and device files with which an outlet-controller drives a simulated panel like a real one.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use domain::ids::MAX_OUTLETS;

use super::wire::{FIRST_METER_UNIT, MAIN_METER_UNIT, RELAY_UNIT, TRIP_UNIT};

const METER: &str = "eastron.sdm120";
/// The main circuit carries more than any outlet, so its plausible power differs.
const MAIN_METER: &str = "simulated.main-meter";
const RELAY: &str = "waveshare.relay8d";

const RELAY_TOML: &str = r#"schema = 1
id = "waveshare.relay8d"
title = "Simulated relay board: no pauses between requests"
status = "bench-tested"
sources = ["the simulated panel"]

[link]
timeout_ms = 200

[banks]
out = { area = "coil", base = 0, stride = 1, count = 8, write_fc = 5 }
in = { area = "discrete", base = 0, stride = 1, count = 8 }

[forbid]
coil = [[0x0008, 0xFFFF]]
"#;

const INPUTS: &str = "waveshare.io8";

const INPUTS_TOML: &str = r#"schema = 1
id = "waveshare.io8"
title = "Simulated input board"
status = "bench-tested"
sources = ["the simulated panel"]

[link]
timeout_ms = 200

[banks]
in = { area = "discrete", base = 0, stride = 1, count = 8 }
"#;

/// What the panel file says beyond the wiring.
#[derive(Clone, Debug)]
pub struct PanelFile {
    pub outlets: u8,
    pub travel_ms: u64,
    /// The position must agree within this time after a command.
    pub verify_ms: u64,
    pub min_off_s: u64,
    pub max_ops_per_hour: u32,
    /// Between two breakers that close.
    pub stagger_ms: u64,
    pub rated_a: u32,
    /// How often breakers, currents, and the meters of running charges are read.
    pub fast_ms: u64,
    /// The panel's speed: its meters count that much faster than a real circuit could.
    pub speed: u32,
}

impl Default for PanelFile {
    fn default() -> Self {
        Self {
            outlets: MAX_OUTLETS,
            travel_ms: 300,
            verify_ms: 1_500,
            min_off_s: 10,
            max_ops_per_hour: 12,
            stagger_ms: 2_000,
            rated_a: 20,
            fast_ms: 1_000,
            speed: 1,
        }
    }
}

/// Where the files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub panel: PathBuf,
    /// Device files that take precedence over the controller's own.
    pub devices: PathBuf,
}

impl PanelFile {
    /// Writes `panel.toml` and `devices/` into `directory`, over what was there.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&self, directory: &Path, address: SocketAddr) -> io::Result<Written> {
        self.write_for_host(directory, &address.ip().to_string(), address.port())
    }

    /// As [`PanelFile::write`], for a controller that finds the panel under another name.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write_for_host(&self, directory: &Path, host: &str, port: u16) -> io::Result<Written> {
        let written = Written {
            panel: directory.join("panel.toml"),
            devices: directory.join("devices"),
        };
        fs::create_dir_all(&written.devices)?;
        fs::write(&written.panel, self.panel_toml(host, port))?;
        let device = |id: &str, text: &str| fs::write(written.devices.join(format!("{id}.toml")), text);
        device(METER, &self.meter_toml(METER, 50))?;
        device(
            MAIN_METER,
            &self.meter_toml(MAIN_METER, 50 * u64::from(MAX_OUTLETS)),
        )?;
        device(RELAY, RELAY_TOML)?;
        device(INPUTS, INPUTS_TOML)?;
        Ok(written)
    }

    fn panel_toml(&self, host: &str, port: u16) -> String {
        let Self {
            outlets,
            travel_ms,
            verify_ms,
            min_off_s,
            max_ops_per_hour,
            stagger_ms,
            rated_a,
            fast_ms,
            ..
        } = self;
        // The most that a panel file may say.
        let max_ops_per_10_min = max_ops_per_hour.min(&600);
        let walked: Vec<u8> = (1..=*outlets).collect();
        let last_meter = FIRST_METER_UNIT.saturating_add(outlets.saturating_sub(1));
        format!(
            r#"schema = 1
panel = "simulated"

[bus.a]
transport = "tcp"
host = "{host}"
port = {port}

[unit]
relay = {{ bus = "a", id = {RELAY_UNIT}, device = "{RELAY}" }}
trip = {{ bus = "a", id = {TRIP_UNIT}, device = "{INPUTS}" }}
main = {{ bus = "a", id = {MAIN_METER_UNIT}, device = "{MAIN_METER}" }}
m = {{ bus = "a", ids = [{FIRST_METER_UNIT}, {last_meter}], device = "{METER}" }}

[breaker.default]
travel_ms = {travel_ms}
verify_ms = {verify_ms}
min_off_s = {min_off_s}
max_ops_per_hour = {max_ops_per_hour}
max_ops_per_10_min = {max_ops_per_10_min}
life_ops = 10000
trip_reset = "manual"
auto_reclose = false

[outlets]
count = {outlets}
command = {{ kind = "maintained", out = "relay.out{{n}}" }}
position = {{ in = "relay.in{{n}}", on = 1 }}
tripped = {{ in = "trip.in{{n}}", on = 1 }}
meter = {{ points = "m{{n}}" }}
rated_a = {rated_a}

[main]
meter = {{ points = "main" }}

[commissioned]
at = "2026-01-01T00:00:00Z"
by = "the simulated panel"
outlets = {walked:?}

[rules]
random_delay_s = 0
stagger_ms = {stagger_ms}

[poll]
fast_ms = {fast_ms}
"#
        )
    }

    /// A meter on a circuit that carries at most `amperes` in life.
    fn meter_toml(&self, id: &str, amperes: u64) -> String {
        let speed = u64::from(self.speed.max(1));
        let (range_w, max_power_w) = (amperes * 250, amperes * 250 * speed);
        format!(
            r#"schema = 1
id = "{id}"
title = "Simulated SDM120: no pauses between requests, counts {speed} times as fast as life"
status = "bench-tested"
sources = ["the simulated panel"]

[link]
max_read_regs = 80
align = 2
holes = "zero"
timeout_ms = 300

[identity]
serial = {{ area = "holding", addr = 0xFC00, type = "u32" }}

[points]
voltage = {{ area = "input", addr = 0x0000, type = "f32", order = "ABCD", unit = "V", range = [0, 300] }}
current = {{ area = "input", addr = 0x0006, type = "f32", order = "ABCD", unit = "A", range = [-{amperes}, {amperes}] }}
power = {{ area = "input", addr = 0x000C, type = "f32", order = "ABCD", unit = "W", range = [-{range_w}, {range_w}] }}
frequency = {{ area = "input", addr = 0x0046, type = "f32", order = "ABCD", unit = "Hz", range = [40, 70] }}
energy_import = {{ area = "input", addr = 0x0048, type = "f32", order = "ABCD", unit = "kWh", range = [0, 10000000], counter = true, resolution = 0.001, max_power_w = {max_power_w} }}
energy_export = {{ area = "input", addr = 0x004A, type = "f32", order = "ABCD", unit = "kWh", range = [0, 10000000], counter = true }}
"#
        )
    }
}

#[cfg(test)]
mod tests {
    use outlet_controller::modbus::library::Library;
    use outlet_controller::modbus::panel::Panel;

    use super::*;

    fn number(text: &str, path: &[&str]) -> i64 {
        let table = toml::Value::Table(toml::from_str(text).unwrap());
        let value = path.iter().fold(&table, |value, key| &value[*key]);
        value.as_integer().unwrap()
    }

    #[test]
    fn the_files_name_the_server_and_the_wiring_that_it_has() {
        let directory = std::env::temp_dir().join(foundation::ids::id("panel"));
        let file = PanelFile {
            outlets: 3,
            ..PanelFile::default()
        };
        let written = file.write(&directory, "127.0.0.1:1502".parse().unwrap()).unwrap();
        let panel = fs::read_to_string(&written.panel).unwrap();
        assert_eq!(number(&panel, &["bus", "a", "port"]), 1502);
        assert_eq!(number(&panel, &["outlets", "count"]), 3);
        let table: toml::Table = toml::from_str(&panel).unwrap();
        let ids = table["unit"]["m"]["ids"].as_array().unwrap();
        assert_eq!(ids[..], [toml::Value::Integer(11), toml::Value::Integer(13)]);
        assert_eq!(table["outlets"]["command"]["out"].as_str(), Some("relay.out{n}"));
        for id in [METER, MAIN_METER, RELAY, INPUTS] {
            let text = fs::read_to_string(written.devices.join(format!("{id}.toml"))).unwrap();
            let device: toml::Table = toml::from_str(&text).unwrap();
            assert_eq!(device["id"].as_str(), Some(id));
        }
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn the_controller_accepts_the_files_for_every_number_of_outlets() {
        let directory = std::env::temp_dir().join(foundation::ids::id("panel"));
        for outlets in 1..=MAX_OUTLETS {
            let file = PanelFile {
                outlets,
                speed: 60,
                ..PanelFile::default()
            };
            let written = file.write(&directory, "127.0.0.1:1502".parse().unwrap()).unwrap();
            let library = Library::with_directory(&written.devices).unwrap();
            let panel = Panel::load(&written.panel, &library).unwrap();
            assert_eq!(panel.outlets.len(), usize::from(outlets));
            assert_eq!(panel.outlets[0].meter.max_power_w, Some(750_000));
            assert_eq!(panel.main.unwrap().max_power_w, Some(6_000_000));
        }
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn the_plausible_power_grows_with_the_speed() {
        let power = |speed| {
            let file = PanelFile {
                speed,
                ..PanelFile::default()
            };
            number(
                &file.meter_toml(METER, 50),
                &["points", "energy_import", "max_power_w"],
            )
        };
        assert_eq!((power(1), power(60)), (12_500, 750_000));
    }
}
