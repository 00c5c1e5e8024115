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
    /// Its manager lets nobody start.
    Disabled,
    /// Its controller is not connected.
    Offline,
}

/// What a meter's figures may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MeterClass {
    /// For billing by kilowatt-hours: verified, or declared as 特定計量.
    Verified,
    /// Its maker certifies how exact it is.
    Certified,
    /// For showing alone.
    Indicative,
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
    /// The dwelling that it belongs to.
    #[schema(required, example = "203")]
    pub unit: Option<String>,
    /// Where to find it, as people say it.
    #[schema(required, example = "地下1階 柱 B-12 の裏")]
    pub place_hint: Option<String>,
    /// What its label says: without hyphens, in lower case.
    #[schema(example = "7k3m9qxwc")]
    pub public_code: String,
    /// Since when its label says so.
    pub public_code_since: Time,
    /// The circuit that feeds it.
    #[schema(required)]
    pub circuit_id: Option<String>,
    pub rated_ma: i64,
    pub rated_mv: i64,
    pub max_power_w: i64,
    #[schema(required)]
    pub rise_threshold_ma: Option<i64>,
    #[schema(required)]
    pub meter_class: Option<MeterClass>,
    /// The last day on which the meter is of that class.
    #[schema(required, format = Date, example = "2033-03-31")]
    pub meter_valid_until: Option<String>,
    /// Whether sessions may start.
    pub enabled: bool,
    #[schema(required)]
    pub disabled_reason: Option<String>,
    /// What sessions cost here; the site's where null.
    #[schema(required)]
    pub tariff_id: Option<String>,
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
    /// That which belongs to `current_ma`; null where only an older one is known.
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

/// What of an outlet is to change; what is left out stays, and null takes away.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OutletChange {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    /// The dwelling that it belongs to.
    #[serde(
        default,
        deserialize_with = "even_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>, max_length = 50)]
    pub unit: Option<Option<String>>,
    /// Where to find it, as people say it.
    #[serde(
        default,
        deserialize_with = "even_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>, max_length = 200)]
    pub place_hint: Option<Option<String>>,
    /// Another circuit of the same site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub circuit_id: Option<String>,
    /// As the panel is built; the controller's own limit stands in its panel file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1_000, maximum = 250_000)]
    pub rated_ma: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 50_000, maximum = 500_000)]
    pub rated_mv: Option<i64>,
    /// A register that rises faster is not believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub max_power_w: Option<i64>,
    /// Null: no rise is told any more.
    #[serde(
        default,
        deserialize_with = "even_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<i64>, minimum = 1)]
    pub rise_threshold_ma: Option<Option<i64>>,
    /// Null takes `meter_valid_until` away too.
    #[serde(
        default,
        deserialize_with = "even_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<MeterClass>)]
    pub meter_class: Option<Option<MeterClass>>,
    #[serde(
        default,
        deserialize_with = "even_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>, format = Date, example = "2033-03-31")]
    pub meter_valid_until: Option<Option<String>>,
    /// `false`, with a `disabled_reason`: no session starts any more; one that runs goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200, example = "床の工事のため")]
    pub disabled_reason: Option<String>,
    /// For sessions that start from now on. Null: the site's.
    #[serde(
        default,
        deserialize_with = "even_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>)]
    pub tariff_id: Option<Option<String>>,
}

/// What is there, be it null; what is left out is `None` by default.
pub(super) fn even_null<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
