//! The tables `presence_secrets`, `presence_proofs` and `presence_tries`: who stands at an outlet.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::{outlets, presence_proofs, presence_secrets, presence_tries};

/// What a browser keeps after it was at an outlet.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = presence_proofs)]
pub(crate) struct Proof {
    pub(crate) hash: String,
    pub(crate) outlet_key: i64,
    pub(crate) expires_at: i64,
}

pub(crate) fn find_secret(conn: &mut Conn, outlet_key: i64) -> Result<Option<String>, DbError> {
    Ok(on!(conn, |c| presence_secrets::table
        .find(outlet_key)
        .select(presence_secrets::secret)
        .first(c)
        .optional())?)
}

/// The secret and the public code of an outlet, whatever the tenant.
pub(crate) fn find_secret_by_id(
    conn: &mut Conn,
    outlet_id: &str,
) -> Result<Option<(String, String)>, DbError> {
    Ok(on!(conn, |c| presence_secrets::table
        .inner_join(outlets::table)
        .filter(outlets::id.eq(outlet_id))
        .select((presence_secrets::secret, outlets::public_code))
        .first(c)
        .optional())?)
}

pub(crate) fn replace_secret(
    conn: &mut Conn,
    outlet_key: i64,
    secret: &str,
    now_us: i64,
) -> Result<(), DbError> {
    let made = (
        presence_secrets::secret.eq(secret),
        presence_secrets::made_at.eq(now_us),
    );
    on!(conn, |c| diesel::insert_into(presence_secrets::table)
        .values((presence_secrets::outlet_key.eq(outlet_key), made))
        .on_conflict(presence_secrets::outlet_key)
        .do_update()
        .set(made)
        .execute(c))?;
    Ok(())
}

pub(crate) fn insert_proof(conn: &mut Conn, proof: &Proof) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(presence_proofs::table)
        .values(proof)
        .execute(c))?;
    Ok(())
}

pub(crate) fn has_proof(conn: &mut Conn, hash: &str, outlet_key: i64, now_us: i64) -> Result<bool, DbError> {
    let found: Option<String> = on!(conn, |c| presence_proofs::table
        .find(hash)
        .filter(presence_proofs::outlet_key.eq(outlet_key))
        .filter(presence_proofs::expires_at.gt(now_us))
        .select(presence_proofs::hash)
        .first(c)
        .optional())?;
    Ok(found.is_some())
}

/// Uses it up; whether it was good.
pub(crate) fn take_proof(conn: &mut Conn, hash: &str, outlet_key: i64, now_us: i64) -> Result<bool, DbError> {
    let row = presence_proofs::table
        .find(hash)
        .filter(presence_proofs::outlet_key.eq(outlet_key))
        .filter(presence_proofs::expires_at.gt(now_us));
    let rows = on!(conn, |c| diesel::delete(row).execute(c))?;
    Ok(rows == 1)
}

pub(crate) fn delete_proofs_before(conn: &mut Conn, now_us: i64) -> Result<(), DbError> {
    let over = presence_proofs::table.filter(presence_proofs::expires_at.le(now_us));
    on!(conn, |c| diesel::delete(over).execute(c))?;
    Ok(())
}

pub(crate) fn insert_try(
    conn: &mut Conn,
    (tenant_id, driver_id): (&str, &str),
    now_us: i64,
) -> Result<(), DbError> {
    let row = (
        presence_tries::tenant_id.eq(tenant_id),
        presence_tries::driver_id.eq(driver_id),
        presence_tries::tried_at.eq(now_us),
    );
    on!(conn, |c| diesel::insert_into(presence_tries::table)
        .values(row)
        .execute(c))?;
    Ok(())
}

pub(crate) fn count_tries(conn: &mut Conn, tenant_id: &str, driver_id: &str) -> Result<i64, DbError> {
    Ok(on!(conn, |c| presence_tries::table
        .filter(presence_tries::tenant_id.eq(tenant_id))
        .filter(presence_tries::driver_id.eq(driver_id))
        .count()
        .get_result(c))?)
}

pub(crate) fn delete_tries(conn: &mut Conn, tenant_id: &str, driver_id: &str) -> Result<(), DbError> {
    let rows = presence_tries::table
        .filter(presence_tries::tenant_id.eq(tenant_id))
        .filter(presence_tries::driver_id.eq(driver_id));
    on!(conn, |c| diesel::delete(rows).execute(c))?;
    Ok(())
}

pub(crate) fn delete_tries_before(conn: &mut Conn, before_us: i64) -> Result<(), DbError> {
    let rows = presence_tries::table.filter(presence_tries::tried_at.lt(before_us));
    on!(conn, |c| diesel::delete(rows).execute(c))?;
    Ok(())
}
