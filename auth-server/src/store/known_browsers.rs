//! The table `known_browsers`.

use diesel::prelude::*;
use foundation::secrets::SecretHash;
use foundation::{Conn, DbError, on};

use super::schema::{known_browsers, people};

/// Whether whoever has this address has signed in with this browser before.
pub(crate) fn knows(conn: &mut Conn, browser: SecretHash, email: &str, now_us: i64) -> Result<bool, DbError> {
    let found: Option<String> = on!(conn, |c| known_browsers::table
        .inner_join(people::table)
        .filter(known_browsers::hash.eq(browser.to_text()))
        .filter(known_browsers::expires_at_us.gt(now_us))
        .filter(people::email.eq(email))
        .select(known_browsers::person_id)
        .first(c)
        .optional())?;
    Ok(found.is_some())
}

pub(crate) fn replace(
    conn: &mut Conn,
    browser: SecretHash,
    person_id: &str,
    expires_at_us: i64,
) -> Result<(), DbError> {
    let row = (
        known_browsers::hash.eq(browser.to_text()),
        known_browsers::person_id.eq(person_id),
        known_browsers::expires_at_us.eq(expires_at_us),
    );
    on!(conn, |c| diesel::insert_into(known_browsers::table)
        .values(row)
        .on_conflict((known_browsers::hash, known_browsers::person_id))
        .do_update()
        .set(known_browsers::expires_at_us.eq(expires_at_us))
        .execute(c))?;
    Ok(())
}

pub(crate) fn delete_all(conn: &mut Conn, person_id: &str) -> Result<(), DbError> {
    let rows = known_browsers::table.filter(known_browsers::person_id.eq(person_id));
    on!(conn, |c| diesel::delete(rows).execute(c))?;
    Ok(())
}

pub(crate) fn delete_expired(conn: &mut Conn, now_us: i64) -> Result<(), DbError> {
    let over = known_browsers::table.filter(known_browsers::expires_at_us.lt(now_us));
    on!(conn, |c| diesel::delete(over).execute(c))?;
    Ok(())
}
