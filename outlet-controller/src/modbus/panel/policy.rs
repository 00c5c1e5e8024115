//! What a panel file settles beside the wiring: the breakers' mechanism, the rules of charging, who commissioned it.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::modbus::pairs;

/// The mechanism of a kind of breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Breaker {
    /// From the command until the contacts have moved.
    pub travel_ms: u64,
    /// Beyond the travel: until then the position must agree.
    pub verify_ms: u64,
    #[serde(default = "min_off")]
    pub min_off_s: u64,
    #[serde(default = "min_on")]
    pub min_on_s: u64,
    #[serde(default = "max_ops_per_hour")]
    pub max_ops_per_hour: u32,
    #[serde(default = "max_ops_per_10_min")]
    pub max_ops_per_10_min: u32,
    /// After so many operations the maker vouches for nothing; 0 where nobody knows.
    pub life_ops: u32,
    pub trip_reset: TripReset,
    /// Always false: a breaker that closes by itself is not accepted.
    pub auto_reclose: bool,
}

fn min_off() -> u64 {
    10
}

fn min_on() -> u64 {
    5
}

fn max_ops_per_hour() -> u32 {
    12
}

fn max_ops_per_10_min() -> u32 {
    6
}

/// What makes a tripped breaker ready to be closed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TripReset {
    /// An OFF command winds the mechanism up again.
    OffCommand,
    /// A person moves the handle.
    Manual,
}

/// The rules of charging that a panel may set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    /// Between two breakers that close.
    pub stagger_ms: u64,
    /// The longest of the random delays after power or communication returns.
    pub random_delay_s: u64,
    pub no_load_warn_min: u64,
    pub no_load_off_min: u64,
    pub idle_below_ma: i64,
    pub idle_after_min: u64,
    pub after_power_cut: AfterPowerCut,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            stagger_ms: 2_000,
            random_delay_s: 120,
            no_load_warn_min: 3,
            no_load_off_min: 15,
            idle_below_ma: 500,
            idle_after_min: 10,
            after_power_cut: AfterPowerCut::Continue,
        }
    }
}

/// What becomes of a charge that ran when the power went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AfterPowerCut {
    /// It goes on within its limits.
    Continue,
    /// It is closed once.
    End,
}

/// Who walked through the panel, and when. Without it no breaker is closed from afar.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Commissioned {
    /// RFC 3339.
    pub at: String,
    pub by: String,
    /// Those that were walked through with success; no other breaker is closed from afar.
    pub outlets: Vec<u8>,
    /// By outlet: how it was wired then. Without it a later change is not noticed.
    pub wiring: Option<BTreeMap<String, String>>,
}

/// Whether somebody has walked through an outlet as it is wired now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walked {
    Done,
    Never,
    /// Its wiring is another one since.
    RewiredSince,
}

impl Commissioned {
    pub(super) fn walked(&self, number: u8, wiring: &str) -> Walked {
        if !self.outlets.contains(&number) {
            return Walked::Never;
        }
        let noted = |noted: &BTreeMap<String, String>| {
            noted.get(&number.to_string()).map(String::as_str) == Some(wiring)
        };
        if self.wiring.as_ref().is_none_or(noted) {
            Walked::Done
        } else {
            Walked::RewiredSince
        }
    }
}

/// What feeds the outlets.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Supply {
    /// Lowest and highest voltage that commissioning finds in order; any of these ranges.
    #[serde(deserialize_with = "pairs::many")]
    pub voltage_v: Vec<[u32; 2]>,
}

impl Default for Supply {
    /// Of Japan: 202 ± 20 V between the phases, 101 ± 10 V against the neutral.
    fn default() -> Self {
        Self {
            voltage_v: vec![[182, 222], [91, 111]],
        }
    }
}
