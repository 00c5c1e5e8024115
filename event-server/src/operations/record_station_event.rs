//! What a station noticed of itself as a whole, or of its main circuit: belongs to no outlet.

use api_spec::rest::AlarmKind;
use api_spec::webhook::{ControllerProblem, EventType};
use foundation::DbError;
use serde::Serialize;

use super::alarms::{close_at_controller, open_at_controller};
use super::connect_station::Station;
use super::events::{NewEvent, append_event};
use super::outlet_report::credible;
use super::record_monitor_event::{Anomaly, BusCounts, MonitorEvent, Noticed, UNNAMED, anomaly_data};
use crate::context::Tx;
use crate::store::controller_buses::{self, ControllerBus};
use crate::store::controller_problems::{self, ControllerProblem as Row};
use crate::store::controllers;

/// A problem that stands is told again if the station still says so after this long.
const AGAIN_US: i64 = 3600 * 1_000_000;
/// Under this name it is kept when the main circuit's meter was last doubted; no station's own name has a blank.
pub(super) const MAIN_METER: &str = "main meter";
const MAX_NAME: usize = 50;

pub(crate) fn record_station_event(
    tx: &mut Tx<'_>,
    station: &Station,
    event: &MonitorEvent,
) -> Result<(), DbError> {
    let at = credible(event.at, tx.now_us);
    match &event.noticed {
        Noticed::Fault { fault, cleared } => {
            let name = fault.as_deref().unwrap_or(UNNAMED);
            problem(tx, station, (name, *cleared), at)
        }
        Noticed::Anomaly(anomaly) => main_meter(tx, station, anomaly, at),
        Noticed::Bus { name, counts } => bus(tx, station, (name, counts), event.at),
        // Only an outlet has these.
        Noticed::Breaker(_) | Noticed::Tripped(_) | Noticed::CurrentRise { .. } | Noticed::Notice { .. } => {
            Ok(())
        }
    }
}

/// The station tells a failing disk at once and by its journal too, and repeats what was not answered: it is told once.
fn problem(
    tx: &mut Tx<'_>,
    station: &Station,
    (name, cleared): (&str, bool),
    at: i64,
) -> Result<(), DbError> {
    let name: String = name.chars().take(MAX_NAME).collect();
    let last = controller_problems::find(tx.conn, &station.controller_id, &name)?;
    let is_news = match last {
        None => !cleared,
        Some(last) if at <= last.said_at => false,
        Some(last) => last.stands == cleared || (last.stands && at - last.said_at >= AGAIN_US),
    };
    if !is_news {
        return Ok(());
    }
    keep(tx, station, (&name, !cleared), at)?;
    let Some(controller) = controllers::find(tx.conn, &station.controller_id)? else {
        return Ok(());
    };
    let data = ControllerProblem {
        controller_id: controller.id.clone(),
        station_id: controller.station_id.clone(),
        site_id: controller.site_id.clone(),
        problem: name,
        cleared,
    };
    tell(
        tx,
        &controller.tenant_id,
        EventType::ControllerProblem,
        (at, &data),
    )?;
    let wrong = (AlarmKind::ControllerProblem, &*data.problem);
    match cleared {
        true => close_at_controller(tx, &controller.id, wrong, at),
        false => open_at_controller(tx, &controller, wrong, at),
    }
}

fn main_meter(tx: &mut Tx<'_>, station: &Station, anomaly: &Anomaly, at: i64) -> Result<(), DbError> {
    let last = controller_problems::find(tx.conn, &station.controller_id, MAIN_METER)?;
    if last.is_some_and(|last| at <= last.said_at) {
        return Ok(());
    }
    keep(tx, station, (MAIN_METER, true), at)?;
    let Some(controller) = controllers::find(tx.conn, &station.controller_id)? else {
        return Ok(());
    };
    let mut data = anomaly_data(anomaly, None);
    data.controller_id = Some(controller.id.clone());
    tell(tx, &controller.tenant_id, EventType::MeterAnomaly, (at, &data))?;
    match anomaly.is_silence() {
        true => open_at_controller(tx, &controller, (AlarmKind::MeterSilent, ""), at),
        false => Ok(()),
    }
}

/// Told as it is at that moment, so that the station's time beside it is its clock against ours.
fn bus(
    tx: &mut Tx<'_>,
    station: &Station,
    (name, counts): (&str, &BusCounts),
    said_at: i64,
) -> Result<(), DbError> {
    let row = ControllerBus {
        controller_id: station.controller_id.clone(),
        name: name.to_owned(),
        said_at: tx.now_us,
        over_s: counts.over_s.into(),
        requests: counts.requests.into(),
        timeouts: counts.timeouts.into(),
        checksums: counts.checksums.into(),
        mismatches: counts.mismatches.into(),
        refusals: counts.refusals.into(),
        line_errors: counts.line_errors.into(),
    };
    controller_buses::save(tx.conn, &row)?;
    let ahead_ms = said_at.saturating_sub(tx.now_us) / 1000;
    controllers::update_clock_ahead(tx.conn, &station.controller_id, ahead_ms)
}

fn keep(tx: &mut Tx<'_>, station: &Station, (name, stands): (&str, bool), at: i64) -> Result<(), DbError> {
    let row = Row {
        controller_id: station.controller_id.clone(),
        problem: name.to_owned(),
        stands,
        said_at: at,
    };
    controller_problems::save(tx.conn, &row)
}

fn tell<T: Serialize>(
    tx: &mut Tx<'_>,
    tenant_id: &str,
    kind: EventType,
    (at_us, data): (i64, &T),
) -> Result<(), DbError> {
    let event = NewEvent {
        tenant_id,
        kind,
        at_us,
        data,
    };
    append_event(tx, None, &event).map(|_| ())
}
