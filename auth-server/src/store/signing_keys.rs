//! The table `signing_keys`.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::signing_keys;
use crate::keys::KeyLife;

#[derive(Clone, PartialEq, Eq, Queryable)]
pub(crate) struct SigningKeyRow {
    pub(crate) kid: String,
    pub(crate) generation: i64,
    pub(crate) algorithm: String,
    /// PKCS#8; gone once nothing that it signed can still be good.
    pub(crate) private_key: Option<Vec<u8>>,
    pub(crate) created_at_us: i64,
    pub(crate) active_from_us: i64,
    pub(crate) revoked_at_us: Option<i64>,
}

impl SigningKeyRow {
    pub(crate) fn life(&self) -> KeyLife {
        KeyLife {
            generation: self.generation,
            active_from_us: self.active_from_us,
            revoked_at_us: self.revoked_at_us,
        }
    }
}

/// All keys that ever were, the newest first.
pub(crate) fn list(conn: &mut Conn) -> Result<Vec<SigningKeyRow>, DbError> {
    Ok(on!(conn, |c| signing_keys::table
        .order(signing_keys::generation.desc())
        .load(c))?)
}

/// Keeps a key; false if another node was first with that generation.
pub(crate) fn insert(conn: &mut Conn, key: &SigningKeyRow) -> Result<bool, DbError> {
    let row = (
        signing_keys::kid.eq(&key.kid),
        signing_keys::generation.eq(key.generation),
        signing_keys::algorithm.eq(&key.algorithm),
        signing_keys::private_key.eq(&key.private_key),
        signing_keys::created_at_us.eq(key.created_at_us),
        signing_keys::active_from_us.eq(key.active_from_us),
        signing_keys::revoked_at_us.eq(key.revoked_at_us),
    );
    let inserted = on!(conn, |c| diesel::insert_into(signing_keys::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(inserted == 1)
}

pub(crate) fn update_active_from(
    conn: &mut Conn,
    generation: i64,
    active_from_us: i64,
) -> Result<(), DbError> {
    let row = signing_keys::table.filter(signing_keys::generation.eq(generation));
    on!(conn, |c| diesel::update(row)
        .set(signing_keys::active_from_us.eq(active_from_us))
        .execute(c))?;
    Ok(())
}

pub(crate) fn update_revoked(conn: &mut Conn, kid: &str, revoked_at_us: i64) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(signing_keys::table.find(kid))
        .set((
            signing_keys::revoked_at_us.eq(revoked_at_us),
            signing_keys::private_key.eq(None::<Vec<u8>>),
        ))
        .execute(c))?;
    Ok(())
}

/// Forgets the private half.
pub(crate) fn erase_private(conn: &mut Conn, kid: &str) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(signing_keys::table.find(kid))
        .set(signing_keys::private_key.eq(None::<Vec<u8>>))
        .execute(c))?;
    Ok(())
}
