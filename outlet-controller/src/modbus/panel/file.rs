//! A panel file as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Breaker, Commissioned, Poll, Rules, Supply, Transport};
use crate::modbus::pairs;

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct PanelFile {
    pub(super) schema: u32,
    pub(super) panel: String,
    pub(super) bus: BTreeMap<String, Transport>,
    pub(super) unit: BTreeMap<String, UnitFile>,
    pub(super) breaker: BTreeMap<String, Breaker>,
    pub(super) outlets: Outlets,
    /// By number: what is different there.
    #[serde(default)]
    pub(super) outlet: BTreeMap<String, OutletFile>,
    /// Serial numbers by unit.
    #[serde(default)]
    pub(super) pinned: BTreeMap<String, String>,
    pub(super) commissioned: Option<Commissioned>,
    #[serde(default)]
    pub(super) rules: Rules,
    pub(super) main: Option<Main>,
    #[serde(default)]
    pub(super) supply: Supply,
    #[serde(default)]
    pub(super) poll: Poll,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct UnitFile {
    pub(super) bus: String,
    pub(super) id: Option<i64>,
    /// First and last of a row of units: `m` with `[11, 18]` gives m1 to m8.
    #[serde(default, deserialize_with = "pairs::optional")]
    pub(super) ids: Option<[i64; 2]>,
    pub(super) device: String,
    /// Instead of the device file's, where a gateway adds its own time.
    pub(super) timeout_ms: Option<u64>,
}

/// What all outlets have in common; `{n}` is the number of the outlet.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Outlets {
    pub(super) count: u8,
    pub(super) command: Option<CommandFile>,
    pub(super) position: Option<InputFile>,
    #[cfg_attr(test, schemars(with = "Option<super::schema_tests::Tripped>"))]
    pub(super) tripped: Option<TrippedFile>,
    pub(super) leakage: Option<InputFile>,
    pub(super) meter: Option<MeterFile>,
    pub(super) rated_a: Option<u32>,
    /// The name of a `[breaker.NAME]`.
    pub(super) breaker: Option<String>,
}

/// Each key replaces that of [`Outlets`] as a whole.
#[derive(Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct OutletFile {
    pub(super) command: Option<CommandFile>,
    pub(super) position: Option<InputFile>,
    #[cfg_attr(test, schemars(with = "Option<super::schema_tests::Tripped>"))]
    pub(super) tripped: Option<TrippedFile>,
    pub(super) leakage: Option<InputFile>,
    pub(super) meter: Option<MeterFile>,
    pub(super) rated_a: Option<u32>,
    pub(super) breaker: Option<String>,
    /// Any text that another breaker in its place does not have: with another one its operations are counted anew.
    pub(super) breaker_id: Option<String>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum CommandFile {
    Maintained { out: String },
    Pulse { close: String, open: String },
    OrderBits { close: String, open: String },
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(
    deny_unknown_fields,
    expecting = "a contact: { in = \"unit.bank{n}\", on = 1 }"
)]
pub(super) struct InputFile {
    #[serde(rename = "in")]
    pub(super) input: String,
    #[cfg_attr(test, schemars(with = "u8", range(min = 0, max = 1)))]
    pub(super) on: Level,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "u8")]
pub(super) struct Level(pub(super) bool);

impl TryFrom<u8> for Level {
    type Error = String;

    fn try_from(level: u8) -> Result<Self, String> {
        match level {
            0 => Ok(Self(false)),
            1 => Ok(Self(true)),
            other => Err(format!("found {other}, allowed: 0, 1")),
        }
    }
}

#[derive(Deserialize)]
#[serde(try_from = "toml::Value")]
pub(super) enum TrippedFile {
    Absent,
    Contact(InputFile),
}

impl TryFrom<toml::Value> for TrippedFile {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        match value.as_str() {
            Some("none") => Ok(Self::Absent),
            Some(other) => Err(format!("found \"{other}\", allowed: \"none\" or a source")),
            None => value
                .try_into()
                .map(Self::Contact)
                .map_err(|error| error.message().to_owned()),
        }
    }
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct MeterFile {
    pub(super) points: Option<String>,
    pub(super) circuit: Option<String>,
    #[serde(default)]
    pub(super) dead_when_open: bool,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Main {
    pub(super) meter: MainMeterFile,
}

/// It is always fed: no breaker of ours is above it.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct MainMeterFile {
    pub(super) points: Option<String>,
    pub(super) circuit: Option<String>,
}

impl From<MainMeterFile> for MeterFile {
    fn from(MainMeterFile { points, circuit }: MainMeterFile) -> Self {
        Self {
            points,
            circuit,
            dead_when_open: false,
        }
    }
}
