//! The table `statement_changes`: sessions of closed months that have ended or changed since.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use foundation::{Conn, DbError, on};

use super::schema::statement_changes;

/// Notes a session if the month in which it ended is closed already.
pub(crate) fn note(
    conn: &mut Conn,
    outlet_key: i64,
    (session_number, ended_at): (i64, i64),
) -> Result<(), DbError> {
    let sql = "INSERT INTO statement_changes (site_id, session_number) \
        SELECT DISTINCT s.site_id, CAST($1 AS BIGINT) FROM outlets o JOIN statements s ON s.site_id = o.site_id \
        WHERE o.key = $2 AND s.ends_at > $3 ON CONFLICT DO NOTHING";
    on!(conn, |c| diesel::sql_query(sql)
        .bind::<BigInt, _>(session_number)
        .bind::<BigInt, _>(outlet_key)
        .bind::<BigInt, _>(ended_at)
        .execute(c))?;
    Ok(())
}

/// The numbers of the site's sessions that are noted.
pub(crate) fn list(conn: &mut Conn, site_id: &str) -> Result<Vec<i64>, DbError> {
    Ok(on!(conn, |c| statement_changes::table
        .filter(statement_changes::site_id.eq(site_id))
        .order(statement_changes::session_number)
        .select(statement_changes::session_number)
        .load(c))?)
}

/// A month tells of them now.
pub(crate) fn delete_all(conn: &mut Conn, site_id: &str) -> Result<(), DbError> {
    let noted = statement_changes::table.filter(statement_changes::site_id.eq(site_id));
    on!(conn, |c| diesel::delete(noted).execute(c))?;
    Ok(())
}
