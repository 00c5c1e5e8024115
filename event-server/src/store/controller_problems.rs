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

/// The names of those that a controller has now.
pub(crate) fn list_standing(conn: &mut Conn, controller_id: &str) -> Result<Vec<String>, DbError> {
    Ok(on!(conn, |c| controller_problems::table
        .filter(controller_problems::controller_id.eq(controller_id))
        .filter(controller_problems::stands.eq(true))
        .order(controller_problems::problem)
        .select(controller_problems::problem)
        .load(c))?)
}
