//! The table `readings`: appended in time order, folded into `reading_days`, deleted in the same order.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::packed::Kept;
use super::schema::{counters, readings};
#[cfg(feature = "postgres")]
use super::unnested::{self, Column, Statement};

/// The counter of the last reading that is folded, with all before it.
const FOLDED: &str = "readings_folded";

#[derive(Clone, Debug, Default, Insertable)]
#[diesel(table_name = readings, treat_none_as_default_value = false)]
pub(crate) struct NewReading {
    /// `None`: the main circuit.
    pub(crate) outlet_key: Option<i64>,
    pub(crate) controller_id: Option<String>,
    pub(crate) at: i64,
    pub(crate) register_wh: Option<i64>,
    pub(crate) voltage_mv: Option<i64>,
    pub(crate) current_ma: Option<i64>,
    pub(crate) power_w: Option<i64>,
    pub(crate) breaker: Option<String>,
    /// What the meter's account made of it.
    pub(crate) moved_wh: Option<i64>,
    /// Whose that is: a session's number, [`NOBODY`] or [`REBASED`].
    pub(crate) account: Option<i64>,
}

/// The account of energy that no session is charged for.
pub(crate) const NOBODY: i64 = 0;
/// The account of steps to a level that was believed anew.
pub(crate) const REBASED: i64 = -1;

/// A row, with its place in the order of arrival.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = readings)]
pub(crate) struct Reading {
    pub(crate) id: i64,
    pub(crate) outlet_key: Option<i64>,
    pub(crate) controller_id: Option<String>,
    pub(crate) at: i64,
    register_wh: Option<i64>,
    voltage_mv: Option<i64>,
    current_ma: Option<i64>,
    power_w: Option<i64>,
    breaker: Option<String>,
    moved_wh: Option<i64>,
    account: Option<i64>,
}

/// Where readings are taken: an outlet, or the main circuit as a controller reads it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Place {
    Outlet(i64),
    MainCircuit(String),
}

impl Place {
    /// As `reading_days` names it.
    pub(crate) fn key(&self) -> (i64, &str) {
        match self {
            Self::Outlet(key) => (*key, ""),
            Self::MainCircuit(controller_id) => (0, controller_id),
        }
    }
}

impl Reading {
    pub(crate) fn place(&self) -> Place {
        match self.outlet_key {
            Some(key) => Place::Outlet(key),
            None => Place::MainCircuit(self.controller_id.clone().unwrap_or_default()),
        }
    }

    pub(crate) fn kept(self) -> Kept {
        Kept {
            at: self.at,
            register_wh: self.register_wh,
            voltage_mv: self.voltage_mv,
            current_ma: self.current_ma,
            power_w: self.power_w,
            breaker: self.breaker,
            moved_wh: self.moved_wh,
            account: self.account,
        }
    }
}

/// In this order.
pub(crate) fn insert_all(conn: &mut Conn, rows: &[NewReading]) -> Result<(), DbError> {
    match conn {
        Conn::Sqlite(c) => rows.iter().try_for_each(|row| {
            let insert = diesel::insert_into(readings::table).values(row);
            Ok(insert.execute(c).map(|_| ())?)
        }),
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) if rows.is_empty() => Ok(()),
        #[cfg(feature = "postgres")]
        Conn::Postgres(c) => Ok(unnested::execute::<NewReading>(
            c,
            &[
                Column::nullable_numbers(rows, |row| row.outlet_key),
                Column::nullable_texts(rows, |row| &row.controller_id),
                Column::numbers(rows, |row| row.at),
                Column::nullable_numbers(rows, |row| row.register_wh),
                Column::nullable_numbers(rows, |row| row.voltage_mv),
                Column::nullable_numbers(rows, |row| row.current_ma),
                Column::nullable_numbers(rows, |row| row.power_w),
                Column::nullable_texts(rows, |row| &row.breaker),
                Column::nullable_numbers(rows, |row| row.moved_wh),
                Column::nullable_numbers(rows, |row| row.account),
            ],
        )?),
    }
}

#[cfg(feature = "postgres")]
impl Statement for NewReading {
    const BEFORE: &'static str = "INSERT INTO readings (outlet_key, controller_id, at, register_wh, voltage_mv, \
        current_ma, power_w, breaker, moved_wh, account) SELECT * FROM";
}

/// The number of the last reading; 0 where there is none.
pub(crate) fn last_id(conn: &mut Conn) -> Result<i64, DbError> {
    let last: Option<i64> = on!(conn, |c| readings::table
        .select(readings::id)
        .order(readings::id.desc())
        .first(c)
        .optional())?;
    Ok(last.unwrap_or(0))
}

/// Up to where everything is folded.
pub(crate) fn folded_id(conn: &mut Conn) -> Result<i64, DbError> {
    Ok(on!(conn, |c| counters::table
        .find(FOLDED)
        .select(counters::value)
        .get_result(c))?)
}

/// Keeps every other node from folding until the transaction ends.
pub(crate) fn lock_folding(conn: &mut Conn) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(counters::table.find(FOLDED))
        .set(counters::value.eq(counters::value))
        .execute(c))?;
    Ok(())
}

/// Notes up to where everything is folded; never back.
pub(crate) fn update_folded_id(conn: &mut Conn, id: i64) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(
        counters::table.find(FOLDED).filter(counters::value.lt(id))
    )
    .set(counters::value.eq(id))
    .execute(c))?;
    Ok(())
}

/// The readings after one and up to another, in the order of arrival.
pub(crate) fn list_between(
    conn: &mut Conn,
    (after, to): (i64, i64),
    limit: i64,
) -> Result<Vec<Reading>, DbError> {
    Ok(on!(conn, |c| readings::table
        .filter(readings::id.gt(after).and(readings::id.le(to)))
        .order(readings::id)
        .limit(limit)
        .select(Reading::as_select())
        .load(c))?)
}

/// What is not folded yet of one place.
pub(crate) fn list_unfolded(conn: &mut Conn, place: &Place) -> Result<Vec<Reading>, DbError> {
    let after = folded_id(conn)?;
    Ok(on!(conn, |c| {
        let query = readings::table
            .filter(readings::id.gt(after))
            .order(readings::id)
            .select(Reading::as_select())
            .into_boxed();
        match place {
            Place::Outlet(key) => query.filter(readings::outlet_key.eq(key)).load(c),
            Place::MainCircuit(id) => query
                .filter(readings::outlet_key.is_null().and(readings::controller_id.eq(id)))
                .load(c),
        }
    })?)
}

/// The last to arrive of a main circuit, where it is not folded yet: what is a quarter of an hour old may be.
pub(crate) fn find_last_of_main(conn: &mut Conn, controller_id: &str) -> Result<Option<Reading>, DbError> {
    let after = folded_id(conn)?;
    Ok(on!(conn, |c| readings::table
        .filter(
            readings::id
                .gt(after)
                .and(readings::outlet_key.is_null())
                .and(readings::controller_id.eq(controller_id))
        )
        .order(readings::id.desc())
        .select(Reading::as_select())
        .first(c)
        .optional())?)
}

/// Those of some outlets that are not folded yet.
pub(crate) fn list_unfolded_of(conn: &mut Conn, outlet_keys: &[i64]) -> Result<Vec<Reading>, DbError> {
    let after = folded_id(conn)?;
    Ok(on!(conn, |c| readings::table
        .filter(
            readings::id
                .gt(after)
                .and(readings::outlet_key.eq_any(outlet_keys))
        )
        .order(readings::id)
        .select(Reading::as_select())
        .load(c))?)
}

/// The first that are folded and still kept: their numbers and times. The last one folded is never among them: SQLite
/// gives the number after the greatest that is left, and a number given twice would count as folded.
pub(crate) fn list_oldest_folded(conn: &mut Conn, limit: i64) -> Result<Vec<(i64, i64)>, DbError> {
    let folded = folded_id(conn)?;
    Ok(on!(conn, |c| readings::table
        .filter(readings::id.lt(folded))
        .order(readings::id)
        .limit(limit)
        .select((readings::id, readings::at))
        .load(c))?)
}

/// Deletes the readings up to the number `last`.
pub(crate) fn delete_to(conn: &mut Conn, last: i64) -> Result<(), DbError> {
    let old = readings::table.filter(readings::id.le(last));
    on!(conn, |c| diesel::delete(old).execute(c))?;
    Ok(())
}
