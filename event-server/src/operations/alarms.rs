//! Alarms: opened and closed in the transaction of what causes them, one for each thing and kind.

use api_spec::rest::{self, AlarmKind, AlarmSeverity, AlarmState, Time};
use api_spec::webhook::{AlarmEvent, EventType};
use foundation::DbError;

use super::events::{LoadedOutlet, NewEvent, append_event};
use super::expected::edited_at;
use super::notices::tell_alarm;
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::alarms::{self, Alarm, NewAlarm};
use crate::store::controllers::Controller;
use crate::store::{name, outlets, parse};

/// Faults by which power may flow where none should, or more than should.
const DANGEROUS: [&str; 5] = [
    "welded",
    "did_not_open",
    "feedback_broken",
    "over_current",
    "leakage",
];
/// Problems by which a controller may lose what it has to tell.
const LOSING: [&str; 3] = ["disk_failed", "journal_full", "state_lost"];
/// Problems of which a controller tells that they have begun, and never that they are over.
const ENDLESS: [&str; 4] = [
    "journal_thinned",
    "state_lost",
    "reports_set_aside",
    "reports_left_out",
];

/// What is wrong: `cause` says which fault or problem, and is empty where the kind has one alone.
pub(crate) type Wrong<'a> = (AlarmKind, &'a str);

/// Opens an alarm of an outlet; `false` where it stands already. The caller saves the loaded row.
pub(crate) fn open_at_outlet(
    tx: &mut Tx<'_>,
    loaded: &mut LoadedOutlet,
    wrong: Wrong<'_>,
    at_us: i64,
) -> Result<bool, DbError> {
    let key = loaded.current.outlet_key;
    let Some(outlet) = outlets::find(tx.conn.beside(), key)? else {
        return Ok(false);
    };
    let session_id = loaded.current.session_id.clone();
    let new = NewAlarm {
        outlet_key: Some(key),
        session_id,
        ..new(
            (&outlet.tenant_id, &outlet.site_id, &outlet.controller_id),
            wrong,
            (at_us, tx.now_us),
        )
    };
    open(tx, Some(loaded), new)
}

/// The same of a controller, or of its main circuit.
pub(crate) fn open_at_controller(
    tx: &mut Tx<'_>,
    controller: &Controller,
    wrong: Wrong<'_>,
    at_us: i64,
) -> Result<(), DbError> {
    let place = (&*controller.tenant_id, &*controller.site_id, &*controller.id);
    let new = new(place, wrong, (at_us, tx.now_us));
    open(tx, None, new).map(|_| ())
}

/// Closes the outlet's alarms that `over` names.
pub(crate) fn close_at_outlet(
    tx: &mut Tx<'_>,
    loaded: &mut LoadedOutlet,
    over: impl Fn(AlarmKind, &str) -> bool,
    at_us: i64,
) -> Result<(), DbError> {
    let key = loaded.current.outlet_key;
    let Some(outlet) = outlets::find(tx.conn.beside(), key)? else {
        return Ok(());
    };
    for row in alarms::list_standing(tx.conn.beside(), &outlet.controller_id, Some(key))? {
        if over(parse(&row.kind)?, &row.cause) {
            close(tx, Some(&mut *loaded), &row, at_us)?;
        }
    }
    Ok(())
}

/// Closes the controller's alarm of this kind and cause, if it stands.
pub(crate) fn close_at_controller(
    tx: &mut Tx<'_>,
    controller_id: &str,
    (kind, cause): Wrong<'_>,
    at_us: i64,
) -> Result<(), DbError> {
    for row in alarms::list_standing(tx.conn.beside(), controller_id, None)? {
        if parse::<AlarmKind>(&row.kind)? == kind && row.cause == cause {
            close(tx, None, &row, at_us)?;
        }
    }
    Ok(())
}

/// Somebody looks after it; whoever was first stays so.
pub(crate) fn acknowledge(
    tx: &mut Tx<'_>,
    (tenant_id, id): &(String, String),
    (who, note): (String, Option<String>),
) -> Result<rest::Alarm, Refusal> {
    let found = alarms::find_owned(tx.conn, tenant_id, id)?;
    let (before, outlet_id) = found.ok_or(Refusal::NotFound("alarm"))?;
    let was = resource(&before, outlet_id.as_deref())?;
    if before.acknowledged_at.is_some() {
        return Ok(was);
    }
    let mut row = before;
    row.acknowledged_at = Some(tx.now_us);
    row.acknowledged_by = Some(who);
    row.note = note;
    row.updated_at = edited_at(row.updated_at, tx.now_us);
    alarms::update_acknowledged(tx.conn, &row)?;
    let mut loaded = load(tx, &row)?;
    tell(
        tx,
        loaded.as_mut(),
        (EventType::AlarmAcknowledged, &row),
        tx.now_us,
    )?;
    if row.closed_at.is_none() && is_endless(&row)? {
        row = close(tx, loaded.as_mut(), &row, tx.now_us)?;
    }
    if let Some(loaded) = &mut loaded {
        loaded.save(tx)?;
    }
    let now = resource(&row, outlet_id.as_deref())?;
    tx.audit.changed(&was, &now, &[]);
    Ok(now)
}

fn load(tx: &mut Tx<'_>, row: &Alarm) -> Result<Option<LoadedOutlet>, DbError> {
    row.outlet_key.map(|key| LoadedOutlet::load(tx, key)).transpose()
}

fn is_endless(row: &Alarm) -> Result<bool, DbError> {
    let kind = parse::<AlarmKind>(&row.kind)?;
    let is_problem = kind == AlarmKind::ControllerProblem && ENDLESS.contains(&&*row.cause);
    Ok(is_problem || kind == AlarmKind::OutletReported)
}

fn new(
    (tenant_id, site_id, controller_id): (&str, &str, &str),
    (kind, cause): Wrong<'_>,
    (at_us, now_us): (i64, i64),
) -> NewAlarm {
    NewAlarm {
        id: foundation::ids::id("alm"),
        tenant_id: tenant_id.to_owned(),
        site_id: site_id.to_owned(),
        controller_id: controller_id.to_owned(),
        outlet_key: None,
        kind: name(kind),
        cause: cause.to_owned(),
        severity: name(severity(kind, cause)),
        session_id: None,
        opened_at: at_us,
        updated_at: now_us,
    }
}

fn severity(kind: AlarmKind, cause: &str) -> AlarmSeverity {
    let is_critical = match kind {
        AlarmKind::OutletOnPastEnd | AlarmKind::OutletCurrentWhileOff | AlarmKind::StopNotConfirmed => true,
        AlarmKind::OutletFault => DANGEROUS.contains(&cause),
        AlarmKind::ControllerProblem => LOSING.contains(&cause),
        AlarmKind::MeterSilent | AlarmKind::ControllerOffline | AlarmKind::OutletReported => false,
    };
    match is_critical {
        true => AlarmSeverity::Critical,
        false => AlarmSeverity::Warning,
    }
}

fn open(tx: &mut Tx<'_>, loaded: Option<&mut LoadedOutlet>, new: NewAlarm) -> Result<bool, DbError> {
    let standing = alarms::list_standing(tx.conn.beside(), &new.controller_id, new.outlet_key)?;
    let is_same = |row: &Alarm| row.kind == new.kind && row.cause == new.cause;
    if standing.iter().any(is_same) {
        return Ok(false);
    }
    let row = alarms::insert(tx.conn, &new)?;
    tell(tx, loaded, (EventType::AlarmOpened, &row), row.opened_at)?;
    tell_alarm(tx, &row)?;
    Ok(true)
}

fn close(
    tx: &mut Tx<'_>,
    loaded: Option<&mut LoadedOutlet>,
    row: &Alarm,
    at_us: i64,
) -> Result<Alarm, DbError> {
    let edited = edited_at(row.updated_at, tx.now_us);
    // Clocks of stations differ from each other and from ours.
    let at_us = at_us.max(row.opened_at);
    let closed = alarms::update_closed(tx.conn, row.number, at_us, edited)?;
    tell(tx, loaded, (EventType::AlarmClosed, &closed), at_us)?;
    Ok(closed)
}

fn tell(
    tx: &mut Tx<'_>,
    loaded: Option<&mut LoadedOutlet>,
    (kind, row): (EventType, &Alarm),
    at_us: i64,
) -> Result<(), DbError> {
    let outlet_id = loaded.as_ref().map(|loaded| loaded.id.clone());
    let data = AlarmEvent {
        alarm: resource(row, outlet_id.as_deref())?,
    };
    let event = NewEvent {
        tenant_id: &row.tenant_id,
        kind,
        at_us,
        data: &data,
    };
    append_event(tx, loaded, &event).map(|_| ())
}

pub(crate) fn resource(row: &Alarm, outlet_id: Option<&str>) -> Result<rest::Alarm, DbError> {
    let state = match (row.closed_at, row.acknowledged_at) {
        (Some(_), _) => AlarmState::Closed,
        (None, Some(_)) => AlarmState::Acknowledged,
        (None, None) => AlarmState::Open,
    };
    Ok(rest::Alarm {
        id: row.id.clone(),
        kind: parse(&row.kind)?,
        cause: Some(row.cause.clone()).filter(|cause| !cause.is_empty()),
        severity: parse(&row.severity)?,
        state,
        site_id: row.site_id.clone(),
        controller_id: row.controller_id.clone(),
        outlet_id: outlet_id.map(str::to_owned),
        session_id: row.session_id.clone(),
        opened_at: Time(row.opened_at),
        acknowledged_at: row.acknowledged_at.map(Time),
        acknowledged_by: row.acknowledged_by.clone(),
        note: row.note.clone(),
        closed_at: row.closed_at.map(Time),
        updated_at: Time(row.updated_at),
    })
}
