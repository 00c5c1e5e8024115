//! The tables `passkeys` and `passkey_challenges`.

use diesel::prelude::*;
use foundation::secrets::SecretHash;
use foundation::{Conn, DbError, on};

use super::schema::{passkey_challenges, passkeys};

/// A key of a person's.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = passkeys)]
pub(crate) struct Passkey {
    pub(crate) id: String,
    pub(crate) person_id: String,
    /// What the browser called itself that made it.
    pub(crate) device: String,
    pub(crate) public_key: Vec<u8>,
    pub(crate) sign_count: i64,
    pub(crate) created_at_us: i64,
    pub(crate) used_at_us: Option<i64>,
}

/// False if the key is known, whosever it is.
pub(crate) fn insert(conn: &mut Conn, key: &Passkey) -> Result<bool, DbError> {
    let row = (
        passkeys::id.eq(&key.id),
        passkeys::person_id.eq(&key.person_id),
        passkeys::device.eq(&key.device),
        passkeys::public_key.eq(&key.public_key),
        passkeys::sign_count.eq(key.sign_count),
        passkeys::created_at_us.eq(key.created_at_us),
        passkeys::used_at_us.eq(key.used_at_us),
    );
    let inserted = on!(conn, |c| diesel::insert_into(passkeys::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(inserted == 1)
}

pub(crate) fn find(conn: &mut Conn, id: &str) -> Result<Option<Passkey>, DbError> {
    Ok(on!(conn, |c| passkeys::table
        .find(id)
        .select(Passkey::as_select())
        .first(c)
        .optional())?)
}

/// Those of a person, the newest first.
pub(crate) fn list(conn: &mut Conn, person_id: &str) -> Result<Vec<Passkey>, DbError> {
    Ok(on!(conn, |c| passkeys::table
        .filter(passkeys::person_id.eq(person_id))
        .order(passkeys::created_at_us.desc())
        .select(Passkey::as_select())
        .load(c))?)
}

/// Moves the count on from where it was, in one statement; false if somebody was faster.
pub(crate) fn update_used(
    conn: &mut Conn,
    before: &Passkey,
    sign_count: i64,
    used_at_us: i64,
) -> Result<bool, DbError> {
    let row = passkeys::table
        .filter(passkeys::id.eq(&before.id))
        .filter(passkeys::sign_count.eq(before.sign_count));
    Ok(on!(conn, |c| diesel::update(row)
        .set((
            passkeys::sign_count.eq(sign_count),
            passkeys::used_at_us.eq(used_at_us)
        ))
        .execute(c))?
        == 1)
}

/// False if this person has no such key.
pub(crate) fn delete(conn: &mut Conn, person_id: &str, id: &str) -> Result<bool, DbError> {
    let row = passkeys::table
        .filter(passkeys::id.eq(id))
        .filter(passkeys::person_id.eq(person_id));
    Ok(on!(conn, |c| diesel::delete(row).execute(c))? == 1)
}

pub(crate) fn delete_all(conn: &mut Conn, person_id: &str) -> Result<(), DbError> {
    let rows = passkeys::table.filter(passkeys::person_id.eq(person_id));
    on!(conn, |c| diesel::delete(rows).execute(c))?;
    Ok(())
}

pub(crate) fn insert_challenge(
    conn: &mut Conn,
    challenge: SecretHash,
    expires_at_us: i64,
) -> Result<(), DbError> {
    let row = (
        passkey_challenges::hash.eq(challenge.to_text()),
        passkey_challenges::expires_at_us.eq(expires_at_us),
    );
    on!(conn, |c| diesel::insert_into(passkey_challenges::table)
        .values(row)
        .execute(c))?;
    Ok(())
}

/// Takes a challenge for answered, in one statement; false if it was answered before, is over, or not ours.
pub(crate) fn take_challenge(conn: &mut Conn, challenge: SecretHash, now_us: i64) -> Result<bool, DbError> {
    let open = passkey_challenges::table
        .filter(passkey_challenges::hash.eq(challenge.to_text()))
        .filter(passkey_challenges::expires_at_us.gt(now_us));
    Ok(on!(conn, |c| diesel::delete(open).execute(c))? == 1)
}

pub(crate) fn delete_expired(conn: &mut Conn, now_us: i64) -> Result<(), DbError> {
    let over = passkey_challenges::table.filter(passkey_challenges::expires_at_us.lt(now_us));
    on!(conn, |c| diesel::delete(over).execute(c))?;
    Ok(())
}
