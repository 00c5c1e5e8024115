//! The table `authority`: one row, or none before `ca init`.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::authority;

/// The authority as it is kept. No `Debug`: it holds a key.
pub(crate) struct AuthorityRow {
    /// PEM
    pub(crate) root: String,
    /// PEM
    pub(crate) intermediate: String,
    /// The intermediate's, in PKCS#8.
    pub(crate) private_key: Vec<u8>,
    pub(crate) created_at_us: i64,
}

const THE_ONE: i64 = 1;

pub(crate) fn find(conn: &mut Conn) -> Result<Option<AuthorityRow>, DbError> {
    let row: Option<(i64, String, String, Vec<u8>, i64)> =
        on!(conn, |c| authority::table.find(THE_ONE).first(c).optional())?;
    Ok(row.map(
        |(_, root, intermediate, private_key, created_at_us)| AuthorityRow {
            root,
            intermediate,
            private_key,
            created_at_us,
        },
    ))
}

/// The root certificate alone, as PEM.
pub(crate) fn root(conn: &mut Conn) -> Result<Option<String>, DbError> {
    let root = authority::table.find(THE_ONE).select(authority::root);
    Ok(on!(conn, |c| root.first(c).optional())?)
}

/// When the authority was made.
pub(crate) fn created_at_us(conn: &mut Conn) -> Result<Option<i64>, DbError> {
    let created = authority::table.find(THE_ONE).select(authority::created_at_us);
    Ok(on!(conn, |c| created.first(c).optional())?)
}

/// Keeps the first authority; false if there is one.
pub(crate) fn insert(conn: &mut Conn, row: &AuthorityRow) -> Result<bool, DbError> {
    let row = (
        authority::id.eq(THE_ONE),
        authority::root.eq(&row.root),
        authority::intermediate.eq(&row.intermediate),
        authority::private_key.eq(&row.private_key),
        authority::created_at_us.eq(row.created_at_us),
    );
    let inserted = on!(conn, |c| diesel::insert_into(authority::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(inserted == 1)
}

/// Forgets the authority, so that another one can take its place.
pub(crate) fn delete(conn: &mut Conn) -> Result<(), DbError> {
    on!(conn, |c| diesel::delete(authority::table).execute(c))?;
    Ok(())
}
