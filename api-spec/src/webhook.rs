//! Events, the same in webhooks (Standard Webhooks 1.0.0), in the list and in the stream.

mod examples;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::rest::{Alarm, Command, Reservation, Session, Time};

pub use examples::example;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum EventType {
    #[serde(rename = "outlet.status")]
    OutletStatus,
    #[serde(rename = "outlet.current_rise")]
    OutletCurrentRise,
    #[serde(rename = "outlet.fault")]
    OutletFault,
    #[serde(rename = "outlet.notice")]
    OutletNotice,
    #[serde(rename = "outlet.code_rotated")]
    OutletCodeRotated,
    #[serde(rename = "session.energized")]
    SessionEnergized,
    #[serde(rename = "session.charging_started")]
    SessionChargingStarted,
    #[serde(rename = "charging.idle")]
    ChargingIdle,
    #[serde(rename = "session.power_lost")]
    SessionPowerLost,
    #[serde(rename = "session.power_resumed")]
    SessionPowerResumed,
    #[serde(rename = "session.limit_reached")]
    SessionLimitReached,
    #[serde(rename = "session.ended")]
    SessionEnded,
    #[serde(rename = "command.completed")]
    CommandCompleted,
    #[serde(rename = "command.failed")]
    CommandFailed,
    #[serde(rename = "command.expired")]
    CommandExpired,
    #[serde(rename = "reservation.created")]
    ReservationCreated,
    #[serde(rename = "reservation.used")]
    ReservationUsed,
    #[serde(rename = "reservation.expired")]
    ReservationExpired,
    #[serde(rename = "reservation.cancelled")]
    ReservationCancelled,
    #[serde(rename = "controller.online")]
    ControllerOnline,
    #[serde(rename = "controller.offline")]
    ControllerOffline,
    #[serde(rename = "controller.problem")]
    ControllerProblem,
    #[serde(rename = "controller.firmware_status")]
    ControllerFirmwareStatus,
    #[serde(rename = "alarm.opened")]
    AlarmOpened,
    #[serde(rename = "alarm.acknowledged")]
    AlarmAcknowledged,
    #[serde(rename = "alarm.closed")]
    AlarmClosed,
    #[serde(rename = "meter.anomaly")]
    MeterAnomaly,
    #[serde(rename = "endpoint.failing")]
    EndpointFailing,
    #[serde(rename = "webhook.test")]
    WebhookTest,
}

impl EventType {
    /// Every type, in the order of the documentation.
    pub const ALL: [Self; 29] = [
        Self::OutletStatus,
        Self::OutletCurrentRise,
        Self::OutletFault,
        Self::OutletNotice,
        Self::OutletCodeRotated,
        Self::SessionEnergized,
        Self::SessionChargingStarted,
        Self::ChargingIdle,
        Self::SessionPowerLost,
        Self::SessionPowerResumed,
        Self::SessionLimitReached,
        Self::SessionEnded,
        Self::CommandCompleted,
        Self::CommandFailed,
        Self::CommandExpired,
        Self::ReservationCreated,
        Self::ReservationUsed,
        Self::ReservationExpired,
        Self::ReservationCancelled,
        Self::ControllerOnline,
        Self::ControllerOffline,
        Self::ControllerProblem,
        Self::ControllerFirmwareStatus,
        Self::AlarmOpened,
        Self::AlarmAcknowledged,
        Self::AlarmClosed,
        Self::MeterAnomaly,
        Self::EndpointFailing,
        Self::WebhookTest,
    ];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::OutletStatus => "outlet.status",
            Self::OutletCurrentRise => "outlet.current_rise",
            Self::OutletFault => "outlet.fault",
            Self::OutletNotice => "outlet.notice",
            Self::OutletCodeRotated => "outlet.code_rotated",
            Self::SessionEnergized => "session.energized",
            Self::SessionChargingStarted => "session.charging_started",
            Self::ChargingIdle => "charging.idle",
            Self::SessionPowerLost => "session.power_lost",
            Self::SessionPowerResumed => "session.power_resumed",
            Self::SessionLimitReached => "session.limit_reached",
            Self::SessionEnded => "session.ended",
            Self::CommandCompleted => "command.completed",
            Self::CommandFailed => "command.failed",
            Self::CommandExpired => "command.expired",
            Self::ReservationCreated => "reservation.created",
            Self::ReservationUsed => "reservation.used",
            Self::ReservationExpired => "reservation.expired",
            Self::ReservationCancelled => "reservation.cancelled",
            Self::ControllerOnline => "controller.online",
            Self::ControllerOffline => "controller.offline",
            Self::ControllerProblem => "controller.problem",
            Self::ControllerFirmwareStatus => "controller.firmware_status",
            Self::AlarmOpened => "alarm.opened",
            Self::AlarmAcknowledged => "alarm.acknowledged",
            Self::AlarmClosed => "alarm.closed",
            Self::MeterAnomaly => "meter.anomaly",
            Self::EndpointFailing => "endpoint.failing",
            Self::WebhookTest => "webhook.test",
        }
    }

    /// The type of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// An event. Deliveries are repeated until answered with 2xx; `id` tells repeats.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Event<T> {
    #[schema(example = "evt_000000000001k7kq8w4nd")]
    pub id: String,
    #[serde(rename = "type")]
    pub kind: EventType,
    pub timestamp: Time,
    /// The outlet it is about.
    #[schema(required)]
    pub outlet_id: Option<String>,
    /// Rises by one from each event of the outlet to its next.
    #[schema(required)]
    pub sequence: Option<i64>,
    /// The outlet's event before this one.
    #[schema(required)]
    pub previous_event_id: Option<String>,
    pub data: T,
    /// In webhooks alone: something before it was not delivered. `GET /v1/events` has what is missing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gap: bool,
}

/// Where a breaker was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Breaker {
    Closed,
    Open,
    #[default]
    Unknown,
}

/// `outlet.status`: each minute, and when asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutletStatus {
    pub breaker: Breaker,
    pub tripped: bool,
    #[schema(required)]
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
    pub measured_at: Time,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// Delivered in the session so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub energy_wh: Option<i64>,
    /// Whether it answers a status request.
    pub requested: bool,
}

/// `session.energized`, `session.charging_started`, `session.power_lost`, `session.power_resumed`, `session.ended`;
/// `charging.idle`: the current is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionEvent {
    pub session: Session,
}

/// What ended a session that reached a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LimitKind {
    Time,
    Energy,
    Cost,
}

/// `session.limit_reached`: `session.ended` follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LimitReached {
    pub limit: LimitKind,
    pub session: Session,
}

/// `outlet.current_rise`: the current has risen above the outlet's threshold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CurrentRise {
    pub current_ma: i64,
    #[schema(required)]
    pub threshold_ma: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
}

/// `command.completed`: a command has its outcome. `command.failed` (refused or failed) and `command.expired` say the
/// same once more, for those who want to hear of nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CommandCompleted {
    pub command: Command,
}

/// `reservation.created`, `reservation.used`, `reservation.expired`, `reservation.cancelled`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReservationEvent {
    pub reservation: Reservation,
}

/// `controller.online`, `controller.offline`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ControllerChanged {
    pub controller_id: String,
    pub station_id: String,
    pub site_id: String,
}

/// `controller.problem`: a controller cannot work as it should, or can again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ControllerProblem {
    pub controller_id: String,
    pub station_id: String,
    pub site_id: String,
    /// `disk_failed`, `journal_full` or `journal_thinned`; other makers' stations have names of their own.
    pub problem: String,
    /// Whether it is over; `journal_thinned` says only that it has begun.
    pub cleared: bool,
}

/// `controller.firmware_status`: how far a controller is with new firmware.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FirmwareStatus {
    pub controller_id: String,
    pub station_id: String,
    pub site_id: String,
    /// Whoever asked for it did so by this command; none where somebody else did.
    #[schema(required)]
    pub command_id: Option<String>,
    /// `download_scheduled`, `downloading`, `download_paused`, `downloaded`, `signature_verified`, `install_scheduled`,
    /// `installing`, `install_rebooting`, `installed`; `download_failed`, `invalid_signature`, `install_verification_failed`,
    /// `installation_failed`.
    #[schema(example = "installing")]
    pub status: String,
    /// The version that runs, as the controller told when it started last.
    #[schema(required, example = "1.3.2")]
    pub firmware: Option<String>,
}

/// `meter.anomaly`: a register that is not billed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MeterAnomaly {
    /// `unusable`, `back`, `too_fast`, `frozen` or `rebased`.
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_wh: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_wh: Option<i64>,
    /// Of `unusable`: `silent`, `invalid`, `out_of_range` or `wrong_meter`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// Of the main circuit's meter, which belongs to no outlet: whose panel it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controller_id: Option<String>,
}

/// `outlet.fault`: an outlet is locked out, or no longer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutletFault {
    /// `did_not_close`, `did_not_open`, `tripped`, `welded`, `over_current`, `leakage` or `feedback_broken`.
    pub fault: String,
    pub cleared: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
}

/// `outlet.notice`: something that a person should hear of and that locks nothing out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutletNotice {
    /// `no_load`, `car_idle`, `closed_by_hand`, `open_upstream`, `contact_chatters` or `breaker_worn`.
    pub notice: String,
    /// Of `breaker_worn`: how much of its life the breaker has used up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<u8>,
    /// Of `breaker_worn`: how often it has closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operations: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
}

/// `outlet.code_rotated`: the outlet's label leads nowhere any more; print the new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutletCodeRotated {
    #[schema(example = "7k3m9qxwc")]
    pub public_code: String,
}

/// `alarm.opened`, `alarm.acknowledged`, `alarm.closed`: an outlet or a controller needs a person, somebody looks after it,
/// or it needs nobody any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AlarmEvent {
    pub alarm: Alarm,
}

/// `endpoint.failing`: deliveries to another endpoint were given up; told once until one succeeds, and when it is disabled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EndpointFailing {
    pub endpoint_id: String,
    pub failing_since: Time,
    #[schema(required)]
    pub last_error: Option<String>,
    /// Why nothing is sent to it any more.
    #[schema(required)]
    pub disabled_reason: Option<String>,
}

/// `webhook.test`: asked for with `POST /v1/webhook-endpoints/{id}/test`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookTest {
    pub endpoint_id: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_an_example_that_is_small_enough_to_send() {
        for kind in EventType::ALL {
            let event: Event<serde_json::Value> = serde_json::from_value(example(kind)).unwrap();
            assert_eq!(event.kind, kind);
            assert!(example(kind).to_string().len() < 20_000);
        }
    }

    #[test]
    fn names_of_event_types_are_those_on_the_wire() {
        for kind in EventType::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
            assert_eq!(EventType::from_name(kind.name()), Some(kind));
        }
    }
}
