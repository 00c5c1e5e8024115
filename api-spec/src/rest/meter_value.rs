//! What a meter told, by the reading or rolled up.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Time;
use crate::webhook::Breaker;

/// How long the stretches are that readings are rolled up to; days and months are those of the site's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum MeterResolution {
    /// Each reading as it came.
    #[serde(rename = "raw")]
    Raw,
    #[serde(rename = "1m")]
    Minute,
    #[serde(rename = "15m")]
    QuarterHour,
    #[serde(rename = "1d")]
    Day,
    #[serde(rename = "1mo")]
    Month,
}

/// How far a value can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MeterQuality {
    /// The meter was read all along.
    Measured,
    /// Energy was counted after a silence, or a register was not believed: some may belong to a neighbouring stretch.
    Estimated,
    /// Nothing was read.
    Gap,
}

/// One stretch of time, or one reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MeterValue {
    pub from: Time,
    /// The same as `from` for a single reading.
    pub to: Time,
    /// What the register moved by. A register read within 5 seconds after `to` closes the stretch.
    #[schema(required, example = 48)]
    pub energy_wh: Option<i64>,
    /// The last register read.
    #[schema(required, example = 1_204_431)]
    pub register_wh: Option<i64>,
    /// The mean of what was read.
    #[schema(required, example = 201_300)]
    pub voltage_mv: Option<i64>,
    /// The mean of what was read.
    #[schema(required, example = 14_200)]
    pub current_ma: Option<i64>,
    /// As seen last.
    #[schema(required)]
    pub breaker: Option<Breaker>,
    pub quality: MeterQuality,
}
