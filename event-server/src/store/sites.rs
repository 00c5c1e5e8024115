//! The table `sites`.

use diesel::prelude::*;
use domain::place::Bounds;
use foundation::{Conn, DbError, on};

use super::schema::sites;

#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = sites, treat_none_as_null = true)]
pub(crate) struct Site {
    pub(crate) id: String,
    pub(crate) tenant_id: String,
    pub(crate) name: String,
    pub(crate) address: Option<String>,
    pub(crate) zone: String,
    pub(crate) energy_yen_per_kwh: Option<i64>,
    /// JSON.
    pub(crate) postal_address: Option<String>,
    pub(crate) latitude_udeg: Option<i64>,
    pub(crate) longitude_udeg: Option<i64>,
    pub(crate) contracted_demand_w: Option<i64>,
    pub(crate) tariff_id: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    /// Whom it lets charge.
    pub(crate) drivers: String,
    /// Who must show that they stand at the outlet.
    pub(crate) presence: String,
}

/// A site's id and where it is.
pub(crate) type Spot = (String, Option<i64>, Option<i64>);

/// Which sites.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Changed later than this.
    pub(crate) updated_after: Option<i64>,
    pub(crate) within: Option<Bounds>,
    /// The id of the last one known.
    pub(crate) after: String,
    /// Without it all.
    pub(crate) limit: Option<i64>,
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
        .get_result(c)
        .optional())?)
}

/// Unless it was changed since `before`; whether it was not.
pub(crate) fn update(conn: &mut Conn, site: &Site, before: i64) -> Result<bool, DbError> {
    let unchanged = sites::table.filter(sites::id.eq(&site.id).and(sites::updated_at.eq(before)));
    let rows = on!(conn, |c| diesel::update(unchanged).set(site).execute(c))?;
    Ok(rows == 1)
}

/// Where the tenant's sites are, by id.
pub(crate) fn list_spots(conn: &mut Conn, tenant_id: &str, filter: &Filter) -> Result<Vec<Spot>, DbError> {
    Ok(on!(conn, |c| {
        let mut query = sites::table
            .filter(sites::tenant_id.eq(tenant_id).and(sites::id.gt(&filter.after)))
            .order(sites::id)
            .select((sites::id, sites::latitude_udeg, sites::longitude_udeg))
            .into_boxed();
        if let Some(after) = filter.updated_after {
            query = query.filter(sites::updated_at.gt(after));
        }
        if let Some(within) = filter.within {
            let ((south, north), [first, second]) = (within.latitudes, within.longitudes);
            let in_first = sites::longitude_udeg.between(first.0, first.1);
            let in_second = sites::longitude_udeg.between(second.0, second.1);
            query = query
                .filter(sites::latitude_udeg.between(south, north))
                .filter(in_first.or(in_second));
        }
        if let Some(limit) = filter.limit {
            query = query.limit(limit);
        }
        query.load(c)
    })?)
}

pub(crate) fn list_by_ids(conn: &mut Conn, ids: &[String]) -> Result<Vec<Site>, DbError> {
    Ok(on!(conn, |c| sites::table
        .filter(sites::id.eq_any(ids))
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

/// The tenant's sites, by name.
pub(crate) fn list_of_tenant(conn: &mut Conn, tenant_id: &str, limit: i64) -> Result<Vec<Site>, DbError> {
    Ok(on!(conn, |c| sites::table
        .filter(sites::tenant_id.eq(tenant_id))
        .order((sites::name, sites::id))
        .limit(limit)
        .select(Site::as_select())
        .load(c))?)
}
