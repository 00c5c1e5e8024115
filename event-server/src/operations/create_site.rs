//! Makes and changes a site.

use api_spec::rest::{self, NewSite, SiteChange};
use foundation::DbError;

use super::expected::{Expected, edited_at};
use super::resources;
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::sites::{self, Site};

const DEFAULT_ZONE: &str = "Asia/Tokyo";

pub(crate) fn create_site(tx: &mut Tx<'_>, tenant_id: &str, asked: NewSite) -> Result<rest::Site, DbError> {
    let row = Site {
        id: foundation::ids::id("sit"),
        tenant_id: tenant_id.to_owned(),
        name: asked.name,
        address: asked.address,
        zone: asked.time_zone.unwrap_or_else(|| DEFAULT_ZONE.to_owned()),
        energy_yen_per_kwh: asked.energy_yen_per_kwh,
        created_at: tx.now_us,
        updated_at: tx.now_us,
    };
    sites::insert(tx.conn, &row)?;
    Ok(resources::site(row))
}

/// Sessions that run keep the limits they were given.
pub(crate) fn change_site(
    tx: &mut Tx<'_>,
    (tenant_id, id): &(String, String),
    expected: &Expected,
    change: &SiteChange,
) -> Result<rest::Site, Refusal> {
    let found = sites::find(tx.conn, tenant_id, id)?;
    let mut site = found.ok_or(Refusal::NotFound("site"))?;
    expected.check(site.updated_at)?;
    let before = site.updated_at;
    site.energy_yen_per_kwh = change.energy_yen_per_kwh.unwrap_or(site.energy_yen_per_kwh);
    site.updated_at = edited_at(before, tx.now_us);
    if !sites::update(tx.conn, &site, before)? {
        return Err(Refusal::Changed);
    }
    Ok(resources::site(site))
}
