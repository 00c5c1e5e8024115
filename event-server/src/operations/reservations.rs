//! Holding an outlet for a driver: made, cancelled, used by a start that was confirmed, or over.

use api_spec::rest::{self, NewReservation, ReservationState, Time};
use api_spec::webhook::{EventType, ReservationEvent};
use foundation::{Conn, DbError};

use super::admit_driver::admit_driver;
use super::events::{LoadedOutlet, NewEvent, append_event};
use super::expected::{Expected, edited_at};
use super::resources;
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::outlets::{self, Outlet};
use crate::store::reservations::{self, Reservation};
use crate::store::sessions::{self, Session};
use crate::store::{name, parse, sites};

const MINUTE_US: i64 = 60_000_000;
const DAY_US: i64 = 24 * 60 * MINUTE_US;
/// How far ahead one may begin.
const FURTHEST_US: i64 = 7 * DAY_US;
const LONGEST_US: i64 = DAY_US;
/// Nobody has come by then.
const NO_SHOW_US: i64 = 15 * MINUTE_US;
/// Who comes so early has come.
const EARLY_US: i64 = 15 * MINUTE_US;
/// A charge that would have to end sooner is not begun before somebody else's reservation.
const SHORTEST_US: i64 = MINUTE_US;
/// Clocks differ.
const LATE_US: i64 = MINUTE_US;
/// Active ones of one driver, at all outlets of the tenant.
const MAX_PER_DRIVER: usize = 2;

pub(crate) fn reserve(
    tx: &mut Tx<'_>,
    tenant_id: &str,
    asked: &NewReservation,
) -> Result<rest::Reservation, Refusal> {
    let known = outlets::find_known(tx.conn, tenant_id, &asked.outlet_id)?;
    let (outlet, current, _) = known.ok_or(Refusal::NotFound("outlet"))?;
    let site = sites::find(tx.conn, tenant_id, &outlet.site_id)?;
    let site = site.ok_or(Refusal::NotFound("site"))?;
    let (from_at, until_at) = window(asked, tx.now_us)?;
    admit_driver(tx.conn, (&site, &outlet), &asked.driver_id, tx.now_us)?;
    resources::check_usable(&current)?;
    if reservations::list_active_of_driver(tx.conn, tenant_id, &asked.driver_id)?.len() >= MAX_PER_DRIVER {
        return Err(Refusal::TooManyReservations);
    }
    if let Some(session_id) = &current.session_id
        && sessions::find(tx.conn, session_id)?.is_some_and(|session| session.ends_at > from_at)
    {
        return Err(Refusal::OutletBusy);
    }
    let others = reservations::list_active_of_outlet(tx.conn, outlet.key)?;
    let mut others = others.iter().filter(|other| other.expires_at > tx.now_us);
    let in_the_way = others.find(|other| other.from_at < until_at && from_at < other.until_at);
    if let Some(other) = in_the_way {
        let own = other.driver_id == asked.driver_id;
        return Err(if own {
            Refusal::ReservedAlready
        } else {
            Refusal::OutletReserved
        });
    }
    let no_show_us = asked
        .no_show_after_s
        .map_or(NO_SHOW_US, |seconds| i64::from(seconds) * 1_000_000);
    let new = reservations::NewReservation {
        id: foundation::ids::id("rsv"),
        tenant_id: tenant_id.to_owned(),
        outlet_key: outlet.key,
        driver_id: asked.driver_id.clone(),
        state: name(ReservationState::Active),
        from_at,
        until_at,
        expires_at: until_at.min(from_at.saturating_add(no_show_us)),
        created_at: tx.now_us,
        updated_at: tx.now_us,
    };
    let row = reservations::insert(tx.conn, &new)?;
    let mut loaded = LoadedOutlet::load(tx, outlet.key)?;
    tell(tx, &mut loaded, EventType::ReservationCreated, &row)?;
    loaded.save(tx)?;
    Ok(resource(&row, &outlet.id)?)
}

/// From when to when.
fn window(asked: &NewReservation, now_us: i64) -> Result<(i64, i64), Refusal> {
    let from = asked.from.map_or(now_us, |from| from.0);
    if from < now_us - LATE_US {
        return Err(Refusal::invalid("/from", "must not lie behind"));
    }
    if from > now_us.saturating_add(FURTHEST_US) {
        return Err(Refusal::invalid("/from", "is more than seven days ahead"));
    }
    let (from, until) = (from.max(now_us), asked.until.0);
    if until <= from {
        return Err(Refusal::invalid("/until", "must be later than from, and ahead"));
    }
    if until > from + LONGEST_US {
        return Err(Refusal::invalid("/until", "is more than 24 hours after from"));
    }
    Ok((from, until))
}

/// Cancels one that is active; one that was cancelled already stays so.
pub(crate) fn cancel(
    tx: &mut Tx<'_>,
    (tenant_id, id): &(String, String),
    expected: &Expected,
) -> Result<rest::Reservation, Refusal> {
    let found = reservations::find_owned(tx.conn, tenant_id, id)?;
    let (row, outlet_id) = found.ok_or(Refusal::NotFound("reservation"))?;
    expected.check(row.updated_at)?;
    let row = match parse::<ReservationState>(&row.state)? {
        ReservationState::Active => end_alone(tx, &row, ReservationState::Cancelled)?.unwrap_or(row),
        ReservationState::Cancelled => row,
        ReservationState::Used | ReservationState::Expired => return Err(Refusal::ReservationOver),
    };
    Ok(resource(&row, &outlet_id)?)
}

/// The driver is gone.
pub(super) fn cancel_all(tx: &mut Tx<'_>, tenant_id: &str, driver_id: &str) -> Result<(), DbError> {
    for row in reservations::list_active_of_driver(tx.conn, tenant_id, driver_id)? {
        end_alone(tx, &row, ReservationState::Cancelled)?;
    }
    Ok(())
}

/// Nobody has come, or its time is over.
pub(crate) fn expire(tx: &mut Tx<'_>, row: &Reservation) -> Result<(), DbError> {
    end_alone(tx, row, ReservationState::Expired).map(|_| ())
}

/// Until when a driver may charge at an outlet that others may have reserved; `asked`: the end was asked for, and is not
/// to be any other.
pub(super) fn end_before_others(
    conn: &mut Conn,
    (outlet, driver_id): (&Outlet, &str),
    (ends_at, asked): (i64, bool),
    now_us: i64,
) -> Result<i64, Refusal> {
    let held = reservations::list_active_of_outlet(conn, outlet.key)?;
    let mut others = held
        .iter()
        .filter(|held| held.driver_id != driver_id && held.expires_at > now_us);
    // The first: they are in the order of their beginnings.
    let Some(next) = others.next().filter(|next| next.from_at < ends_at) else {
        return Ok(ends_at);
    };
    if asked || next.from_at < now_us.saturating_add(SHORTEST_US) {
        return Err(Refusal::OutletReserved);
    }
    Ok(next.from_at)
}

/// A start was confirmed: what was held for its driver is used. One that was refused or failed uses nothing.
pub(super) fn use_reservation(
    tx: &mut Tx<'_>,
    loaded: &mut LoadedOutlet,
    session: &Session,
) -> Result<(), DbError> {
    for row in reservations::list_active_of_outlet(tx.conn, session.outlet_key)? {
        let is_his = row.driver_id == session.driver_id && row.expires_at > session.requested_at;
        if is_his && row.from_at <= tx.now_us.saturating_add(EARLY_US) {
            end(tx, loaded, &row, (ReservationState::Used, Some(&session.id)))?;
        }
    }
    Ok(())
}

fn end_alone(
    tx: &mut Tx<'_>,
    row: &Reservation,
    state: ReservationState,
) -> Result<Option<Reservation>, DbError> {
    let mut loaded = LoadedOutlet::load(tx, row.outlet_key)?;
    let ended = end(tx, &mut loaded, row, (state, None))?;
    loaded.save(tx)?;
    Ok(ended)
}

/// `None` where it was over already.
fn end(
    tx: &mut Tx<'_>,
    loaded: &mut LoadedOutlet,
    row: &Reservation,
    (state, session_id): (ReservationState, Option<&str>),
) -> Result<Option<Reservation>, DbError> {
    let at = edited_at(row.updated_at, tx.now_us);
    let ended = reservations::update_ended(tx.conn, row.number, (&name(state), session_id), at)?;
    if let Some(ended) = &ended {
        let kind = match state {
            ReservationState::Active => EventType::ReservationCreated,
            ReservationState::Used => EventType::ReservationUsed,
            ReservationState::Expired => EventType::ReservationExpired,
            ReservationState::Cancelled => EventType::ReservationCancelled,
        };
        tell(tx, loaded, kind, ended)?;
    }
    Ok(ended)
}

fn tell(
    tx: &mut Tx<'_>,
    loaded: &mut LoadedOutlet,
    kind: EventType,
    row: &Reservation,
) -> Result<(), DbError> {
    let data = ReservationEvent {
        reservation: resource(row, &loaded.id)?,
    };
    let event = NewEvent {
        tenant_id: &row.tenant_id,
        kind,
        at_us: tx.now_us,
        data: &data,
    };
    append_event(tx, Some(loaded), &event).map(|_| ())
}

pub(crate) fn resource(row: &Reservation, outlet_id: &str) -> Result<rest::Reservation, DbError> {
    Ok(rest::Reservation {
        id: row.id.clone(),
        outlet_id: outlet_id.to_owned(),
        driver_id: row.driver_id.clone(),
        state: parse(&row.state)?,
        from: Time(row.from_at),
        until: Time(row.until_at),
        expires_at: Time(row.expires_at),
        session_id: row.session_id.clone(),
        created_at: Time(row.created_at),
        updated_at: Time(row.updated_at),
    })
}
