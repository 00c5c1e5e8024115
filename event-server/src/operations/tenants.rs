//! Writing down whom the server is used by.

use api_spec::rest::{self, NewTenant, TenantChange, Time};
use foundation::{Conn, DbError};

use super::expected::{Expected, edited_at};
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::tenants::{self, Tenant};

/// Of tenants that nobody has written down.
const DEFAULT_ZONE: &str = "Asia/Tokyo";

pub(crate) fn create(tx: &mut Tx<'_>, asked: NewTenant) -> Result<rest::Tenant, Refusal> {
    let id = asked.id.unwrap_or_else(|| foundation::ids::id("ten"));
    if tenants::find(tx.conn, &id)?.is_some() {
        return Err(Refusal::TenantIdTaken);
    }
    let row = Tenant {
        id,
        name: asked.name,
        contact: asked.contact,
        default_zone: asked.default_time_zone.unwrap_or_else(|| DEFAULT_ZONE.to_owned()),
        created_at: tx.now_us,
        updated_at: tx.now_us,
    };
    tenants::insert(tx.conn, &row)?;
    let made = resource(row);
    tx.audit.made("tenants", &made.id, &made, &[]);
    Ok(made)
}

pub(crate) fn change(
    tx: &mut Tx<'_>,
    id: &str,
    expected: &Expected,
    change: TenantChange,
) -> Result<rest::Tenant, Refusal> {
    let mut row = tenants::find(tx.conn, id)?.ok_or(Refusal::NotFound("tenant"))?;
    expected.check(row.updated_at)?;
    let was = resource(row.clone());
    row.name = change.name.unwrap_or(row.name);
    row.contact = change.contact.unwrap_or(row.contact);
    row.default_zone = change.default_time_zone.unwrap_or(row.default_zone);
    row.updated_at = edited_at(row.updated_at, tx.now_us);
    tenants::update(tx.conn, &row)?;
    let now = resource(row);
    tx.audit.changed(&was, &now, &[]);
    Ok(now)
}

/// Of the sites that the tenant makes without one.
pub(super) fn default_zone(conn: &mut Conn, id: &str) -> Result<String, DbError> {
    let found = tenants::find(conn, id)?;
    Ok(found.map_or_else(|| DEFAULT_ZONE.to_owned(), |tenant| tenant.default_zone))
}

pub(crate) fn resource(row: Tenant) -> rest::Tenant {
    rest::Tenant {
        id: row.id,
        name: row.name,
        contact: row.contact,
        default_time_zone: row.default_zone,
        created_at: Time(row.created_at),
        updated_at: Time(row.updated_at),
    }
}
