//! An alarm: something at an outlet or a controller that needs a person.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Time;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum AlarmKind {
    /// The outlet is locked out; `cause` is its fault.
    #[serde(rename = "outlet.fault")]
    OutletFault,
    /// A session's end is a minute past, its controller is online, and its breaker was not seen open.
    #[serde(rename = "outlet.on_past_end")]
    OutletOnPastEnd,
    /// An ampere or more flows through a breaker that was seen open, on two looks.
    #[serde(rename = "outlet.current_while_off")]
    OutletCurrentWhileOff,
    /// A person has reported something of the outlet; `cause` says what. It closes when it is acknowledged.
    #[serde(rename = "outlet.reported")]
    OutletReported,
    /// A meter does not answer: of the outlet, or of the main circuit.
    #[serde(rename = "meter.silent")]
    MeterSilent,
    /// A stop has failed or has had no outcome in time, and the breaker was not seen open.
    #[serde(rename = "stop.not_confirmed")]
    StopNotConfirmed,
    /// It has not been connected for five minutes.
    #[serde(rename = "controller.offline")]
    ControllerOffline,
    /// It cannot work as it should; `cause` is its problem.
    #[serde(rename = "controller.problem")]
    ControllerProblem,
}

/// How soon somebody has to look: `critical` now, `warning` today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlarmSeverity {
    Critical,
    Warning,
}

/// Where an alarm is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlarmState {
    Open,
    /// Somebody looks after it; what is wrong still is.
    Acknowledged,
    /// What was wrong is no more.
    Closed,
}

/// Something at an outlet or a controller that needs a person: one for each thing and kind, until it closes by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Alarm {
    #[schema(example = "alm_01kab3y7kq8w4nd2fv6h9tr5ce")]
    pub id: String,
    pub kind: AlarmKind,
    /// Which fault or which problem, where the kind has several.
    #[schema(required, example = "welded")]
    pub cause: Option<String>,
    pub severity: AlarmSeverity,
    pub state: AlarmState,
    pub site_id: String,
    pub controller_id: String,
    /// None where it is the controller's, or its main circuit's.
    #[schema(required)]
    pub outlet_id: Option<String>,
    /// The session that was at the outlet.
    #[schema(required)]
    pub session_id: Option<String>,
    pub opened_at: Time,
    #[schema(required)]
    pub acknowledged_at: Option<Time>,
    /// The client or the person that has acknowledged it.
    #[schema(required)]
    pub acknowledged_by: Option<String>,
    /// What was said then.
    #[schema(required)]
    pub note: Option<String>,
    #[schema(required)]
    pub closed_at: Option<Time>,
    pub updated_at: Time,
}

/// Somebody looks after an alarm.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"note": "電気工事士に連絡しました"}))]
pub struct NewAcknowledgement {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 500)]
    pub note: Option<String>,
}
