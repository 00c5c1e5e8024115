//! The table `reservations`.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::{outlets, reservations};

const ACTIVE: &str = "active";

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = reservations)]
pub(crate) struct Reservation {
    pub(crate) number: i64,
    pub(crate) id: String,
    pub(crate) tenant_id: String,
    pub(crate) outlet_key: i64,
    pub(crate) driver_id: String,
    pub(crate) state: String,
    pub(crate) from_at: i64,
    pub(crate) until_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) session_id: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = reservations)]
pub(crate) struct NewReservation {
    pub(crate) id: String,
    pub(crate) tenant_id: String,
    pub(crate) outlet_key: i64,
    pub(crate) driver_id: String,
    pub(crate) state: String,
    pub(crate) from_at: i64,
    pub(crate) until_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// Which reservations of a tenant to list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) outlet_id: Option<String>,
    pub(crate) driver_id: Option<String>,
    pub(crate) state: Option<String>,
    /// Older than this number; the newest come first.
    pub(crate) before: Option<i64>,
}

pub(crate) fn insert(conn: &mut Conn, reservation: &NewReservation) -> Result<Reservation, DbError> {
    Ok(on!(conn, |c| diesel::insert_into(reservations::table)
        .values(reservation)
        .returning(Reservation::as_returning())
        .get_result(c))?)
}

/// One reservation of the tenant, and its outlet's id.
pub(crate) fn find_owned(
    conn: &mut Conn,
    tenant_id: &str,
    id: &str,
) -> Result<Option<(Reservation, String)>, DbError> {
    Ok(on!(conn, |c| reservations::table
        .inner_join(outlets::table)
        .filter(reservations::id.eq(id).and(reservations::tenant_id.eq(tenant_id)))
        .select((Reservation::as_select(), outlets::id))
        .first(c)
        .optional())?)
}

/// The tenant's reservations and their outlets' ids, the newest first.
pub(crate) fn list(
    conn: &mut Conn,
    tenant_id: &str,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<(Reservation, String)>, DbError> {
    Ok(on!(conn, |c| {
        let mut query = reservations::table
            .inner_join(outlets::table)
            .filter(reservations::tenant_id.eq(tenant_id))
            .order(reservations::number.desc())
            .limit(limit)
            .select((Reservation::as_select(), outlets::id))
            .into_boxed();
        if let Some(outlet_id) = &filter.outlet_id {
            query = query.filter(outlets::id.eq(outlet_id));
        }
        if let Some(driver_id) = &filter.driver_id {
            query = query.filter(reservations::driver_id.eq(driver_id));
        }
        if let Some(state) = &filter.state {
            query = query.filter(reservations::state.eq(state));
        }
        if let Some(before) = filter.before {
            query = query.filter(reservations::number.lt(before));
        }
        query.load(c)
    })?)
}

/// Those of an outlet that hold it, now or later.
pub(crate) fn list_active_of_outlet(conn: &mut Conn, outlet_key: i64) -> Result<Vec<Reservation>, DbError> {
    Ok(on!(conn, |c| reservations::table
        .filter(
            reservations::outlet_key
                .eq(outlet_key)
                .and(reservations::state.eq(ACTIVE))
        )
        .order(reservations::from_at)
        .select(Reservation::as_select())
        .load(c))?)
}

/// Those that hold one of these outlets now.
pub(crate) fn list_holding(
    conn: &mut Conn,
    outlet_keys: &[i64],
    now_us: i64,
) -> Result<Vec<Reservation>, DbError> {
    Ok(on!(conn, |c| reservations::table
        .filter(reservations::outlet_key.eq_any(outlet_keys))
        .filter(reservations::state.eq(ACTIVE))
        .filter(
            reservations::from_at
                .le(now_us)
                .and(reservations::expires_at.gt(now_us))
        )
        .select(Reservation::as_select())
        .load(c))?)
}

/// Those of a driver, at whatever outlet.
pub(crate) fn list_active_of_driver(
    conn: &mut Conn,
    tenant_id: &str,
    driver_id: &str,
) -> Result<Vec<Reservation>, DbError> {
    Ok(on!(conn, |c| reservations::table
        .filter(reservations::tenant_id.eq(tenant_id))
        .filter(
            reservations::driver_id
                .eq(driver_id)
                .and(reservations::state.eq(ACTIVE))
        )
        .order(reservations::number)
        .select(Reservation::as_select())
        .load(c))?)
}

/// Those that are over and say so nowhere yet, the oldest first.
pub(crate) fn list_expired(conn: &mut Conn, at: i64, limit: i64) -> Result<Vec<Reservation>, DbError> {
    Ok(on!(conn, |c| reservations::table
        .filter(
            reservations::state
                .eq(ACTIVE)
                .and(reservations::expires_at.le(at))
        )
        .order(reservations::expires_at)
        .limit(limit)
        .select(Reservation::as_select())
        .load(c))?)
}

/// Writes how an active one has ended; `None` if it was over already.
pub(crate) fn update_ended(
    conn: &mut Conn,
    number: i64,
    (state, session_id): (&str, Option<&str>),
    at: i64,
) -> Result<Option<Reservation>, DbError> {
    let row = reservations::table.find(number);
    Ok(on!(conn, |c| diesel::update(row)
        .filter(reservations::state.eq(ACTIVE))
        .set((
            reservations::state.eq(state),
            reservations::session_id.eq(session_id),
            reservations::updated_at.eq(at),
        ))
        .returning(Reservation::as_returning())
        .get_result(c)
        .optional())?)
}
