//! The table `sites`.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::sites;

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = sites)]
pub(crate) struct Site {
    pub(crate) id: String,
    pub(crate) tenant_id: String,
    pub(crate) name: String,
    pub(crate) address: Option<String>,
    pub(crate) zone: String,
    pub(crate) energy_yen_per_kwh: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

pub(crate) fn insert(conn: &mut Conn, site: &Site) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(sites::table)
        .values(site)
        .execute(c))?;
    Ok(())
}

pub(crate) fn find(conn: &mut Conn, tenant_id: &str, id: &str) -> Result<Option<Site>, DbError> {
    Ok(on!(conn, |c| sites::table
        .find(id)
        .filter(sites::tenant_id.eq(tenant_id))
        .select(Site::as_select())
        .first(c)
        .optional())?)
}

/// Unless it was changed since `before`; whether it was not.
pub(crate) fn update(conn: &mut Conn, site: &Site, before: i64) -> Result<bool, DbError> {
    let unchanged = sites::table.filter(sites::id.eq(&site.id).and(sites::updated_at.eq(before)));
    let rows = on!(conn, |c| diesel::update(unchanged)
        .set((
            sites::energy_yen_per_kwh.eq(site.energy_yen_per_kwh),
            sites::updated_at.eq(site.updated_at),
        ))
        .execute(c))?;
    Ok(rows == 1)
}

/// The sites after `after`, by id.
pub(crate) fn list(conn: &mut Conn, tenant_id: &str, after: &str, limit: i64) -> Result<Vec<Site>, DbError> {
    Ok(on!(conn, |c| sites::table
        .filter(sites::tenant_id.eq(tenant_id).and(sites::id.gt(after)))
        .order(sites::id)
        .limit(limit)
        .select(Site::as_select())
        .load(c))?)
}

/// Every site of every tenant, for the page on loopback.
pub(crate) fn list_all(conn: &mut Conn, limit: i64) -> Result<Vec<Site>, DbError> {
    Ok(on!(conn, |c| sites::table
        .order(sites::id)
        .limit(limit)
        .select(Site::as_select())
        .load(c))?)
}
