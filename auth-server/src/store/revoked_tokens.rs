//! The table `revoked_tokens`.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::revoked_tokens;

#[derive(Clone, Debug, Queryable)]
pub(crate) struct RevokedToken {
    pub(crate) jti: String,
    pub(crate) revoked_at_us: i64,
    pub(crate) expires_at_us: i64,
}

/// False if it was revoked before.
pub(crate) fn insert(conn: &mut Conn, token: &RevokedToken) -> Result<bool, DbError> {
    let row = (
        revoked_tokens::jti.eq(&token.jti),
        revoked_tokens::revoked_at_us.eq(token.revoked_at_us),
        revoked_tokens::expires_at_us.eq(token.expires_at_us),
    );
    let inserted = on!(conn, |c| diesel::insert_into(revoked_tokens::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(inserted == 1)
}

/// Those revoked at or after a moment.
pub(crate) fn list_since(conn: &mut Conn, revoked_at_us: i64) -> Result<Vec<RevokedToken>, DbError> {
    Ok(on!(conn, |c| revoked_tokens::table
        .filter(revoked_tokens::revoked_at_us.ge(revoked_at_us))
        .load(c))?)
}

/// Forgets the tokens that have expired since.
pub(crate) fn delete_expired(conn: &mut Conn, now_us: i64) -> Result<(), DbError> {
    let expired = revoked_tokens::table.filter(revoked_tokens::expires_at_us.lt(now_us));
    on!(conn, |c| diesel::delete(expired).execute(c))?;
    Ok(())
}

pub(crate) fn contains(conn: &mut Conn, jti: &str) -> Result<bool, DbError> {
    let found: Option<String> = on!(conn, |c| revoked_tokens::table
        .find(jti)
        .select(revoked_tokens::jti)
        .first(c)
        .optional())?;
    Ok(found.is_some())
}
