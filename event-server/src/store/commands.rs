//! The table `commands`.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::{commands, outlets};

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = commands)]
pub(crate) struct Command {
    pub(crate) number: i64,
    pub(crate) id: String,
    pub(crate) tenant_id: String,
    pub(crate) kind: String,
    pub(crate) controller_id: String,
    pub(crate) outlet_key: Option<i64>,
    pub(crate) session_id: Option<String>,
    pub(crate) state: String,
    /// JSON: what was asked for.
    pub(crate) parameters: String,
    pub(crate) reason: Option<String>,
    pub(crate) detail: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) sent_at: Option<i64>,
    pub(crate) completed_at: Option<i64>,
    pub(crate) expires_at: i64,
    /// The trace that led to it.
    pub(crate) traceparent: Option<String>,
}

#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = commands)]
pub(crate) struct NewCommand {
    pub(crate) id: String,
    pub(crate) tenant_id: String,
    pub(crate) kind: String,
    pub(crate) controller_id: String,
    pub(crate) outlet_key: Option<i64>,
    pub(crate) session_id: Option<String>,
    pub(crate) state: String,
    /// JSON: what was asked for.
    pub(crate) parameters: String,
    pub(crate) created_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) traceparent: Option<String>,
}

pub(crate) fn insert(conn: &mut Conn, command: &NewCommand) -> Result<Command, DbError> {
    Ok(on!(conn, |c| diesel::insert_into(commands::table)
        .values(command)
        .returning(Command::as_returning())
        .get_result(c))?)
}

/// Whatever the tenant.
pub(crate) fn find(conn: &mut Conn, id: &str) -> Result<Option<Command>, DbError> {
    Ok(on!(conn, |c| commands::table
        .filter(commands::id.eq(id))
        .select(Command::as_select())
        .get_result(c)
        .optional())?)
}

/// Whatever the tenant.
pub(crate) fn find_by_number(conn: &mut Conn, number: i64) -> Result<Option<Command>, DbError> {
    Ok(on!(conn, |c| commands::table
        .find(number)
        .select(Command::as_select())
        .get_result(c)
        .optional())?)
}

/// One command of the tenant, and its outlet's id.
pub(crate) fn find_owned(
    conn: &mut Conn,
    tenant_id: &str,
    id: &str,
) -> Result<Option<(Command, Option<String>)>, DbError> {
    Ok(on!(conn, |c| commands::table
        .left_join(outlets::table.on(commands::outlet_key.eq(outlets::key.nullable())))
        .filter(commands::id.eq(id).and(commands::tenant_id.eq(tenant_id)))
        .select((Command::as_select(), outlets::id.nullable()))
        .get_result(c)
        .optional())?)
}

/// The controller's commands without an outcome, the oldest first.
pub(crate) fn list_open(conn: &mut Conn, controller_id: &str) -> Result<Vec<Command>, DbError> {
    Ok(on!(conn, |c| commands::table
        .filter(commands::controller_id.eq(controller_id))
        .filter(commands::completed_at.is_null())
        .order(commands::number)
        .select(Command::as_select())
        .load(c))?)
}

/// All commands of a kind without an outcome, the oldest first.
pub(crate) fn list_open_of_kind(conn: &mut Conn, kind: &str) -> Result<Vec<Command>, DbError> {
    Ok(on!(conn, |c| commands::table
        .filter(commands::completed_at.is_null())
        .filter(commands::kind.eq(kind))
        .order(commands::number)
        .select(Command::as_select())
        .load(c))?)
}

/// A session's commands, the oldest first.
pub(crate) fn list_of_session(conn: &mut Conn, session_id: &str) -> Result<Vec<Command>, DbError> {
    Ok(on!(conn, |c| commands::table
        .filter(commands::session_id.eq(session_id))
        .order(commands::number)
        .select(Command::as_select())
        .load(c))?)
}

/// A session's commands without an outcome, the oldest first.
pub(crate) fn list_open_of_session(conn: &mut Conn, session_id: &str) -> Result<Vec<Command>, DbError> {
    Ok(on!(conn, |c| commands::table
        .filter(commands::session_id.eq(session_id))
        .filter(commands::completed_at.is_null())
        .order(commands::number)
        .select(Command::as_select())
        .load(c))?)
}

/// Commands whose time is up, the oldest first; also those that were made after `latest`, as the clock was set back since
/// and nobody can tell any more how old they are.
pub(crate) fn list_expired(conn: &mut Conn, at: i64, latest: i64) -> Result<Vec<Command>, DbError> {
    Ok(on!(conn, |c| commands::table
        .filter(commands::completed_at.is_null())
        .filter(commands::expires_at.le(at).or(commands::created_at.gt(latest)))
        .order(commands::number)
        .select(Command::as_select())
        .load(c))?)
}

/// The controllers that have something to be sent to them.
pub(crate) fn list_waiting_controllers(conn: &mut Conn) -> Result<Vec<String>, DbError> {
    Ok(on!(conn, |c| commands::table
        .filter(commands::completed_at.is_null())
        .filter(commands::state.eq("accepted"))
        .select(commands::controller_id)
        .distinct()
        .load(c))?)
}

pub(crate) fn update_sent(conn: &mut Conn, number: i64, at: i64) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(commands::table.find(number))
        .filter(commands::completed_at.is_null())
        .set((commands::state.eq("sent"), commands::sent_at.eq(at)))
        .execute(c))?;
    Ok(())
}

pub(crate) fn update_parameters(conn: &mut Conn, number: i64, parameters: &str) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(commands::table.find(number))
        .filter(commands::completed_at.is_null())
        .set(commands::parameters.eq(parameters))
        .execute(c))?;
    Ok(())
}

/// How far it is, while it has no outcome.
pub(crate) fn update_detail(conn: &mut Conn, number: i64, detail: &str) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(commands::table.find(number))
        .filter(commands::completed_at.is_null())
        .set(commands::detail.eq(detail))
        .execute(c))?;
    Ok(())
}

/// Sent and not answered: to be sent again.
pub(crate) fn update_unsent(conn: &mut Conn, number: i64) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(commands::table.find(number))
        .filter(commands::completed_at.is_null())
        .set(commands::state.eq("accepted"))
        .execute(c))?;
    Ok(())
}

/// What was sent to a controller and not answered: to be sent again.
pub(crate) fn update_unsent_of_controller(conn: &mut Conn, controller_id: &str) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(commands::table)
        .filter(commands::controller_id.eq(controller_id))
        .filter(commands::completed_at.is_null().and(commands::state.eq("sent")))
        .set(commands::state.eq("accepted"))
        .execute(c))?;
    Ok(())
}

/// All that were sent and not answered: to be sent again.
pub(crate) fn update_all_sent_to_accepted(conn: &mut Conn) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(commands::table)
        .filter(commands::completed_at.is_null().and(commands::state.eq("sent")))
        .set(commands::state.eq("accepted"))
        .execute(c))?;
    Ok(())
}

/// Writes the outcome unless there is one already; `None` then.
pub(crate) fn update_completed(conn: &mut Conn, command: &Command) -> Result<Option<Command>, DbError> {
    Ok(on!(conn, |c| diesel::update(
        commands::table.find(command.number)
    )
    .filter(commands::completed_at.is_null())
    .set((
        commands::state.eq(&command.state),
        commands::reason.eq(&command.reason),
        commands::detail.eq(&command.detail),
        commands::completed_at.eq(command.completed_at),
    ))
    .returning(Command::as_returning())
    .get_result(c)
    .optional())?)
}
