//! Makes and changes a site, and makes its main circuit.

use api_spec::rest::{self, NewSite, PostalAddress, SiteChange, SitePresence};
use foundation::DbError;

use super::circuits::new_circuit;
use super::expected::{Expected, edited_at};
use super::find_sites;
use super::tenants::default_zone;
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::circuits::{self, Circuit};
use crate::store::name;
use crate::store::sites::{self, Site};
use crate::store::tariffs;

const MAIN_CIRCUIT: &str = "主幹";

pub(crate) fn create_site(tx: &mut Tx<'_>, tenant_id: &str, asked: NewSite) -> Result<rest::Site, DbError> {
    let row = Site {
        id: foundation::ids::id("sit"),
        tenant_id: tenant_id.to_owned(),
        name: asked.name,
        address: asked.address,
        zone: match asked.time_zone {
            Some(zone) => zone,
            None => default_zone(tx.conn, tenant_id)?,
        },
        energy_yen_per_kwh: asked.energy_yen_per_kwh,
        postal_address: asked.postal_address.as_ref().map(json).transpose()?,
        latitude_udeg: asked.position.map(|position| position.latitude.0),
        longitude_udeg: asked.position.map(|position| position.longitude.0),
        contracted_demand_w: asked.contracted_demand_w,
        tariff_id: None,
        drivers: name(asked.drivers),
        presence: name(SitePresence::default()),
        created_at: tx.now_us,
        updated_at: tx.now_us,
    };
    sites::insert(tx.conn, &row)?;
    let main = Circuit {
        limit_ma: asked.main_limit_ma,
        ..new_circuit(tx, (tenant_id, &row.id), MAIN_CIRCUIT)
    };
    circuits::insert(tx.conn, &main)?;
    let made = find_sites::shown(tx.conn, row)?;
    tx.audit.made("sites", &made.id, &made, &[]);
    Ok(made)
}

/// Sessions that run keep the limits they were given.
pub(crate) fn change_site(
    tx: &mut Tx<'_>,
    (tenant_id, id): &(String, String),
    expected: &Expected,
    change: SiteChange,
) -> Result<rest::Site, Refusal> {
    let found = sites::find(tx.conn, tenant_id, id)?;
    let mut site = found.ok_or(Refusal::NotFound("site"))?;
    expected.check(site.updated_at)?;
    let before = site.updated_at;
    let was = find_sites::shown(tx.conn, site.clone())?;
    site.name = change.name.unwrap_or(site.name);
    site.address = change.address.unwrap_or(site.address);
    if let Some(address) = change.postal_address {
        site.postal_address = address.as_ref().map(json).transpose()?;
    }
    if let Some(position) = change.position {
        site.latitude_udeg = position.map(|position| position.latitude.0);
        site.longitude_udeg = position.map(|position| position.longitude.0);
    }
    site.zone = change.time_zone.unwrap_or(site.zone);
    site.energy_yen_per_kwh = change.energy_yen_per_kwh.unwrap_or(site.energy_yen_per_kwh);
    site.contracted_demand_w = change.contracted_demand_w.unwrap_or(site.contracted_demand_w);
    if let Some(tariff_id) = change.tariff_id {
        check_tariff(tx, tenant_id, tariff_id.as_deref())?;
        site.tariff_id = tariff_id;
    }
    if let Some(drivers) = change.drivers {
        site.drivers = name(drivers);
    }
    if let Some(presence) = change.presence {
        site.presence = name(presence);
    }
    site.updated_at = edited_at(before, tx.now_us);
    if !sites::update(tx.conn, &site, before)? {
        return Err(Refusal::Changed);
    }
    let now = find_sites::shown(tx.conn, site)?;
    tx.audit.changed(&was, &now, &[]);
    Ok(now)
}

fn json(address: &PostalAddress) -> Result<String, DbError> {
    let text = serde_json::to_string(address);
    text.map_err(|error| diesel::result::Error::SerializationError(error.into()).into())
}

/// Whether there is such a tariff, where one is named.
pub(crate) fn check_tariff(tx: &mut Tx<'_>, tenant_id: &str, id: Option<&str>) -> Result<(), Refusal> {
    if let Some(id) = id
        && tariffs::find(tx.conn, tenant_id, id)?.is_none()
    {
        return Err(Refusal::invalid("/tariff_id", "there is no such tariff"));
    }
    Ok(())
}
