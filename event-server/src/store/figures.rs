//! What the figures for Prometheus count in the tables; each count has an index or a small table.

use diesel::dsl::min;
use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::{commands, controllers, deliveries, events, outlet_current, outlets, sessions};

/// Everything at one moment; `None` where it could not be read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) controllers: Option<i64>,
    pub(crate) controllers_offline: Option<i64>,
    pub(crate) outlets: Option<i64>,
    pub(crate) outlets_faulted: Option<i64>,
    pub(crate) sessions_open: Option<i64>,
    pub(crate) commands_open: Option<i64>,
    pub(crate) deliveries_pending: Option<i64>,
    pub(crate) overrun_us: Option<i64>,
    pub(crate) oldest_command_us: Option<i64>,
    pub(crate) oldest_delivery_us: Option<i64>,
}

pub(crate) fn find(conn: &mut Conn, now_us: i64) -> Result<Figures, DbError> {
    let controllers: i64 = on!(conn, |c| controllers::table.count().get_result(c))?;
    let offline = controllers::table.filter(controllers::online.eq(false)).count();
    let offline: i64 = on!(conn, |c| offline.get_result(c))?;
    let outlets: i64 = on!(conn, |c| outlets::table.count().get_result(c))?;
    let faulted = outlet_current::table
        .filter(outlet_current::fault.is_not_null())
        .count();
    let faulted: i64 = on!(conn, |c| faulted.get_result(c))?;
    let (sessions_open, first_end) = open_sessions(conn)?;
    let (commands_open, first_command) = open_commands(conn)?;
    let (deliveries_pending, first_delivery) = pending_deliveries(conn)?;
    let since = |at_us: Option<i64>| Some(at_us.map_or(0, |at_us| now_us.saturating_sub(at_us).max(0)));
    Ok(Figures {
        controllers: Some(controllers),
        controllers_offline: Some(offline),
        outlets: Some(outlets),
        outlets_faulted: Some(faulted),
        sessions_open: Some(sessions_open),
        commands_open: Some(commands_open),
        deliveries_pending: Some(deliveries_pending),
        overrun_us: since(first_end),
        oldest_command_us: since(first_command),
        oldest_delivery_us: since(first_delivery),
    })
}

/// How many, and the earliest end.
fn open_sessions(conn: &mut Conn) -> Result<(i64, Option<i64>), DbError> {
    let open = sessions::table.filter(sessions::ended_at.is_null());
    let count: i64 = on!(conn, |c| open.count().get_result(c))?;
    let first = on!(conn, |c| open.select(min(sessions::ends_at)).first(c))?;
    Ok((count, first))
}

/// How many, and when the oldest was accepted.
fn open_commands(conn: &mut Conn) -> Result<(i64, Option<i64>), DbError> {
    let open = commands::table.filter(commands::completed_at.is_null());
    let count: i64 = on!(conn, |c| open.count().get_result(c))?;
    let first = on!(conn, |c| open.select(min(commands::created_at)).first(c))?;
    Ok((count, first))
}

/// How many, and when the oldest's event was appended.
fn pending_deliveries(conn: &mut Conn) -> Result<(i64, Option<i64>), DbError> {
    let count = deliveries::table.filter(deliveries::state.eq("pending")).count();
    let count: i64 = on!(conn, |c| count.get_result(c))?;
    let Some(seq) = super::deliveries::first_pending_seq(conn)? else {
        return Ok((count, None));
    };
    let first = on!(conn, |c| events::table
        .find(seq)
        .select(events::appended_at)
        .first(c)
        .optional())?;
    Ok((count, first))
}
