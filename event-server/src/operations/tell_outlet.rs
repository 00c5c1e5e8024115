//! What an outlet's current row takes over from a report besides its samples, and what of it is told.

use api_spec::rest::{AlarmKind, Time};
use api_spec::webhook::{self, Breaker, EventType, OutletFault, OutletStatus};
use domain::meter::Outcome;
use domain::observation::Position;
use foundation::DbError;
use serde::Serialize;

use super::alarms::{close_at_outlet, open_at_outlet};
use super::events::{LoadedOutlet, NewEvent, append_event};
use super::outlet_report::{OutletReport, Seen};
use super::record_status::{FAULTED, UNAVAILABLE};
use crate::context::Tx;
use crate::store::outlets::Outlet;
use crate::store::sessions::Session;
use crate::store::{name, parse};

/// Takes over what was seen of the breaker; whether anything is new.
pub(crate) fn take_seen(
    tx: &mut Tx<'_>,
    outlet: &Outlet,
    loaded: &mut LoadedOutlet,
    seen: &Seen,
    at_us: i64,
) -> Result<bool, DbError> {
    let breaker = position_name(seen.breaker);
    let moved = loaded.current.breaker != breaker || loaded.current.tripped != seen.tripped;
    if loaded.current.breaker != breaker {
        breaker.clone_into(&mut loaded.current.breaker);
        // What flowed before is no measurement of an open breaker; what was measured with it comes after.
        if seen.breaker == Position::Open {
            (loaded.current.current_ma, loaded.current.power_w) = (None, None);
        }
        close_by_position(tx, loaded, seen.breaker, at_us)?;
    }
    loaded.current.tripped = seen.tripped;
    if loaded.current.fault != seen.fault {
        set_fault(tx, outlet, loaded, seen.fault.clone(), at_us)?;
    }
    Ok(moved)
}

/// Where a breaker was seen ends what was wrong with the other position.
fn close_by_position(
    tx: &mut Tx<'_>,
    loaded: &mut LoadedOutlet,
    seen: Position,
    at_us: i64,
) -> Result<(), DbError> {
    let over: &[AlarmKind] = match seen {
        Position::Open => &[AlarmKind::OutletOnPastEnd, AlarmKind::StopNotConfirmed],
        Position::Closed => &[AlarmKind::OutletCurrentWhileOff],
        Position::Unknown => return Ok(()),
    };
    close_at_outlet(tx, loaded, |kind, _| over.contains(&kind), at_us)
}

pub(crate) fn position_name(position: Position) -> &'static str {
    match position {
        Position::Closed => "closed",
        Position::Open => "open",
        Position::Unknown => "unknown",
    }
}

/// Writes a fault, or that there is none any more, and tells it.
pub(crate) fn set_fault(
    tx: &mut Tx<'_>,
    outlet: &Outlet,
    loaded: &mut LoadedOutlet,
    fault: Option<String>,
    at_us: i64,
) -> Result<(), DbError> {
    let before = std::mem::replace(&mut loaded.current.fault, fault.clone());
    let Some(named) = fault.clone().or(before) else {
        return Ok(());
    };
    let data = OutletFault {
        fault: named,
        cleared: fault.is_none(),
        session_id: loaded.current.session_id.clone(),
    };
    tell_fault(tx, outlet, loaded, (at_us, &data))
}

/// A fault, and the alarm that it is.
pub(crate) fn tell_fault(
    tx: &mut Tx<'_>,
    outlet: &Outlet,
    loaded: &mut LoadedOutlet,
    (at_us, data): (i64, &OutletFault),
) -> Result<(), DbError> {
    tell(tx, outlet, loaded, EventType::OutletFault, (at_us, data))?;
    // That it is out of use has been asked for.
    if !data.cleared && data.fault != UNAVAILABLE {
        open_at_outlet(tx, loaded, (AlarmKind::OutletFault, &data.fault), at_us)?;
        // It is what the coarser name was for.
        let coarser =
            |kind, cause: &str| kind == AlarmKind::OutletFault && cause == FAULTED && data.fault != FAULTED;
        return close_at_outlet(tx, loaded, coarser, at_us);
    }
    let stands = loaded
        .current
        .fault
        .as_deref()
        .is_some_and(|fault| fault != UNAVAILABLE);
    let over = |kind, cause: &str| kind == AlarmKind::OutletFault && (!stands || cause == data.fault);
    close_at_outlet(tx, loaded, over, at_us)
}

/// One `outlet.status` from the current row. `session`: the one that holds the outlet.
pub(crate) fn tell_status(
    tx: &mut Tx<'_>,
    outlet: &Outlet,
    loaded: &mut LoadedOutlet,
    report: &OutletReport,
    session: Option<&Session>,
) -> Result<(), DbError> {
    let current = &loaded.current;
    let at_us = report.samples.last().map_or(report.at, |sample| sample.at);
    let data = OutletStatus {
        breaker: parse::<Breaker>(&current.breaker)?,
        tripped: current.tripped,
        fault: current.fault.clone(),
        register_wh: current.register_wh,
        voltage_mv: current.voltage_mv,
        current_ma: current.current_ma,
        power_w: current.power_w,
        measured_at: Time(at_us),
        session_id: session.map(|session| session.id.clone()),
        energy_wh: session.map(|session| session.energy_wh),
        requested: report.requested,
    };
    tell(tx, outlet, loaded, EventType::OutletStatus, (at_us, &data))
}

/// One `outlet.status` of a time before the current row's.
pub(crate) fn tell_past(
    tx: &mut Tx<'_>,
    outlet: &Outlet,
    loaded: &mut LoadedOutlet,
    report: &OutletReport,
) -> Result<(), DbError> {
    let (seen, sample) = (report.seen.clone().unwrap_or_default(), report.samples.last());
    let at_us = sample.map_or(report.at, |sample| sample.at);
    let data = OutletStatus {
        breaker: parse::<Breaker>(position_name(seen.breaker))?,
        tripped: seen.tripped,
        fault: seen.fault,
        register_wh: sample.and_then(|sample| sample.register_wh),
        voltage_mv: sample.and_then(|sample| sample.voltage_mv),
        current_ma: sample.and_then(|sample| sample.current_ma),
        power_w: sample.and_then(|sample| sample.power_w),
        measured_at: Time(at_us),
        session_id: None,
        energy_wh: None,
        requested: report.requested,
    };
    tell(tx, outlet, loaded, EventType::OutletStatus, (at_us, &data))
}

/// A register that is not, or not wholly, believed.
pub(crate) fn tell_anomaly(
    tx: &mut Tx<'_>,
    outlet: &Outlet,
    loaded: &mut LoadedOutlet,
    (outcome, at_us): (Outcome, i64),
) -> Result<(), DbError> {
    use domain::meter::Anomaly::{Back, Frozen, TooFast, Unusable};
    let (kind, levels, why) = match outcome {
        Outcome::Baseline | Outcome::Advanced(_) | Outcome::Nothing(None) => return Ok(()),
        Outcome::Nothing(Some(Back { from, to })) => ("back", Some((from, to)), None),
        Outcome::Nothing(Some(TooFast { from, to })) => ("too_fast", Some((from, to)), None),
        Outcome::Nothing(Some(Frozen { from })) => ("frozen", Some((from, from)), None),
        Outcome::Nothing(Some(Unusable { why })) => ("unusable", None, Some(name(why))),
        Outcome::Rebased { from, to } => ("rebased", Some((from, to)), None),
    };
    let data = webhook::MeterAnomaly {
        kind: kind.to_owned(),
        from_wh: levels.map(|(from, _)| from.0),
        to_wh: levels.map(|(_, to)| to.0),
        why,
        session_id: loaded.current.session_id.clone(),
        controller_id: None,
    };
    tell(tx, outlet, loaded, EventType::MeterAnomaly, (at_us, &data))
}

/// One event of an outlet.
pub(crate) fn tell<T: Serialize>(
    tx: &mut Tx<'_>,
    outlet: &Outlet,
    loaded: &mut LoadedOutlet,
    kind: EventType,
    (at_us, data): (i64, &T),
) -> Result<(), DbError> {
    let event = NewEvent {
        tenant_id: &outlet.tenant_id,
        kind,
        at_us,
        data,
    };
    append_event(tx, Some(loaded), &event).map(|_| ())
}
