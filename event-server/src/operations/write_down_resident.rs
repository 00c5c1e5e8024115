//! Somebody has signed in: what the auth-server says of a resident is written down as a driver, so that a site that
//! lists its drivers lets them charge and their energy is counted for their unit.

use api_spec::token::{AccessTokenClaims, Role, RoleClaim};
use foundation::DbError;

use super::expected::edited_at;
use crate::context::Tx;
use crate::store::drivers::{self, Driver};
use crate::store::sites;

/// What a manager has written, such as that somebody is blocked or when their right ends, stays as it is.
pub(crate) fn write_down_resident(
    tx: &mut Tx<'_>,
    claims: &AccessTokenClaims,
    name: &str,
) -> Result<(), DbError> {
    let homes: Vec<&RoleClaim> = claims
        .roles
        .iter()
        .filter(|claim| claim.role == Role::Resident)
        .collect();
    let known = drivers::find(tx.conn, &claims.tenant, &claims.sub)?;
    if homes.is_empty() && known.is_none() {
        return Ok(());
    }
    let mut of_roles = Vec::new();
    for site_id in homes.iter().filter_map(|claim| claim.site_id.as_deref()) {
        if sites::find(tx.conn, &claims.tenant, site_id)?.is_some() {
            of_roles.push(site_id);
        }
    }
    of_roles.sort_unstable();
    of_roles.dedup();
    let sites = serde_json::to_string(&of_roles).unwrap_or_default();
    let unit = homes.iter().find_map(|claim| claim.unit.clone());
    let name = Some(name.to_owned()).filter(|name| !name.is_empty());
    match known {
        Some(known) if (&known.sites, &known.unit, &known.name) == (&sites, &unit, &name) => Ok(()),
        Some(known) => {
            let changed = Driver {
                updated_at: edited_at(known.updated_at, tx.now_us),
                sites,
                unit,
                name,
                ..known
            };
            drivers::update(tx.conn, &changed)
        }
        None => drivers::insert(
            tx.conn,
            &Driver {
                tenant_id: claims.tenant.clone(),
                id: claims.sub.clone(),
                name,
                unit,
                sites,
                outlets: "[]".to_owned(),
                blocked: false,
                valid_from: None,
                valid_until: None,
                created_at: tx.now_us,
                updated_at: tx.now_us,
            },
        ),
    }
}
