//! The table `client_keys`.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::client_keys;
use super::unreadable;
use crate::keys::Jwk;

/// client_id, x, y
pub(super) type ClientKeyRow = (String, String, String);

/// The public keys of one client, the newest first.
pub(super) fn list(conn: &mut Conn, client_id: &str) -> Result<Vec<ClientKeyRow>, DbError> {
    Ok(on!(conn, |c| client_keys::table
        .filter(client_keys::client_id.eq(client_id))
        .order(client_keys::created_at_us.desc())
        .select((client_keys::client_id, client_keys::x, client_keys::y))
        .load(c))?)
}

pub(super) fn list_all(conn: &mut Conn) -> Result<Vec<ClientKeyRow>, DbError> {
    Ok(on!(conn, |c| client_keys::table
        .order(client_keys::created_at_us.desc())
        .select((client_keys::client_id, client_keys::x, client_keys::y))
        .load(c))?)
}

pub(super) fn insert(conn: &mut Conn, client_id: &str, key: &Jwk, created_at_us: i64) -> Result<(), DbError> {
    let row = (
        client_keys::client_id.eq(client_id),
        client_keys::kid.eq(&key.kid),
        client_keys::x.eq(&key.x),
        client_keys::y.eq(&key.y),
        client_keys::created_at_us.eq(created_at_us),
    );
    on!(conn, |c| diesel::insert_into(client_keys::table)
        .values(row)
        .execute(c))?;
    Ok(())
}

/// The key of a row.
pub(super) fn key((_, x, y): &ClientKeyRow) -> Result<Jwk, DbError> {
    Jwk::of_coordinates(x, y).ok_or_else(|| unreadable("x, y"))
}
