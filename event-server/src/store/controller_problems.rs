//! The table `controller_problems`.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::controller_problems;

/// What a station has last said of one kind of problem.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = controller_problems)]
pub(crate) struct ControllerProblem {
    pub(crate) controller_id: String,
    pub(crate) problem: String,
    pub(crate) stands: bool,
    /// By the station's clock, where that can be right.
    pub(crate) said_at: i64,
}

pub(crate) fn find(
    conn: &mut Conn,
    controller_id: &str,
    problem: &str,
) -> Result<Option<ControllerProblem>, DbError> {
    Ok(on!(conn, |c| controller_problems::table
        .find((controller_id, problem))
        .select(ControllerProblem::as_select())
        .first(c)
        .optional())?)
}

pub(crate) fn save(conn: &mut Conn, row: &ControllerProblem) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(controller_problems::table)
        .values(row)
        .on_conflict((controller_problems::controller_id, controller_problems::problem))
        .do_update()
        .set(row)
        .execute(c))?;
    Ok(())
}

/// What was said of it until a moment holds no more.
pub(crate) fn clear(conn: &mut Conn, controller_id: &str, problem: &str, at: i64) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(
        controller_problems::table.find((controller_id, problem))
    )
    .filter(controller_problems::stands.eq(true))
    .filter(controller_problems::said_at.lt(at))
    .set(controller_problems::stands.eq(false))
    .execute(c))?;
    Ok(())
}

/// Those that a controller has now.
pub(crate) fn list_standing(conn: &mut Conn, controller_id: &str) -> Result<Vec<ControllerProblem>, DbError> {
    Ok(on!(conn, |c| controller_problems::table
        .filter(controller_problems::controller_id.eq(controller_id))
        .filter(controller_problems::stands.eq(true))
        .order(controller_problems::problem)
        .select(ControllerProblem::as_select())
        .load(c))?)
}
