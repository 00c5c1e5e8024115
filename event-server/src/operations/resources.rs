//! Rows as the resources that the API shows.

use api_spec::rest::{self, OutletState, SessionState, Time};
use api_spec::webhook::Breaker;
use domain::outlet::Fault;
use foundation::DbError;

use super::pricing::cost;
use super::record_status::UNAVAILABLE;
use crate::error::Refusal;
use crate::store::circuits::Circuit;
use crate::store::commands::Command;
use crate::store::controller_buses::ControllerBus;
use crate::store::controllers::Controller;
use crate::store::outlet_current::OutletCurrent;
use crate::store::outlets::{Known, Outlet};
use crate::store::parse;
use crate::store::sessions::Session;
use crate::store::sites::Site;

/// `main`: its main circuit.
pub(crate) fn site(
    row: Site,
    main: Option<&Circuit>,
    outlets: rest::OutletCounts,
) -> Result<rest::Site, DbError> {
    let position = row.latitude_udeg.zip(row.longitude_udeg);
    Ok(rest::Site {
        postal_address: postal_address(&row)?,
        position: position.map(|(latitude, longitude)| rest::Position {
            latitude: rest::Degrees(latitude),
            longitude: rest::Degrees(longitude),
        }),
        id: row.id,
        name: row.name,
        address: row.address,
        time_zone: row.zone,
        energy_yen_per_kwh: row.energy_yen_per_kwh,
        contracted_demand_w: row.contracted_demand_w,
        main_circuit_id: main.map(|main| main.id.clone()).unwrap_or_default(),
        main_limit_ma: main.and_then(|main| main.limit_ma),
        outlets,
        distance_m: None,
        tariff_id: row.tariff_id,
        drivers: parse(&row.drivers)?,
        presence: parse(&row.presence)?,
        created_at: Time(row.created_at),
        updated_at: Time(row.updated_at),
    })
}

pub(crate) fn postal_address(row: &Site) -> Result<Option<rest::PostalAddress>, DbError> {
    let text = row.postal_address.as_deref();
    let address = text.map(serde_json::from_str).transpose();
    address.map_err(|error| diesel::result::Error::DeserializationError(error.into()).into())
}

/// Without what is in its panel.
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
        certificate_ends_at: row.certificate_ends_at.map(Time),
        clock_ahead_ms: row.clock_ahead_ms,
        buses: Vec::new(),
        circuits: Vec::new(),
        outlet_ids: Vec::new(),
        created_at: Time(row.created_at),
        updated_at: Time(row.updated_at),
    }
}

pub(crate) fn bus(row: ControllerBus) -> rest::BusHealth {
    rest::BusHealth {
        name: row.name,
        said_at: Time(row.said_at),
        over_s: row.over_s,
        requests: row.requests,
        timeouts: row.timeouts,
        checksums: row.checksums,
        mismatches: row.mismatches,
        refusals: row.refusals,
        line_errors: row.line_errors,
    }
}

pub(crate) fn session(row: &Session, outlet_id: &str) -> Result<rest::Session, DbError> {
    Ok(rest::Session {
        id: row.id.clone(),
        outlet_id: outlet_id.to_owned(),
        driver_id: row.driver_id.clone(),
        unit: row.unit.clone(),
        state: parse(&row.state)?,
        ended_reason: row.ended_reason.as_deref().map(parse).transpose()?,
        limits: rest::SessionLimits {
            until: Time(row.ends_at),
            energy_wh: row.energy_limit_wh,
            cost_yen: row.cost_limit_yen,
            changed_at: Time(row.limits_since()),
            when_idle: parse(&row.when_idle)?,
        },
        energy_wh: row.energy_wh,
        cost: cost(row)?,
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
    let circumstances = Circumstances {
        online: controller.online,
        locked_out: lockout(current.tripped, current.fault.as_deref()).is_some(),
        enabled: row.disabled_reason.is_none(),
        breaker,
        session: session.as_ref().map(|s| s.state),
    };
    let meter_class = row.meter_class.as_deref().map(parse).transpose()?;
    Ok(rest::Outlet {
        meter_class,
        state: outlet_state(&circumstances),
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
        unit: row.unit,
        place_hint: row.place_hint,
        public_code: row.public_code,
        public_code_since: Time(row.coded_at.unwrap_or(row.created_at)),
        circuit_id: row.circuit_id,
        rated_ma: row.rated_ma,
        rated_mv: row.rated_mv,
        max_power_w: row.max_power_w,
        rise_threshold_ma: row.rise_threshold_ma,
        meter_class: None,
        meter_valid_until: row.meter_valid_until,
        enabled: row.disabled_reason.is_none(),
        disabled_reason: row.disabled_reason,
        tariff_id: row.tariff_id,
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

/// What decides what an outlet is doing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances {
    pub(crate) online: bool,
    pub(crate) locked_out: bool,
    pub(crate) enabled: bool,
    pub(crate) breaker: Breaker,
    /// Of the session that holds it.
    pub(crate) session: Option<SessionState>,
}

pub(crate) fn outlet_state(outlet: &Circumstances) -> OutletState {
    if !outlet.online {
        return OutletState::Offline;
    }
    if outlet.locked_out {
        return OutletState::Faulted;
    }
    match outlet.session {
        Some(SessionState::Requested | SessionState::Starting) => OutletState::Starting,
        Some(SessionState::Energized) => OutletState::Energized,
        Some(SessionState::Charging) => OutletState::Charging,
        Some(SessionState::Paused) => OutletState::Paused,
        Some(SessionState::Stopping) => OutletState::Stopping,
        Some(SessionState::Ended | SessionState::Failed) | None if outlet.breaker == Breaker::Closed => {
            OutletState::SwitchedOn
        }
        Some(SessionState::Ended | SessionState::Failed) | None if !outlet.enabled => OutletState::Disabled,
        Some(SessionState::Ended | SessionState::Failed) | None => OutletState::Available,
    }
}

/// Refuses a start where the station takes none.
pub(crate) fn check_usable(current: &OutletCurrent) -> Result<(), Refusal> {
    match lockout(current.tripped, current.fault.as_deref()) {
        Some(fault) if fault == UNAVAILABLE => Err(Refusal::OutletDisabled(
            "its controller has it out of use, or has not seen its breaker yet".into(),
        )),
        Some(fault) => Err(Refusal::OutletFaulted(fault)),
        None => Ok(()),
    }
}

/// The fault that somebody can clear: one that locks the outlet out, or that a breaker did not close, of which the alarm
/// stands until then or until the next charge.
pub(crate) fn to_clear(current: &OutletCurrent) -> Option<String> {
    let locked = lockout(current.tripped, current.fault.as_deref());
    locked
        .or_else(|| current.fault.clone())
        .filter(|fault| fault != UNAVAILABLE)
}

/// The fault for which an outlet takes no start; a breaker that did not close may be tried again.
pub(crate) fn lockout(tripped: bool, fault: Option<&str>) -> Option<String> {
    if tripped {
        return Some(Fault::Tripped.name().to_owned());
    }
    let fault = fault?;
    (fault != Fault::DidNotClose.name()).then(|| fault.to_owned())
}
