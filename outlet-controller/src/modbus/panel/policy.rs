//! What a panel file settles beside the wiring: the breakers' mechanism, the rules of charging, who commissioned it.

use serde::Deserialize;

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

/// Who walked through every outlet of the panel, and when. Without it no breaker is closed from afar.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Commissioned {
    /// RFC 3339.
    pub at: String,
    pub by: String,
}
