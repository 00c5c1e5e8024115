//! The table `idempotency_keys`: what was answered, so that a repeated request does nothing twice.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::idempotency_keys;

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = idempotency_keys)]
pub(crate) struct IdempotencyKey {
    pub(crate) client_id: String,
    pub(crate) key: String,
    pub(crate) request_hash: String,
    pub(crate) body: String,
    pub(crate) created_at: i64,
}

pub(crate) fn find(conn: &mut Conn, client_id: &str, key: &str) -> Result<Option<IdempotencyKey>, DbError> {
    Ok(on!(conn, |c| idempotency_keys::table
        .find((client_id, key))
        .select(IdempotencyKey::as_select())
        .first(c)
        .optional())?)
}

pub(crate) fn insert(conn: &mut Conn, row: &IdempotencyKey) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(idempotency_keys::table)
        .values(row)
        .execute(c))?;
    Ok(())
}

/// Forgets what was answered before `before`.
pub(crate) fn delete_older(conn: &mut Conn, before: i64) -> Result<(), DbError> {
    let old = idempotency_keys::table.filter(idempotency_keys::created_at.lt(before));
    on!(conn, |c| diesel::delete(old).execute(c))?;
    Ok(())
}
