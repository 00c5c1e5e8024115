//! An outlet-controller, one per panel; to OCPP a charging station.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Circuit, MeterClass, Outlet, Time};

/// An outlet-controller, or any maker's OCPP station.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Controller {
    #[schema(example = "ctl_01kab3y7kq8w4nd2fv6h9tr5ce")]
    pub id: String,
    pub site_id: String,
    /// Its name at the OCPP endpoint: `/ocpp/{station_id}`, and the Basic user.
    pub station_id: String,
    pub name: String,
    pub online: bool,
    #[schema(required)]
    pub online_changed_at: Option<Time>,
    /// The OCPP version spoken last.
    #[schema(required, example = "ocpp2.1")]
    pub ocpp_version: Option<String>,
    #[schema(required)]
    pub vendor: Option<String>,
    #[schema(required)]
    pub model: Option<String>,
    #[schema(required)]
    pub firmware: Option<String>,
    /// OCPP security profile: 2 is a password, 3 a client certificate and nothing else.
    pub security_profile: i32,
    #[schema(required)]
    pub booted_at: Option<Time>,
    /// When the certificate ends that it connected with last; `null` where that was a password.
    #[schema(required)]
    pub certificate_ends_at: Option<Time>,
    /// By how much its clock was ahead of the server's, in ms, when it last told of its buses.
    #[schema(required, example = 12)]
    pub clock_ahead_ms: Option<i64>,
    /// Of its panel, by name; empty where it does not tell.
    pub buses: Vec<BusHealth>,
    /// Of its panel.
    pub circuits: Vec<Circuit>,
    /// By their place in the panel.
    pub outlet_ids: Vec<String>,
    pub created_at: Time,
    /// By whoever edited it last.
    pub updated_at: Time,
}

/// How well a Modbus bus of a panel has answered lately; each count is of requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BusHealth {
    #[schema(example = "outlets")]
    pub name: String,
    pub said_at: Time,
    /// The time that was counted, in seconds: an hour at most.
    #[schema(example = 3_600)]
    pub over_s: i64,
    #[schema(example = 41_220)]
    pub requests: i64,
    /// Not answered in time.
    #[schema(example = 3)]
    pub timeouts: i64,
    /// Answers whose checksum was wrong.
    #[schema(example = 1)]
    pub checksums: i64,
    /// Answers that belonged to no request.
    #[schema(example = 0)]
    pub mismatches: i64,
    /// Refused by the device.
    #[schema(example = 0)]
    pub refusals: i64,
    /// The line itself failed.
    #[schema(example = 0)]
    pub line_errors: i64,
}

/// A controller just made, with what is shown only once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ControllerCreated {
    #[serde(flatten)]
    pub controller: Controller,
    /// For OCPP's Basic authentication. Shown now and never again.
    pub password: String,
    pub outlets: Vec<Outlet>,
}

/// A controller to make, with its outlets.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewController {
    pub site_id: String,
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// A random one where left out. Letters, digits, `-`, `_` and `.`; at most 48.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub station_id: Option<String>,
    /// OCPP security profile: 2, or 3 for a controller that may connect with its certificate alone; 2 where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 2, maximum = 3)]
    pub security_profile: Option<i32>,
    #[schema(min_items = 1, max_items = 8)]
    pub outlets: Vec<NewOutlet>,
}

/// What of a controller changes; what is left out stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ControllerChange {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100, example = "Panel 1, basement")]
    pub name: Option<String>,
    /// From its next connection on. From 2 to 3, once it has its certificate; never back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 2, maximum = 3)]
    pub security_profile: Option<i32>,
}

/// An outlet to make.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOutlet {
    /// The place in the panel, 1 to 8; the next one where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<i32>,
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// The current it may carry, in A; 15 where neither is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rated_a: Option<i64>,
    /// The same in mA; give one of the two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rated_ma: Option<i64>,
    /// Above this current, `outlet.current_rise` is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rise_threshold_ma: Option<i64>,
    /// What it is supplied with, in mV; 200 V where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rated_mv: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meter_class: Option<MeterClass>,
    /// The last day on which the meter is of that class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = Date, example = "2033-03-31")]
    pub meter_valid_until: Option<String>,
    /// The dwelling that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 50, example = "203")]
    pub unit: Option<String>,
    /// More than the circuit can carry; the rated current at 200 V and a fifth more where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_power_w: Option<i64>,
}
