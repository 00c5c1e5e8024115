//! A charging session: from the request to the end.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::outlet::even_null;
use super::{Command, SessionCost, Time};

/// Where a session is; `ended` and `failed` are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    Requested,
    Starting,
    Energized,
    Charging,
    Paused,
    Stopping,
    Ended,
    /// Ended without ever being energized.
    Failed,
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndedReason {
    Remote,
    TimeLimit,
    EnergyLimit,
    /// What `cost_yen` buys was delivered.
    CostLimit,
    Tripped,
    OpenedByHand,
    DidNotClose,
    Welded,
    Refused,
    Expired,
    CarGone,
    Local,
    PowerLoss,
    /// No current was ever seen; nothing is billed.
    NoLoad,
    /// The car was full, and `when_idle` was `end`.
    CarIdle,
    /// More current than the outlet is rated for.
    OverCurrent,
    /// Earth leakage was signalled.
    Leakage,
    /// The breaker's position and its meter contradicted each other.
    FeedbackBroken,
    /// The controller's disk took nothing.
    DiskFailed,
    /// The breaker could not be seen or told to close for too long.
    Unreachable,
    /// The controller was told to start anew at once.
    Reset,
    Other,
}

/// What becomes of a charge whose car is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenIdle {
    /// It goes on to its end.
    #[default]
    Keep,
    /// It ends.
    End,
}

/// What ends a session; whichever comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionLimits {
    pub until: Time,
    /// As asked for, or what `cost_yen` buys, whichever is less.
    #[schema(required)]
    pub energy_wh: Option<i64>,
    #[schema(required)]
    pub cost_yen: Option<i64>,
    pub when_idle: WhenIdle,
    /// Since when the controller has them.
    pub changed_at: Time,
}

/// One charge at one outlet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    #[schema(example = "ses_01kab3y7kq8w4nd2fv6h9tr5ce")]
    pub id: String,
    pub outlet_id: String,
    /// The app backend's name for who charges.
    pub driver_id: String,
    /// The driver's dwelling when the session was asked for.
    #[schema(required, example = "204")]
    pub unit: Option<String>,
    pub state: SessionState,
    #[schema(required)]
    pub ended_reason: Option<EndedReason>,
    pub limits: SessionLimits,
    /// Delivered so far.
    pub energy_wh: i64,
    /// By the terms that held when it started; null where there were none.
    #[schema(required)]
    pub cost: Option<SessionCost>,
    #[schema(required)]
    pub start_register_wh: Option<i64>,
    #[schema(required)]
    pub stop_register_wh: Option<i64>,
    pub requested_at: Time,
    /// When the breaker was seen closed.
    #[schema(required)]
    pub energized_at: Option<Time>,
    /// When current was first seen.
    #[schema(required)]
    pub charging_started_at: Option<Time>,
    #[schema(required)]
    pub ended_at: Option<Time>,
    pub updated_at: Time,
}

/// A session to start.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSession {
    pub outlet_id: String,
    /// The app backend's name for who charges.
    #[schema(min_length = 1, max_length = 64)]
    pub driver_id: String,
    #[serde(default)]
    pub limits: LimitsAsked,
    /// What the display at the outlet shows, from its link or as digits; needed where the site's `presence` is `all`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40, example = "894361")]
    pub presence_code: Option<String>,
}

/// When the charge is to end; after 24 hours where nothing is given, and never later.
///
/// Of `until`, `duration_s` and `end_of_day` at most one.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"end_of_day": true, "cost_yen": 500}))]
pub struct LimitsAsked {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 86400)]
    pub duration_s: Option<u64>,
    /// At the next midnight in the site's time zone; the answer's `limits.until` says when that is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(example = true)]
    pub end_of_day: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub energy_wh: Option<i64>,
    /// As much energy as this buys at the dearest price of the tariff after its fixed part, or at the site's
    /// `energy_yen_per_kwh`: the most whole watt-hours that cost no more at any time. Refused where there is no price.
    /// What a full car costs comes on top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, example = 500)]
    pub cost_yen: Option<i64>,
    /// Of our own controllers alone; `keep` where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when_idle: Option<WhenIdle>,
}

/// What of a running session is to change.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionChange {
    pub limits: LimitsChange,
}

/// New limits; what is left out stays. A limit that is passed already ends the session now.
///
/// Of `until`, `duration_s` and `end_of_day` at most one. No session lasts longer than 24 hours.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"duration_s": 3600, "energy_wh": null}))]
pub struct LimitsChange {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
    /// From now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 86400)]
    pub duration_s: Option<u64>,
    /// At the next midnight in the site's time zone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub end_of_day: bool,
    /// Of the whole session; null: no longer limited by energy.
    #[serde(
        default,
        deserialize_with = "even_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<i64>, minimum = 1)]
    pub energy_wh: Option<Option<i64>>,
    /// Of the whole session, at the site's present price; null: no longer limited by money.
    #[serde(
        default,
        deserialize_with = "even_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<i64>, minimum = 1, example = 500)]
    pub cost_yen: Option<Option<i64>>,
    /// Of our own controllers alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when_idle: Option<WhenIdle>,
}

/// A session and the command that starts, changes or stops it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionAccepted {
    pub session: Session,
    pub command: Command,
}
