//! An outlet: the socket that a driver uses.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Session, Time};
use crate::webhook::Breaker;

/// What an outlet is doing, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutletState {
    Available,
    /// A session was asked for; the breaker is not seen closed yet.
    Starting,
    /// The breaker is closed for a session; no current yet.
    Energized,
    Charging,
    /// Current was seen and is gone.
    Paused,
    Stopping,
    /// Closed with no session.
    SwitchedOn,
    /// Locked out until a person has looked.
    Faulted,
    /// Its controller is not connected.
    Offline,
}

/// An outlet and what it is doing now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Outlet {
    #[schema(example = "out_01kab3y7kq8w4nd2fv6h9tr5ce")]
    pub id: String,
    pub site_id: String,
    pub controller_id: String,
    /// The place in the panel, 1 to 8.
    pub number: i32,
    pub name: String,
    /// What its label says.
    #[schema(example = "7kq8w4nd")]
    pub public_code: String,
    pub rated_ma: i64,
    pub max_power_w: i64,
    #[schema(required)]
    pub rise_threshold_ma: Option<i64>,
    pub state: OutletState,
    /// Whether its controller is connected.
    pub online: bool,
    pub breaker: Breaker,
    pub tripped: bool,
    #[schema(required, example = "tripped")]
    pub fault: Option<String>,
    /// The meter's cumulative counter.
    #[schema(required)]
    pub register_wh: Option<i64>,
    #[schema(required)]
    pub voltage_mv: Option<i64>,
    #[schema(required)]
    pub current_ma: Option<i64>,
    #[schema(required)]
    pub power_w: Option<i64>,
    /// When the controller read these values, by its clock.
    #[schema(required)]
    pub measured_at: Option<Time>,
    #[schema(required)]
    pub received_at: Option<Time>,
    /// The session that holds the outlet.
    #[schema(required)]
    pub session: Option<Session>,
    pub created_at: Time,
    pub updated_at: Time,
}

/// What of an outlet is to change; what is left out stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OutletChange {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    /// Null: no rise is told any more.
    #[serde(
        default,
        deserialize_with = "even_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<i64>, minimum = 1)]
    pub rise_threshold_ma: Option<Option<i64>>,
}

/// What is there, be it null; what is left out is `None` by default.
pub(super) fn even_null<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<i64>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
