//! The table `sessions`: what statements are made of.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::sessions;
use super::sessions::Session;

/// Sessions at these outlets that took energy and ended in a time, in that order; from the beginning of all where it has none.
pub(crate) fn list_ended_at(
    conn: &mut Conn,
    outlet_keys: &[i64],
    (begin, end): (Option<i64>, i64),
) -> Result<Vec<Session>, DbError> {
    let mut ended: Vec<Session> = on!(conn, |c| sessions::table
        .filter(sessions::outlet_key.eq_any(outlet_keys))
        .filter(sessions::ended_at.ge(begin.unwrap_or(i64::MIN)))
        .filter(sessions::ended_at.lt(end).and(sessions::energy_wh.gt(0)))
        .select(Session::as_select())
        .load(c))?;
    // Here, as a database would write the wide rows aside for it.
    ended.sort_by_key(|session| (session.ended_at, session.number));
    Ok(ended)
}

pub(crate) fn list_by_numbers(conn: &mut Conn, numbers: &[i64]) -> Result<Vec<Session>, DbError> {
    Ok(on!(conn, |c| sessions::table
        .filter(sessions::number.eq_any(numbers))
        .order(sessions::number)
        .select(Session::as_select())
        .load(c))?)
}
