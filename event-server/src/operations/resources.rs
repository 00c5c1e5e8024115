//! Rows as the resources that the API shows.

use api_spec::rest::{self, OutletState, SessionState, Time};
use api_spec::webhook::Breaker;
use domain::outlet::Fault;
use foundation::DbError;

use crate::store::commands::Command;
use crate::store::controllers::Controller;
use crate::store::outlet_current::OutletCurrent;
use crate::store::outlets::{Known, Outlet};
use crate::store::parse;
use crate::store::sessions::Session;
use crate::store::sites::Site;

pub(crate) fn site(row: Site) -> rest::Site {
    rest::Site {
        id: row.id,
        name: row.name,
        address: row.address,
        time_zone: row.zone,
        energy_yen_per_kwh: row.energy_yen_per_kwh,
        created_at: Time(row.created_at),
        updated_at: Time(row.updated_at),
    }
}

pub(crate) fn controller(row: Controller) -> rest::Controller {
    rest::Controller {
        id: row.id,
        site_id: row.site_id,
        station_id: row.station_id,
        name: row.name,
        online: row.online,
        online_changed_at: row.online_changed_at.map(Time),
        ocpp_version: row.ocpp_version,
        vendor: row.vendor,
        model: row.model,
        firmware: row.firmware,
        security_profile: row.security_profile,
        booted_at: row.booted_at.map(Time),
        created_at: Time(row.created_at),
        updated_at: Time(row.updated_at),
    }
}

pub(crate) fn session(row: &Session, outlet_id: &str) -> Result<rest::Session, DbError> {
    Ok(rest::Session {
        id: row.id.clone(),
        outlet_id: outlet_id.to_owned(),
        driver_id: row.driver_id.clone(),
        state: parse(&row.state)?,
        ended_reason: row.ended_reason.as_deref().map(parse).transpose()?,
        limits: rest::SessionLimits {
            until: Time(row.ends_at),
            energy_wh: row.energy_limit_wh,
            cost_yen: row.cost_limit_yen,
        },
        energy_wh: row.energy_wh,
        start_register_wh: row.start_register_wh,
        stop_register_wh: row.stop_register_wh,
        requested_at: Time(row.requested_at),
        energized_at: row.energized_at.map(Time),
        charging_started_at: row.charging_started_at.map(Time),
        ended_at: row.ended_at.map(Time),
        updated_at: Time(row.updated_at),
    })
}

pub(crate) fn command(row: &Command, outlet_id: Option<&str>) -> Result<rest::Command, DbError> {
    Ok(rest::Command {
        id: row.id.clone(),
        kind: parse(&row.kind)?,
        state: parse(&row.state)?,
        outlet_id: outlet_id.map(str::to_owned),
        session_id: row.session_id.clone(),
        reason: row.reason.clone(),
        detail: row.detail.clone(),
        created_at: Time(row.created_at),
        sent_at: row.sent_at.map(Time),
        completed_at: row.completed_at.map(Time),
        expires_at: Time(row.expires_at),
    })
}

/// `session` is the one that holds the outlet.
pub(crate) fn outlet(
    (row, current, controller): Known,
    session: Option<&Session>,
) -> Result<rest::Outlet, DbError> {
    let session = session.map(|held| self::session(held, &row.id)).transpose()?;
    let breaker = parse(&current.breaker)?;
    let session_state = session.as_ref().map(|s| s.state);
    Ok(rest::Outlet {
        state: outlet_state(controller.online, &current, breaker, session_state),
        online: controller.online,
        breaker,
        tripped: current.tripped,
        fault: current.fault,
        register_wh: current.register_wh,
        voltage_mv: current.voltage_mv,
        current_ma: current.current_ma,
        power_w: current.power_w,
        measured_at: current.seen_at.map(Time),
        received_at: current.received_at.map(Time),
        session,
        ..without_status(row)
    })
}

fn without_status(row: Outlet) -> rest::Outlet {
    rest::Outlet {
        id: row.id,
        site_id: row.site_id,
        controller_id: row.controller_id,
        number: row.number,
        name: row.name,
        public_code: row.public_code,
        rated_ma: row.rated_ma,
        max_power_w: row.max_power_w,
        rise_threshold_ma: row.rise_threshold_ma,
        state: OutletState::Offline,
        online: false,
        breaker: Breaker::Unknown,
        tripped: false,
        fault: None,
        register_wh: None,
        voltage_mv: None,
        current_ma: None,
        power_w: None,
        measured_at: None,
        received_at: None,
        session: None,
        created_at: Time(row.created_at),
        updated_at: Time(row.updated_at),
    }
}

fn outlet_state(
    online: bool,
    current: &OutletCurrent,
    breaker: Breaker,
    session: Option<SessionState>,
) -> OutletState {
    if !online {
        return OutletState::Offline;
    }
    if lockout(current).is_some() {
        return OutletState::Faulted;
    }
    match session {
        Some(SessionState::Requested | SessionState::Starting) => OutletState::Starting,
        Some(SessionState::Energized) => OutletState::Energized,
        Some(SessionState::Charging) => OutletState::Charging,
        Some(SessionState::Paused) => OutletState::Paused,
        Some(SessionState::Stopping) => OutletState::Stopping,
        Some(SessionState::Ended | SessionState::Failed) | None if breaker == Breaker::Closed => {
            OutletState::SwitchedOn
        }
        Some(SessionState::Ended | SessionState::Failed) | None => OutletState::Available,
    }
}

/// The fault for which an outlet takes no start; a breaker that did not close may be tried again.
pub(crate) fn lockout(current: &OutletCurrent) -> Option<String> {
    if current.tripped {
        return Some(Fault::Tripped.name().to_owned());
    }
    let fault = current.fault.as_deref()?;
    (fault != Fault::DidNotClose.name()).then(|| fault.to_owned())
}
