//! The table `drivers`.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::drivers;

#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = drivers, treat_none_as_null = true, primary_key(tenant_id, id))]
pub(crate) struct Driver {
    pub(crate) tenant_id: String,
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) unit: Option<String>,
    /// JSON array of sites' ids: all of their outlets.
    pub(crate) sites: String,
    /// JSON array of outlets' ids.
    pub(crate) outlets: String,
    pub(crate) blocked: bool,
    pub(crate) valid_from: Option<i64>,
    pub(crate) valid_until: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

pub(crate) fn insert(conn: &mut Conn, driver: &Driver) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(drivers::table)
        .values(driver)
        .execute(c))?;
    Ok(())
}

pub(crate) fn update(conn: &mut Conn, driver: &Driver) -> Result<(), DbError> {
    let row = drivers::table.find((&driver.tenant_id, &driver.id));
    on!(conn, |c| diesel::update(row).set(driver).execute(c))?;
    Ok(())
}

pub(crate) fn find(conn: &mut Conn, tenant_id: &str, id: &str) -> Result<Option<Driver>, DbError> {
    Ok(on!(conn, |c| drivers::table
        .find((tenant_id, id))
        .select(Driver::as_select())
        .get_result(c)
        .optional())?)
}

/// The drivers after `after`, by id; of one unit if given.
pub(crate) fn list(
    conn: &mut Conn,
    tenant_id: &str,
    unit: Option<&str>,
    after: &str,
    limit: i64,
) -> Result<Vec<Driver>, DbError> {
    Ok(on!(conn, |c| {
        let mut query = drivers::table
            .filter(drivers::tenant_id.eq(tenant_id).and(drivers::id.gt(after)))
            .order(drivers::id)
            .limit(limit)
            .select(Driver::as_select())
            .into_boxed();
        if let Some(unit) = unit {
            query = query.filter(drivers::unit.eq(unit));
        }
        query.load(c)
    })?)
}

pub(crate) fn delete(conn: &mut Conn, tenant_id: &str, id: &str) -> Result<(), DbError> {
    let row = drivers::table.find((tenant_id, id));
    on!(conn, |c| diesel::delete(row).execute(c))?;
    Ok(())
}

/// Who may charge at a site, by id. Sites are kept as a JSON list of ids, which have no special characters.
pub(crate) fn list_of_site(
    conn: &mut Conn,
    tenant_id: &str,
    site_id: &str,
    limit: i64,
) -> Result<Vec<Driver>, DbError> {
    let named = format!("%\"{site_id}\"%");
    Ok(on!(conn, |c| drivers::table
        .filter(drivers::tenant_id.eq(tenant_id).and(drivers::sites.like(&named)))
        .order(drivers::id)
        .limit(limit)
        .select(Driver::as_select())
        .load(c))?)
}

pub(crate) fn list_by_ids(conn: &mut Conn, tenant_id: &str, ids: &[String]) -> Result<Vec<Driver>, DbError> {
    Ok(on!(conn, |c| drivers::table
        .filter(drivers::tenant_id.eq(tenant_id).and(drivers::id.eq_any(ids)))
        .select(Driver::as_select())
        .load(c))?)
}

/// The names of those that have one, by id.
pub(crate) fn names(
    conn: &mut Conn,
    tenant_id: &str,
    ids: &[String],
) -> Result<std::collections::HashMap<String, String>, DbError> {
    let known = list_by_ids(conn, tenant_id, ids)?.into_iter();
    Ok(known
        .filter_map(|driver| Some((driver.id, driver.name?)))
        .collect())
}
