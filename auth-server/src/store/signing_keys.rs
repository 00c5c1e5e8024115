//! The table `signing_keys`.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::signing_keys;

/// Signs; there is exactly one.
pub(crate) const ACTIVE: &str = "active";
/// Signs no more; still published while tokens that it signed are good.
pub(crate) const GRACE: &str = "grace";

#[derive(Queryable)]
pub(crate) struct SigningKeyRow {
    pub(crate) kid: String,
    pub(crate) algorithm: String,
    /// PKCS#8.
    pub(crate) private_key: Vec<u8>,
    pub(crate) state: String,
    pub(crate) created_at_us: i64,
}

/// The keys that may have signed a token that is still good: the active one first, then the newest.
pub(crate) fn list_published(conn: &mut Conn) -> Result<Vec<SigningKeyRow>, DbError> {
    Ok(on!(conn, |c| signing_keys::table
        .filter(signing_keys::state.eq_any([ACTIVE, GRACE]))
        .order((signing_keys::state, signing_keys::created_at_us.desc()))
        .load(c))?)
}

/// Keeps a key; one that is to be active is let go if another server was first.
pub(crate) fn insert(conn: &mut Conn, key: &SigningKeyRow) -> Result<(), DbError> {
    let row = (
        signing_keys::kid.eq(&key.kid),
        signing_keys::algorithm.eq(&key.algorithm),
        signing_keys::private_key.eq(&key.private_key),
        signing_keys::state.eq(&key.state),
        signing_keys::created_at_us.eq(key.created_at_us),
    );
    on!(conn, |c| diesel::insert_into(signing_keys::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}
