//! The table `nodes`: who lives.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::nodes;

/// Whether a node lives, as far as the others know.
pub(crate) fn exists(conn: &mut Conn, name: &str) -> Result<bool, DbError> {
    let found = diesel::select(diesel::dsl::exists(nodes::table.find(name)));
    Ok(on!(conn, |c| found.get_result(c))?)
}

pub(crate) fn upsert(conn: &mut Conn, name: &str, expires_at: i64) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(nodes::table)
        .values((nodes::name.eq(name), nodes::expires_at.eq(expires_at)))
        .on_conflict(nodes::name)
        .do_update()
        .set(nodes::expires_at.eq(expires_at))
        .execute(c))?;
    Ok(())
}

/// The names of those that live, in order.
pub(crate) fn list(conn: &mut Conn) -> Result<Vec<String>, DbError> {
    Ok(on!(conn, |c| nodes::table
        .order(nodes::name)
        .select(nodes::name)
        .load(c))?)
}

pub(crate) fn delete(conn: &mut Conn, name: &str) -> Result<(), DbError> {
    on!(conn, |c| diesel::delete(nodes::table.find(name)).execute(c))?;
    Ok(())
}

/// Deletes those whose time is over.
pub(crate) fn delete_expired(conn: &mut Conn, at: i64) -> Result<(), DbError> {
    let expired = nodes::table.filter(nodes::expires_at.le(at));
    on!(conn, |c| diesel::delete(expired).execute(c))?;
    Ok(())
}
