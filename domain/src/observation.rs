//! What one look at the hardware said. Unknown stays unknown: nothing here is guessed.

use serde::{Deserialize, Serialize};

use crate::units::{MilliAmps, MilliVolts, WattHours, Watts};

/// What the breaker's position feedback said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    Closed,
    Open,
    /// Silent, stale or contradictory: ON for safety, nothing for billing.
    #[default]
    Unknown,
}

/// Why a value of a meter is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unusable {
    /// No answer, or one that failed its checks.
    Silent,
    /// The device's own "invalid" marker, or not a number.
    Invalid,
    /// Outside the range that the device file gives.
    OutOfRange,
    /// The meter that answers is not the one that belongs here.
    WrongMeter,
    /// Read before another value that has changed since.
    Outdated,
}

/// A value of a meter, or why there is none.
pub type Measured<T> = Result<T, Unusable>;

/// What a meter said in one consistent read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The cumulative counter.
    pub register: Measured<WattHours>,
    pub voltage: Measured<MilliVolts>,
    pub current: Measured<MilliAmps>,
    pub power: Measured<Watts>,
    /// The counter's bits as they came, first word highest, whatever they are worth.
    pub raw_register: Option<u64>,
}

impl Default for Reading {
    /// A silent meter.
    fn default() -> Self {
        let (register, voltage) = (Err(Unusable::Silent), Err(Unusable::Silent));
        Self {
            register,
            voltage,
            current: Err(Unusable::Silent),
            power: Err(Unusable::Silent),
            raw_register: None,
        }
    }
}

/// What was seen of one outlet: its breaker, and its meter where that was read in the same round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    pub position: Position,
    /// `None` where the breaker has no trip contact or it did not answer.
    pub tripped: Option<bool>,
    /// Whether earth leakage is signalled; `None` where there is no such contact or it did not answer.
    pub leakage: Option<bool>,
    /// The current alone, from a fast look between full reads.
    pub current: Option<Measured<MilliAmps>>,
    /// A full read of the meter.
    pub reading: Option<Reading>,
}
