//! The table `login_sessions`.

use diesel::prelude::*;
use foundation::secrets::SecretHash;
use foundation::{Conn, DbError, on};

use super::schema::login_sessions;

/// A browser that a person has signed in with.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = login_sessions)]
pub(crate) struct LoginSession {
    pub(crate) id: String,
    pub(crate) person_id: String,
    /// What the browser calls itself.
    pub(crate) device: String,
    /// How the person proved who they are (RFC 8176): `pwd`.
    pub(crate) method: String,
    pub(crate) authenticated_at_us: i64,
    pub(crate) seen_at_us: i64,
    pub(crate) expires_at_us: i64,
}

pub(crate) fn insert(conn: &mut Conn, cookie: SecretHash, session: &LoginSession) -> Result<(), DbError> {
    let row = (
        login_sessions::hash.eq(cookie.to_text()),
        login_sessions::id.eq(&session.id),
        login_sessions::person_id.eq(&session.person_id),
        login_sessions::device.eq(&session.device),
        login_sessions::method.eq(&session.method),
        login_sessions::authenticated_at_us.eq(session.authenticated_at_us),
        login_sessions::seen_at_us.eq(session.seen_at_us),
        login_sessions::expires_at_us.eq(session.expires_at_us),
    );
    on!(conn, |c| diesel::insert_into(login_sessions::table)
        .values(row)
        .execute(c))?;
    Ok(())
}

/// One that is not over.
pub(crate) fn find(
    conn: &mut Conn,
    cookie: SecretHash,
    now_us: i64,
) -> Result<Option<LoginSession>, DbError> {
    Ok(on!(conn, |c| login_sessions::table
        .find(cookie.to_text())
        .filter(login_sessions::expires_at_us.gt(now_us))
        .select(LoginSession::as_select())
        .first(c)
        .optional())?)
}

/// The ones of a person that are not over, the one seen last first.
pub(crate) fn list(conn: &mut Conn, person_id: &str, now_us: i64) -> Result<Vec<LoginSession>, DbError> {
    Ok(on!(conn, |c| login_sessions::table
        .filter(login_sessions::person_id.eq(person_id))
        .filter(login_sessions::expires_at_us.gt(now_us))
        .order(login_sessions::seen_at_us.desc())
        .select(LoginSession::as_select())
        .load(c))?)
}

pub(crate) fn update_seen(conn: &mut Conn, id: &str, seen_at_us: i64) -> Result<(), DbError> {
    let row = login_sessions::table.filter(login_sessions::id.eq(id));
    on!(conn, |c| diesel::update(row)
        .set(login_sessions::seen_at_us.eq(seen_at_us))
        .execute(c))?;
    Ok(())
}

/// Ends a session of this person; false if there is none.
pub(crate) fn delete(conn: &mut Conn, person_id: &str, id: &str) -> Result<bool, DbError> {
    let row = login_sessions::table
        .filter(login_sessions::id.eq(id))
        .filter(login_sessions::person_id.eq(person_id));
    Ok(on!(conn, |c| diesel::delete(row).execute(c))? == 1)
}

pub(crate) fn delete_all(conn: &mut Conn, person_id: &str) -> Result<(), DbError> {
    let rows = login_sessions::table.filter(login_sessions::person_id.eq(person_id));
    on!(conn, |c| diesel::delete(rows).execute(c))?;
    Ok(())
}

pub(crate) fn delete_expired(conn: &mut Conn, now_us: i64) -> Result<(), DbError> {
    let over = login_sessions::table.filter(login_sessions::expires_at_us.lt(now_us));
    on!(conn, |c| diesel::delete(over).execute(c))?;
    Ok(())
}
