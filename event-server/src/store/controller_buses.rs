//! The table `controller_buses`.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::controller_buses;

const KNOWN_US: i64 = 24 * 3600 * 1_000_000;

/// How well one bus of a panel answered, as its controller told last.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = controller_buses)]
pub(crate) struct ControllerBus {
    pub(crate) controller_id: String,
    pub(crate) name: String,
    /// By our clock.
    pub(crate) said_at: i64,
    /// The time that was counted, in seconds.
    pub(crate) over_s: i64,
    pub(crate) requests: i64,
    pub(crate) timeouts: i64,
    pub(crate) checksums: i64,
    pub(crate) mismatches: i64,
    pub(crate) refusals: i64,
    pub(crate) line_errors: i64,
}

impl ControllerBus {
    /// Questions that were not answered well.
    pub(crate) fn failed(&self) -> i64 {
        let kinds = [
            self.timeouts,
            self.checksums,
            self.mismatches,
            self.refusals,
            self.line_errors,
        ];
        kinds.iter().sum()
    }
}

/// Buses that were told of last a day or more before this one are forgotten: they are there no more.
pub(crate) fn save(conn: &mut Conn, row: &ControllerBus) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(controller_buses::table)
        .values(row)
        .on_conflict((controller_buses::controller_id, controller_buses::name))
        .do_update()
        .set(row)
        .execute(c))?;
    let gone = controller_buses::table.filter(
        controller_buses::controller_id
            .eq(&row.controller_id)
            .and(controller_buses::said_at.le(row.said_at - KNOWN_US)),
    );
    on!(conn, |c| diesel::delete(gone).execute(c))?;
    Ok(())
}

/// Of these controllers, by name.
pub(crate) fn list(conn: &mut Conn, controller_ids: &[String]) -> Result<Vec<ControllerBus>, DbError> {
    Ok(on!(conn, |c| controller_buses::table
        .filter(controller_buses::controller_id.eq_any(controller_ids))
        .order((controller_buses::controller_id, controller_buses::name))
        .select(ControllerBus::as_select())
        .load(c))?)
}
