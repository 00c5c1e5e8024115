//! Samples of an outlet outside a transaction, or of the main circuit.

use api_spec::rest::AlarmKind;
use domain::session::Event;
use domain::units::WattHours;
use foundation::DbError;

use super::alarms::close_at_controller;
use super::connect_station::Station;
use super::events::LoadedOutlet;
use super::outlet_account::{Arrival, arrives, disown, load, take_samples};
use super::outlet_report::OutletReport;
use super::pricing::take_back;
use super::record_station_event::MAIN_METER;
use super::step_session::step_session;
use super::tell_outlet::{position_name, take_seen, tell_past, tell_status};
use crate::context::Tx;
use crate::store::controller_problems;
use crate::store::outlets::Outlet;
use crate::store::readings::NewReading;
use crate::store::sessions::Session;

/// `number`: the outlet's, or 0 for the main circuit.
pub(crate) fn record_meter_values(
    tx: &mut Tx<'_>,
    station: &Station,
    number: i64,
    report: &mut OutletReport,
) -> Result<(), DbError> {
    report.correct_times(tx.now_us);
    let report = &*report;
    if number == 0 {
        return record_main_circuit(tx, station, report);
    }
    let Some(outlet) = station.outlet(tx, number)? else {
        tracing::debug!(
            controller = station.controller_id,
            number,
            "samples of an unknown outlet"
        );
        return Ok(());
    };
    let mut loaded = load(tx, &outlet)?;
    match arrives(&outlet, &mut loaded, report.place) {
        Arrival::InTurn => {}
        Arrival::Overtaken => return record_past(tx, &outlet, &mut loaded, report),
        Arrival::Repeated => return Ok(()),
    }
    let repeated = report.samples.last().is_some_and(|sample| {
        loaded.current.seen_at == Some(sample.at) && loaded.current.register_wh == sample.register_wh
    });
    if repeated {
        return Ok(());
    }
    if let Some(seen) = &report.seen {
        take_seen(tx, &outlet, &mut loaded, seen, report.at)?;
    }
    let mut session = held_by(tx, &loaded)?;
    let charged = session.as_mut().filter(|session| session.energized_at.is_some());
    let owed_wh = take_samples(tx, &outlet, &mut loaded, (&report.samples, false), charged)?;
    if let Some(session) = session.as_mut().filter(|_| owed_wh > 0) {
        let delivered = Event::Delivered(WattHours(owed_wh));
        let owed_in_all_wh = session.energy_wh + owed_wh;
        step_session(tx, &mut loaded, session, delivered, report.at)?;
        let lost_wh = owed_in_all_wh - session.energy_wh;
        disown(tx, session, (lost_wh, report.at));
        take_back(session, lost_wh)?;
        tx.conn.update_progress(session)?;
    }
    tell_status(tx, &outlet, &mut loaded, report, session.as_ref())?;
    loaded.save(tx)
}

/// Samples of a time that later reports have accounted for already: kept and told, and nothing more.
fn record_past(
    tx: &mut Tx<'_>,
    outlet: &Outlet,
    loaded: &mut LoadedOutlet,
    report: &OutletReport,
) -> Result<(), DbError> {
    let breaker = report
        .seen
        .as_ref()
        .map(|seen| position_name(seen.breaker).to_owned());
    for sample in &report.samples {
        let reading = NewReading {
            outlet_key: Some(outlet.key),
            controller_id: None,
            at: sample.at,
            register_wh: sample.register_wh,
            voltage_mv: sample.voltage_mv,
            current_ma: sample.current_ma,
            power_w: sample.power_w,
            breaker: breaker.clone(),
            ..NewReading::default()
        };
        tx.conn.insert_reading(reading);
    }
    tell_past(tx, outlet, loaded, report)?;
    loaded.save(tx)
}

fn held_by(tx: &mut Tx<'_>, loaded: &LoadedOutlet) -> Result<Option<Session>, DbError> {
    match &loaded.current.session_id {
        Some(id) => tx.conn.find_session_at(loaded.current.outlet_key, id),
        None => Ok(None),
    }
}

fn record_main_circuit(tx: &mut Tx<'_>, station: &Station, report: &OutletReport) -> Result<(), DbError> {
    for sample in &report.samples {
        let reading = NewReading {
            outlet_key: None,
            controller_id: Some(station.controller_id.clone()),
            at: sample.at,
            register_wh: sample.register_wh,
            voltage_mv: sample.voltage_mv,
            current_ma: sample.current_ma,
            power_w: sample.power_w,
            ..NewReading::default()
        };
        tx.conn.insert_reading(reading);
    }
    let heard = report.samples.iter().find(|sample| sample.register_wh.is_some());
    let silent = (AlarmKind::MeterSilent, "");
    heard.map_or(Ok(()), |sample| {
        controller_problems::clear(tx.conn, &station.controller_id, MAIN_METER, sample.at)?;
        close_at_controller(tx, &station.controller_id, silent, sample.at)
    })
}
