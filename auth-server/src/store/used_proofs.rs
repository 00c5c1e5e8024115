//! The table `used_proofs`.

use diesel::prelude::*;
use foundation::secrets::SecretHash;
use foundation::{Conn, DbError, on};

use super::schema::used_proofs;

/// Takes a proof for used, in one statement; false if it was used before, on whichever node.
pub(crate) fn claim(conn: &mut Conn, hash: SecretHash, expires_at_us: i64) -> Result<bool, DbError> {
    let row = (
        used_proofs::hash.eq(hash.to_text()),
        used_proofs::expires_at_us.eq(expires_at_us),
    );
    let inserted = on!(conn, |c| diesel::insert_into(used_proofs::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(inserted == 1)
}

/// Forgets what could not be used any more.
pub(crate) fn delete_expired(conn: &mut Conn, now_us: i64) -> Result<(), DbError> {
    let expired = used_proofs::table.filter(used_proofs::expires_at_us.lt(now_us));
    on!(conn, |c| diesel::delete(expired).execute(c))?;
    Ok(())
}
