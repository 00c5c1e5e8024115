//! An example of every type of event, as the API document shows it.

use serde_json::{Value, json};

use super::{
    AlarmEvent, Breaker, CommandCompleted, ControllerChanged, ControllerProblem, CurrentRise,
    EndpointFailing, Event, EventType, FirmwareStatus, LimitKind, LimitReached, MeterAnomaly,
    OutletCodeRotated, OutletFault, OutletNotice, OutletStatus, ReservationEvent, SessionEvent, WebhookTest,
};
use crate::rest::{
    Alarm, AlarmKind, AlarmSeverity, AlarmState, Command, CommandKind, CommandState, EndedReason,
    Reservation, ReservationState, Session, SessionCost, SessionLimits, SessionState, Time, WhenIdle,
};

/// 2026-12-01T10:00:00Z
const AT: Time = Time(1_796_119_200_000_000);
const MINUTE_US: i64 = 60_000_000;
const CONTROLLER: &str = "ctl_01kab3y7kq8w4nd2fv6h9tr5ce";
const STATION: &str = "st_7kq8w4nd2fv6h9tr5ce01kab3y";
const SITE: &str = "sit_01kab3y7kq8w4nd2fv6h9tr5ce";
const OUTLET: &str = "out_01kab3y7kq8w4nd2fv6h9tr5ce";
const SESSION: &str = "ses_01kab3y7kq8w4nd2fv6h9tr5ce";
const ENDPOINT: &str = "whe_01kab3y7kq8w4nd2fv6h9tr5ce";

/// An event of this type.
pub fn example(kind: EventType) -> Value {
    let of_outlet = !matches!(
        kind,
        EventType::ControllerOnline
            | EventType::ControllerOffline
            | EventType::ControllerProblem
            | EventType::ControllerFirmwareStatus
            | EventType::EndpointFailing
            | EventType::WebhookTest
    );
    json!(Event {
        id: "evt_000000000001k7kq8w4nd".to_owned(),
        kind,
        timestamp: AT,
        outlet_id: of_outlet.then(|| OUTLET.to_owned()),
        sequence: of_outlet.then_some(42),
        previous_event_id: of_outlet.then(|| "evt_000000000001ftr5ce01k".to_owned()),
        data: data(kind),
        gap: false,
    })
}

fn data(kind: EventType) -> Value {
    match kind {
        EventType::OutletStatus => json!(status()),
        EventType::OutletCurrentRise => json!(CurrentRise {
            current_ma: 14_900,
            threshold_ma: Some(14_000),
            session_id: session_id(),
        }),
        EventType::OutletFault => json!(OutletFault {
            fault: "tripped".to_owned(),
            cleared: false,
            session_id: session_id(),
        }),
        EventType::OutletNotice => json!(OutletNotice {
            notice: "car_idle".to_owned(),
            session_id: session_id(),
            ..OutletNotice::default()
        }),
        EventType::OutletCodeRotated => json!(OutletCodeRotated {
            public_code: "7k3m9qxwc".to_owned(),
        }),
        EventType::SessionEnergized => json!(session_event(SessionState::Energized)),
        EventType::SessionChargingStarted => json!(session_event(SessionState::Charging)),
        EventType::SessionPowerLost | EventType::SessionPowerResumed => {
            json!(session_event(SessionState::Charging))
        }
        EventType::ChargingIdle => json!(session_event(SessionState::Paused)),
        EventType::SessionEnded => json!(session_event(SessionState::Ended)),
        EventType::SessionLimitReached => json!(LimitReached {
            limit: LimitKind::Time,
            session: session(SessionState::Ended),
        }),
        EventType::CommandCompleted => command(CommandState::Confirmed, None),
        EventType::CommandFailed => command(CommandState::Refused, Some("outlet_faulted")),
        EventType::CommandExpired => command(CommandState::Expired, Some("not_delivered")),
        EventType::ReservationCreated => reservation(ReservationState::Active),
        EventType::ReservationUsed => reservation(ReservationState::Used),
        EventType::ReservationExpired => reservation(ReservationState::Expired),
        EventType::ReservationCancelled => reservation(ReservationState::Cancelled),
        EventType::ControllerOnline | EventType::ControllerOffline => json!(controller()),
        EventType::ControllerFirmwareStatus => json!(firmware()),
        EventType::ControllerProblem => json!(problem()),
        EventType::AlarmOpened => alarm(AlarmState::Open),
        EventType::AlarmAcknowledged => alarm(AlarmState::Acknowledged),
        EventType::AlarmClosed => alarm(AlarmState::Closed),
        EventType::MeterAnomaly => json!(anomaly()),
        EventType::EndpointFailing => json!(failing()),
        EventType::WebhookTest => json!(WebhookTest {
            endpoint_id: ENDPOINT.to_owned(),
        }),
    }
}

fn controller() -> ControllerChanged {
    ControllerChanged {
        controller_id: CONTROLLER.to_owned(),
        station_id: STATION.to_owned(),
        site_id: SITE.to_owned(),
    }
}

fn firmware() -> FirmwareStatus {
    FirmwareStatus {
        controller_id: CONTROLLER.to_owned(),
        station_id: STATION.to_owned(),
        site_id: SITE.to_owned(),
        command_id: Some("cmd_01kab3y7kq8w4nd2fv6h9tr5ce".to_owned()),
        status: "install_scheduled".to_owned(),
        firmware: Some("1.3.2".to_owned()),
    }
}

fn problem() -> ControllerProblem {
    ControllerProblem {
        controller_id: CONTROLLER.to_owned(),
        station_id: STATION.to_owned(),
        site_id: SITE.to_owned(),
        problem: "disk_failed".to_owned(),
        cleared: false,
    }
}

fn failing() -> EndpointFailing {
    EndpointFailing {
        endpoint_id: ENDPOINT.to_owned(),
        failing_since: AT,
        last_error: Some("answered 500 Internal Server Error".to_owned()),
        disabled_reason: None,
    }
}

fn session_id() -> Option<String> {
    Some(SESSION.to_owned())
}

fn status() -> OutletStatus {
    OutletStatus {
        breaker: Breaker::Closed,
        tripped: false,
        fault: None,
        register_wh: Some(1_234_560),
        voltage_mv: Some(201_200),
        current_ma: Some(14_800),
        power_w: Some(2_978),
        measured_at: AT,
        session_id: session_id(),
        energy_wh: Some(1_240),
        requested: false,
    }
}

fn anomaly() -> MeterAnomaly {
    MeterAnomaly {
        kind: "back".to_owned(),
        from_wh: Some(1_234_560),
        to_wh: Some(1_234_000),
        why: None,
        session_id: session_id(),
        controller_id: None,
    }
}

fn session_event(state: SessionState) -> SessionEvent {
    SessionEvent {
        session: session(state),
    }
}

fn session(state: SessionState) -> Session {
    let ended = state == SessionState::Ended;
    let started = state != SessionState::Energized;
    Session {
        id: SESSION.to_owned(),
        outlet_id: OUTLET.to_owned(),
        driver_id: "driver-17".to_owned(),
        unit: Some("204".to_owned()),
        state,
        ended_reason: ended.then_some(EndedReason::TimeLimit),
        limits: SessionLimits {
            until: AT,
            energy_wh: None,
            cost_yen: None,
            when_idle: WhenIdle::Keep,
            changed_at: Time(AT.0 - 30 * MINUTE_US),
        },
        energy_wh: if started { 1_240 } else { 0 },
        cost: Some(SessionCost {
            yen: if started { 38 } else { 0 },
            energy_yen: if started { 38 } else { 0 },
            fixed_yen: 0,
            minimum_yen: 0,
            idle_yen: 0,
            tariff_id: None,
            tariff_version_id: None,
        }),
        start_register_wh: Some(1_233_320),
        stop_register_wh: ended.then_some(1_234_560),
        requested_at: Time(AT.0 - 30 * MINUTE_US),
        energized_at: Some(Time(AT.0 - 29 * MINUTE_US)),
        charging_started_at: started.then_some(Time(AT.0 - 28 * MINUTE_US)),
        ended_at: ended.then_some(AT),
        updated_at: AT,
    }
}

fn reservation(state: ReservationState) -> Value {
    json!(ReservationEvent {
        reservation: Reservation {
            id: "rsv_01kab3y7kq8w4nd2fv6h9tr5ce".to_owned(),
            outlet_id: OUTLET.to_owned(),
            driver_id: "driver-17".to_owned(),
            state,
            from: Time(AT.0 - 30 * MINUTE_US),
            until: Time(AT.0 + 30 * MINUTE_US),
            expires_at: Time(AT.0 - 15 * MINUTE_US),
            session_id: session_id().filter(|_| state == ReservationState::Used),
            created_at: Time(AT.0 - 31 * MINUTE_US),
            updated_at: AT,
        },
    })
}

fn command(state: CommandState, reason: Option<&str>) -> Value {
    json!(CommandCompleted {
        command: Command {
            id: "cmd_01kab3y7kq8w4nd2fv6h9tr5ce".to_owned(),
            kind: CommandKind::StartSession,
            state,
            outlet_id: Some(OUTLET.to_owned()),
            session_id: session_id(),
            reason: reason.map(str::to_owned),
            detail: None,
            created_at: Time(AT.0 - MINUTE_US),
            sent_at: Some(Time(AT.0 - MINUTE_US)),
            completed_at: Some(AT),
            expires_at: Time(AT.0 + MINUTE_US),
        },
    })
}

fn alarm(state: AlarmState) -> Value {
    let later = |minutes: i64| Some(Time(AT.0 + minutes * MINUTE_US));
    let looked = state != AlarmState::Open;
    json!(AlarmEvent {
        alarm: Alarm {
            id: "alm_01kab3y7kq8w4nd2fv6h9tr5ce".to_owned(),
            kind: AlarmKind::OutletFault,
            cause: Some("tripped".to_owned()),
            severity: AlarmSeverity::Warning,
            state,
            site_id: SITE.to_owned(),
            controller_id: CONTROLLER.to_owned(),
            outlet_id: Some(OUTLET.to_owned()),
            session_id: session_id(),
            opened_at: AT,
            acknowledged_at: later(3).filter(|_| looked),
            acknowledged_by: Some("cli_01kab3y7kq8w4nd2fv6h9tr5ce".to_owned()).filter(|_| looked),
            note: Some("電気工事士に連絡しました".to_owned()).filter(|_| looked),
            closed_at: later(40).filter(|_| state == AlarmState::Closed),
            updated_at: AT,
        },
    })
}
