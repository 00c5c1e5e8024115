//! The table `outlet_current`: one row per outlet, rewritten with every report.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::cached::update_row;
use super::schema::outlet_current;

#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = outlet_current, treat_none_as_null = true, primary_key(outlet_key))]
pub(crate) struct OutletCurrent {
    pub(crate) outlet_key: i64,
    pub(crate) sequence: i64,
    pub(crate) last_event_id: Option<String>,
    pub(crate) breaker: String,
    pub(crate) tripped: bool,
    pub(crate) fault: Option<String>,
    pub(crate) register_wh: Option<i64>,
    pub(crate) voltage_mv: Option<i64>,
    pub(crate) current_ma: Option<i64>,
    pub(crate) power_w: Option<i64>,
    pub(crate) seen_at: Option<i64>,
    pub(crate) received_at: Option<i64>,
    pub(crate) meter: Option<String>,
    pub(crate) session_id: Option<String>,
    pub(crate) noticed_at: Option<i64>,
    pub(crate) noticed_number: Option<i64>,
}

/// The row of an outlet that exists.
pub(crate) fn find(conn: &mut Conn, outlet_key: i64) -> Result<OutletCurrent, DbError> {
    Ok(on!(conn, |c| outlet_current::table
        .find(outlet_key)
        .select(OutletCurrent::as_select())
        // Not `first`: SQLite prepares a statement with a bound LIMIT anew each time.
        .get_result(c))?)
}

/// Writes the whole row.
pub(crate) fn update(conn: &mut Conn, current: &OutletCurrent) -> Result<(), DbError> {
    let names = ("outlet_current", "outlet_key");
    let update = update_row(current, names, current.outlet_key, current.as_changeset());
    on!(conn, |c| update.execute(c))?;
    Ok(())
}

/// Gives the outlet to a session, or to nobody.
pub(crate) fn update_session(
    conn: &mut Conn,
    outlet_key: i64,
    session_id: Option<&str>,
) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(outlet_current::table.find(outlet_key))
        .set(outlet_current::session_id.eq(session_id))
        .execute(c))?;
    Ok(())
}
