//! The table `outlet_current`: one row per outlet, rewritten with every report.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::cached::update_row;
use super::schema::outlet_current;
#[cfg(feature = "postgres")]
use super::unnested::{self, Column, Statement};

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
        .get_result(c))?)
}

/// The rows of outlets.
pub(crate) fn list(conn: &mut Conn, outlet_keys: &[i64]) -> Result<Vec<OutletCurrent>, DbError> {
    Ok(on!(conn, |c| outlet_current::table
        .filter(outlet_current::outlet_key.eq_any(outlet_keys))
        .select(OutletCurrent::as_select())
        .load(c))?)
}

/// Writes the whole rows.
pub(crate) fn update_all(conn: &mut Conn, rows: &[&OutletCurrent]) -> Result<(), DbError> {
    match conn {
        Conn::Sqlite(c) => rows.iter().try_for_each(|row| {
            let names = ("outlet_current", "outlet_key");
            let update = update_row(*row, names, row.outlet_key, row.as_changeset());
            Ok(update.execute(c).map(|_| ())?)
        }),
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) if rows.is_empty() => Ok(()),
        #[cfg(feature = "postgres")]
        Conn::Postgres(c) => Ok(unnested::execute::<OutletCurrent>(c, &columns(rows))?),
    }
}

#[cfg(feature = "postgres")]
fn columns<'a>(rows: &'a [&OutletCurrent]) -> [Column<'a>; 16] {
    [
        Column::numbers(rows, |row| row.outlet_key),
        Column::numbers(rows, |row| row.sequence),
        Column::nullable_texts(rows, |row| &row.last_event_id),
        Column::texts(rows, |row| &row.breaker),
        Column::flags(rows, |row| row.tripped),
        Column::nullable_texts(rows, |row| &row.fault),
        Column::nullable_numbers(rows, |row| row.register_wh),
        Column::nullable_numbers(rows, |row| row.voltage_mv),
        Column::nullable_numbers(rows, |row| row.current_ma),
        Column::nullable_numbers(rows, |row| row.power_w),
        Column::nullable_numbers(rows, |row| row.seen_at),
        Column::nullable_numbers(rows, |row| row.received_at),
        Column::nullable_texts(rows, |row| &row.meter),
        Column::nullable_texts(rows, |row| &row.session_id),
        Column::nullable_numbers(rows, |row| row.noticed_at),
        Column::nullable_numbers(rows, |row| row.noticed_number),
    ]
}

#[cfg(feature = "postgres")]
impl Statement for OutletCurrent {
    const BEFORE: &'static str = "UPDATE outlet_current AS old SET sequence = new.sequence, \
        last_event_id = new.last_event_id, breaker = new.breaker, tripped = new.tripped, fault = new.fault, \
        register_wh = new.register_wh, voltage_mv = new.voltage_mv, current_ma = new.current_ma, \
        power_w = new.power_w, seen_at = new.seen_at, received_at = new.received_at, meter = new.meter, \
        session_id = new.session_id, noticed_at = new.noticed_at, noticed_number = new.noticed_number FROM";
    const AFTER: &'static str = " AS new (outlet_key, sequence, last_event_id, breaker, tripped, fault, \
        register_wh, voltage_mv, current_ma, power_w, seen_at, received_at, meter, session_id, noticed_at, \
        noticed_number) WHERE old.outlet_key = new.outlet_key";
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
