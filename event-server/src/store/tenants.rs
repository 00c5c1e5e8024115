//! The table `tenants`.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::tenants;

#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = tenants, treat_none_as_null = true)]
pub(crate) struct Tenant {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) contact: Option<String>,
    pub(crate) default_zone: String,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

pub(crate) fn insert(conn: &mut Conn, tenant: &Tenant) -> Result<(), DbError> {
    on!(conn, |c| diesel::insert_into(tenants::table)
        .values(tenant)
        .execute(c))?;
    Ok(())
}

pub(crate) fn update(conn: &mut Conn, tenant: &Tenant) -> Result<(), DbError> {
    let row = tenants::table.find(&tenant.id);
    on!(conn, |c| diesel::update(row).set(tenant).execute(c))?;
    Ok(())
}

pub(crate) fn find(conn: &mut Conn, id: &str) -> Result<Option<Tenant>, DbError> {
    Ok(on!(conn, |c| tenants::table
        .find(id)
        .select(Tenant::as_select())
        .first(c)
        .optional())?)
}

/// The tenants after `after`, by id.
pub(crate) fn list(conn: &mut Conn, after: &str, limit: i64) -> Result<Vec<Tenant>, DbError> {
    Ok(on!(conn, |c| tenants::table
        .filter(tenants::id.gt(after))
        .order(tenants::id)
        .limit(limit)
        .select(Tenant::as_select())
        .load(c))?)
}
