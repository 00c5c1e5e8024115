//! A panel file as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Breaker, Poll, Tcp, Transport};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PanelFile {
    pub(super) schema: u32,
    pub(super) panel: String,
    pub(super) bus: BTreeMap<String, BusFile>,
    pub(super) unit: BTreeMap<String, UnitFile>,
    pub(super) breaker: Breakers,
    pub(super) outlets: Outlets,
    pub(super) main: Option<Main>,
    #[serde(default)]
    pub(super) poll: Poll,
}

#[derive(Deserialize)]
#[serde(try_from = "toml::Table")]
pub(super) struct BusFile(pub(super) Transport);

impl TryFrom<toml::Table> for BusFile {
    type Error = String;

    /// Looks at the transport first: the keys of the others would be unknown ones of this one.
    fn try_from(mut table: toml::Table) -> Result<Self, String> {
        let transport = table.remove("transport").ok_or("missing field `transport`")?;
        if transport.as_str() != Some("tcp") {
            return Err(format!(
                "transport: found {transport}, allowed in this version: \"tcp\""
            ));
        }
        let tcp = table
            .try_into::<Tcp>()
            .map_err(|error| error.message().to_owned())?;
        Ok(Self(Transport::Tcp(tcp)))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UnitFile {
    pub(super) bus: String,
    pub(super) id: Option<i64>,
    /// First and last of a row of units: `m` with `[11, 18]` gives m1 to m8.
    pub(super) ids: Option<[i64; 2]>,
    pub(super) device: String,
    /// Instead of the device file's, where a gateway adds its own time.
    pub(super) timeout_ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Breakers {
    pub(super) default: Breaker,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Outlets {
    pub(super) count: u8,
    pub(super) command: CommandFile,
    pub(super) position: InputFile,
    pub(super) tripped: Option<TrippedFile>,
    pub(super) meter: MeterFile,
    pub(super) rated_a: u32,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum CommandFile {
    Maintained { out: String },
    Pulse { close: String, open: String },
    OrderBits { close: String, open: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InputFile {
    #[serde(rename = "in")]
    pub(super) input: String,
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
#[serde(deny_unknown_fields)]
pub(super) struct MeterFile {
    pub(super) points: Option<String>,
    pub(super) circuit: Option<String>,
    #[serde(default)]
    pub(super) dead_when_open: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Main {
    pub(super) meter: MeterFile,
}
