//! The table `browser_sessions`.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::browser_sessions as table;

/// A browser that somebody has signed in with.
#[derive(Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = table)]
pub(crate) struct BrowserSession {
    /// Of the cookie.
    pub(crate) hash: String,
    pub(crate) person_id: String,
    pub(crate) tenant_id: String,
    pub(crate) name: String,
    /// JSON.
    pub(crate) roles: String,
    pub(crate) sealed: String,
    pub(crate) ask_at_us: i64,
    pub(crate) good_until_us: i64,
    pub(crate) expires_at_us: i64,
    /// Until when a request asks the issuer; nobody does, where that is past.
    pub(crate) asking_until_us: i64,
}

pub(crate) fn insert(conn: &mut Conn, session: &BrowserSession) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(table::table)
        .values(session)
        .execute(c))?;
    Ok(())
}

pub(crate) fn find(conn: &mut Conn, hash: &str, now_us: i64) -> Result<Option<BrowserSession>, DbError> {
    Ok(on!(conn, |c| table::table
        .find(hash)
        .filter(table::expires_at_us.gt(now_us))
        .select(BrowserSession::as_select())
        .first(c)
        .optional())?)
}

/// Whether it is for this request to ask the issuer, because that was due by `due_us`; nobody else does until `until_us`, for
/// a refresh token is good once.
pub(crate) fn claim(
    conn: &mut Conn,
    hash: &str,
    due_us: i64,
    (now_us, until_us): (i64, i64),
) -> Result<bool, DbError> {
    let due = table::table.filter(table::hash.eq(hash).and(table::ask_at_us.le(due_us)));
    let unasked = due.filter(table::asking_until_us.le(now_us));
    let rows = on!(conn, |c| diesel::update(unasked)
        .set(table::asking_until_us.eq(until_us))
        .execute(c))?;
    Ok(rows == 1)
}

pub(crate) fn update(conn: &mut Conn, session: &BrowserSession) -> Result<(), DbError> {
    let row = table::table.find(&session.hash);
    on!(conn, |c| diesel::update(row).set(session).execute(c))?;
    Ok(())
}

pub(crate) fn delete(conn: &mut Conn, hash: &str) -> Result<(), DbError> {
    on!(conn, |c| diesel::delete(table::table.find(hash)).execute(c))?;
    Ok(())
}

/// Somebody's, but for one.
pub(crate) fn delete_others(
    conn: &mut Conn,
    (tenant_id, person_id): (&str, &str),
    hash: &str,
) -> Result<(), DbError> {
    let others = table::table.filter(
        table::tenant_id
            .eq(tenant_id)
            .and(table::person_id.eq(person_id))
            .and(table::hash.ne(hash)),
    );
    on!(conn, |c| diesel::delete(others).execute(c))?;
    Ok(())
}

/// What those of these people are called who have signed in here, by their ids.
pub(crate) fn names(
    conn: &mut Conn,
    tenant_id: &str,
    ids: &[String],
) -> Result<Vec<(String, String)>, DbError> {
    Ok(on!(conn, |c| table::table
        .filter(table::tenant_id.eq(tenant_id))
        .filter(table::person_id.eq_any(ids))
        .select((table::person_id, table::name))
        .load(c))?)
}

pub(crate) fn delete_expired(conn: &mut Conn, now_us: i64) -> Result<(), DbError> {
    let over = table::table.filter(table::expires_at_us.le(now_us));
    on!(conn, |c| diesel::delete(over).execute(c))?;
    Ok(())
}
