//! Makes a site.

use api_spec::rest::{self, NewSite};
use foundation::DbError;

use super::resources;
use crate::context::Tx;
use crate::store::sites::{self, Site};

const DEFAULT_ZONE: &str = "Asia/Tokyo";

pub(crate) fn create_site(tx: &mut Tx<'_>, tenant_id: &str, asked: NewSite) -> Result<rest::Site, DbError> {
    let row = Site {
        id: foundation::ids::id("sit"),
        tenant_id: tenant_id.to_owned(),
        name: asked.name,
        address: asked.address,
        zone: asked.time_zone.unwrap_or_else(|| DEFAULT_ZONE.to_owned()),
        created_at: tx.now_us,
        updated_at: tx.now_us,
    };
    sites::insert(tx.conn, &row)?;
    Ok(resources::site(row))
}
