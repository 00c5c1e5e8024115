//! The tables `reading_days` and `usage_days`: one row per place and day, and whose the day's energy was.

use diesel::dsl::exists;
use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::readings::Place;
use super::schema::{controllers, outlets, reading_days, sites, usage_days};

/// A day of one place, and its readings packed.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = reading_days, primary_key(outlet_key, controller_id, day))]
#[diesel(treat_none_as_null = true, treat_none_as_default_value = false)]
pub(crate) struct ReadingDay {
    pub(crate) outlet_key: i64,
    pub(crate) controller_id: String,
    pub(crate) day: i32,
    pub(crate) folded_id: i64,
    pub(crate) samples: i32,
    pub(crate) first_at: i64,
    pub(crate) last_at: i64,
    pub(crate) energy_wh: i64,
    pub(crate) register_wh: Option<i64>,
    pub(crate) voltage_mv: Option<i64>,
    pub(crate) current_ma: Option<i64>,
    pub(crate) breaker: Option<String>,
    pub(crate) doubted: bool,
    pub(crate) packed: Vec<u8>,
}

/// What a day comes to.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = reading_days)]
pub(crate) struct DaySum {
    pub(crate) day: i32,
    pub(crate) samples: i32,
    pub(crate) first_at: i64,
    pub(crate) last_at: i64,
    pub(crate) energy_wh: i64,
    pub(crate) register_wh: Option<i64>,
    pub(crate) voltage_mv: Option<i64>,
    pub(crate) current_ma: Option<i64>,
    pub(crate) breaker: Option<String>,
    pub(crate) doubted: bool,
}

/// The energy of an outlet's day that belongs to one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = usage_days)]
pub(crate) struct UsageDay {
    pub(crate) outlet_key: i64,
    pub(crate) day: i32,
    pub(crate) account: i64,
    pub(crate) energy_wh: i64,
}

pub(crate) fn find(conn: &mut Conn, place: &Place, day: i32) -> Result<Option<ReadingDay>, DbError> {
    let (outlet_key, controller_id) = place.key();
    Ok(on!(conn, |c| reading_days::table
        .find((outlet_key, controller_id, day))
        .select(ReadingDay::as_select())
        .get_result(c)
        .optional())?)
}

/// The days from one to before another, with their readings.
pub(crate) fn list(
    conn: &mut Conn,
    place: &Place,
    (from, to): (i32, i32),
) -> Result<Vec<ReadingDay>, DbError> {
    let (outlet_key, controller_id) = place.key();
    Ok(on!(conn, |c| reading_days::table
        .filter(reading_days::outlet_key.eq(outlet_key))
        .filter(reading_days::controller_id.eq(controller_id))
        .filter(reading_days::day.ge(from).and(reading_days::day.lt(to)))
        .order(reading_days::day)
        .select(ReadingDay::as_select())
        .load(c))?)
}

/// What the days from one to before another come to.
pub(crate) fn list_sums(
    conn: &mut Conn,
    place: &Place,
    (from, to): (i32, i32),
) -> Result<Vec<DaySum>, DbError> {
    let (outlet_key, controller_id) = place.key();
    Ok(on!(conn, |c| reading_days::table
        .filter(reading_days::outlet_key.eq(outlet_key))
        .filter(reading_days::controller_id.eq(controller_id))
        .filter(reading_days::day.ge(from).and(reading_days::day.lt(to)))
        .order(reading_days::day)
        .select(DaySum::as_select())
        .load(c))?)
}

/// Writes a day over what was there.
pub(crate) fn upsert(conn: &mut Conn, row: &ReadingDay) -> Result<(), DbError> {
    use reading_days::{controller_id, day, outlet_key};
    on!(conn, |c| diesel::insert_into(reading_days::table)
        .values(row)
        .on_conflict((outlet_key, controller_id, day))
        .do_update()
        .set(row)
        .execute(c))?;
    Ok(())
}

/// Writes whose the energy of an outlet's day was over what was there.
pub(crate) fn replace_usage(
    conn: &mut Conn,
    (outlet_key, day): (i64, i32),
    rows: &[UsageDay],
) -> Result<(), DbError> {
    let before = usage_days::table.filter(usage_days::outlet_key.eq(outlet_key).and(usage_days::day.eq(day)));
    on!(conn, |c| diesel::delete(before).execute(c))?;
    for row in rows {
        on!(conn, |c| diesel::insert_into(usage_days::table)
            .values(row)
            .execute(c))?;
    }
    Ok(())
}

/// Whose the energy of outlets was on the days from one to before another.
pub(crate) fn list_usage_of(
    conn: &mut Conn,
    outlet_keys: &[i64],
    (from, to): (i32, i32),
) -> Result<Vec<UsageDay>, DbError> {
    Ok(on!(conn, |c| usage_days::table
        .filter(usage_days::outlet_key.eq_any(outlet_keys))
        .filter(usage_days::day.ge(from).and(usage_days::day.lt(to)))
        .select(UsageDay::as_select())
        .load(c))?)
}

/// Outlet, day, and how far the day is folded.
pub(crate) fn list_folded_ids(
    conn: &mut Conn,
    outlet_keys: &[i64],
    (from, to): (i32, i32),
) -> Result<Vec<(i64, i32, i64)>, DbError> {
    Ok(on!(conn, |c| reading_days::table
        .filter(reading_days::outlet_key.eq_any(outlet_keys))
        .filter(reading_days::day.ge(from).and(reading_days::day.lt(to)))
        .select((
            reading_days::outlet_key,
            reading_days::day,
            reading_days::folded_id
        ))
        .load(c))?)
}

/// The last register that an outlet had before a day.
pub(crate) fn find_register_before(
    conn: &mut Conn,
    outlet_key: i64,
    day: i32,
) -> Result<Option<i64>, DbError> {
    let register: Option<Option<i64>> = on!(conn, |c| reading_days::table
        .filter(reading_days::outlet_key.eq(outlet_key))
        .filter(reading_days::controller_id.eq(""))
        .filter(
            reading_days::day
                .lt(day)
                .and(reading_days::register_wh.is_not_null())
        )
        .order(reading_days::day.desc())
        .select(reading_days::register_wh)
        .first(c)
        .optional())?;
    Ok(register.flatten())
}

/// Whose the energy of an outlet was, day by day.
#[cfg(test)]
pub(crate) fn list_usage(conn: &mut Conn, outlet_key: i64) -> Result<Vec<UsageDay>, DbError> {
    Ok(on!(conn, |c| usage_days::table
        .filter(usage_days::outlet_key.eq(outlet_key))
        .order((usage_days::day, usage_days::account))
        .select(UsageDay::as_select())
        .load(c))?)
}

/// The time zone of every outlet.
pub(crate) fn list_outlet_zones(conn: &mut Conn) -> Result<Vec<(i64, String)>, DbError> {
    Ok(on!(conn, |c| outlets::table
        .inner_join(sites::table.on(sites::id.eq(outlets::site_id)))
        .select((outlets::key, sites::zone))
        .load(c))?)
}

/// The time zone of every controller.
pub(crate) fn list_controller_zones(conn: &mut Conn) -> Result<Vec<(String, String)>, DbError> {
    Ok(on!(conn, |c| controllers::table
        .inner_join(sites::table)
        .select((controllers::id, sites::zone))
        .load(c))?)
}

/// A controller of the site that reads the main circuit; the first by id.
pub(crate) fn find_main_meter(conn: &mut Conn, site_id: &str) -> Result<Option<String>, DbError> {
    let read = reading_days::table.filter(
        reading_days::outlet_key
            .eq(0)
            .and(reading_days::controller_id.eq(controllers::id)),
    );
    Ok(on!(conn, |c| controllers::table
        .filter(controllers::site_id.eq(site_id).and(exists(read)))
        .order(controllers::id)
        .select(controllers::id)
        .first(c)
        .optional())?)
}
