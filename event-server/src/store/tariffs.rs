//! The tables `tariffs` and `tariff_versions`: versions are added and never changed. One that holds or has held is never
//! deleted.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::{tariff_versions, tariffs};

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = tariffs)]
pub(crate) struct Tariff {
    pub(crate) id: String,
    pub(crate) tenant_id: String,
    pub(crate) name: String,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = tariff_versions)]
pub(crate) struct TariffVersion {
    pub(crate) id: String,
    pub(crate) tariff_id: String,
    pub(crate) valid_from: i64,
    /// `api_spec::rest::TariffTerms` as JSON.
    pub(crate) terms: String,
    pub(crate) created_at: i64,
}

pub(crate) fn insert(conn: &mut Conn, tariff: &Tariff) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(tariffs::table)
        .values(tariff)
        .execute(c))?;
    Ok(())
}

/// The tariff was edited: holds its row until the transaction ends.
pub(crate) fn update_edited(conn: &mut Conn, id: &str, updated_at: i64) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(tariffs::table.find(id))
        .set(tariffs::updated_at.eq(updated_at))
        .execute(c))?;
    Ok(())
}

pub(crate) fn delete_version(conn: &mut Conn, id: &str) -> Result<(), DbError> {
    on!(conn, |c| diesel::delete(tariff_versions::table.find(id))
        .execute(c))?;
    Ok(())
}

pub(crate) fn insert_version(conn: &mut Conn, version: &TariffVersion) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(tariff_versions::table)
        .values(version)
        .execute(c))?;
    Ok(())
}

pub(crate) fn find(conn: &mut Conn, tenant_id: &str, id: &str) -> Result<Option<Tariff>, DbError> {
    Ok(on!(conn, |c| tariffs::table
        .find(id)
        .filter(tariffs::tenant_id.eq(tenant_id))
        .select(Tariff::as_select())
        .first(c)
        .optional())?)
}

/// The tariffs after `after`, by id.
pub(crate) fn list(
    conn: &mut Conn,
    tenant_id: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<Tariff>, DbError> {
    Ok(on!(conn, |c| tariffs::table
        .filter(tariffs::tenant_id.eq(tenant_id).and(tariffs::id.gt(after)))
        .order(tariffs::id)
        .limit(limit)
        .select(Tariff::as_select())
        .load(c))?)
}

/// The versions of some tariffs, the oldest first.
pub(crate) fn list_versions(conn: &mut Conn, tariff_ids: &[String]) -> Result<Vec<TariffVersion>, DbError> {
    Ok(on!(conn, |c| tariff_versions::table
        .filter(tariff_versions::tariff_id.eq_any(tariff_ids))
        .order((tariff_versions::tariff_id, tariff_versions::valid_from))
        .select(TariffVersion::as_select())
        .load(c))?)
}

/// The version in force at a moment.
pub(crate) fn find_version(
    conn: &mut Conn,
    tariff_id: &str,
    at: i64,
) -> Result<Option<TariffVersion>, DbError> {
    Ok(on!(conn, |c| tariff_versions::table
        .filter(tariff_versions::tariff_id.eq(tariff_id))
        .filter(tariff_versions::valid_from.le(at))
        .order(tariff_versions::valid_from.desc())
        .select(TariffVersion::as_select())
        .first(c)
        .optional())?)
}
