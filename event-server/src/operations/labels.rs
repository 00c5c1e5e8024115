//! What the labels of a site's outlets say.

use api_spec::rest::{BatchLabel, LabelBatch};
use foundation::Conn;
use jiff::Timestamp;

use super::local_days::zone;
use super::public_code;
use super::rotate_code::url;
use crate::error::Refusal;
use crate::papers::Label;
use crate::store::outlets::Outlet;
use crate::store::sites::Site;
use crate::store::{outlets, sites, tenants};

/// At once; a site with more is printed in parts.
pub(crate) const MAX_LABELS: usize = 500;

/// Of which outlets.
pub(crate) struct Asked {
    pub(crate) tenant_id: String,
    pub(crate) site_id: String,
    /// In this order; all of the site, panel by panel, where there are none.
    pub(crate) outlet_ids: Vec<String>,
    pub(crate) public_url: String,
    pub(crate) now_us: i64,
}

pub(crate) fn labels(conn: &mut Conn, asked: &Asked) -> Result<Vec<Label>, Refusal> {
    let site = sites::find(conn, &asked.tenant_id, &asked.site_id)?;
    let site = site.ok_or(Refusal::NotFound("site"))?;
    let known = outlets::list_known_of_site(conn, &site.id)?;
    let all: Vec<Outlet> = known.into_iter().map(|(outlet, _, _)| outlet).collect();
    let chosen = chosen(&all, &asked.outlet_ids)?;
    if chosen.is_empty() {
        return Err(Refusal::Query(
            "outlet_ids: the site has no outlet yet".to_owned(),
        ));
    }
    if chosen.len() > MAX_LABELS {
        let parts = format!(
            "outlet_ids: name at most {MAX_LABELS} of the site's {} outlets at once",
            all.len()
        );
        return Err(Refusal::Query(parts));
    }
    let tenant = tenants::find(conn, &asked.tenant_id)?;
    let contact = tenant.and_then(|tenant| tenant.contact);
    let of = |outlet: &Outlet| label(outlet, (&site, contact.as_deref()), asked);
    Ok(chosen.into_iter().map(of).collect())
}

fn chosen<'a>(all: &'a [Outlet], ids: &[String]) -> Result<Vec<&'a Outlet>, Refusal> {
    if ids.is_empty() {
        return Ok(all.iter().collect());
    }
    let find = |id: &String| {
        let found = all.iter().find(|outlet| outlet.id == *id);
        found.ok_or_else(|| Refusal::Query(format!("outlet_ids: the site has no outlet {id}")))
    };
    ids.iter().map(find).collect()
}

fn label(outlet: &Outlet, (site, contact): (&Site, Option<&str>), asked: &Asked) -> Label {
    Label {
        name: outlet.name.clone(),
        unit: outlet.unit.clone(),
        site: site.name.clone(),
        url: url(&asked.public_url, &outlet.public_code),
        shown: public_code::shown(&outlet.public_code),
        contact: contact.map(str::to_owned),
        printed: today(site, asked.now_us),
    }
}

/// Labels that were made before anybody knows for which outlets: they have no name, and room to write it.
pub(crate) fn batch_labels(
    conn: &mut Conn,
    batch: &LabelBatch,
    (site, now_us): (&Site, i64),
) -> Result<Vec<Label>, Refusal> {
    let tenant = tenants::find(conn, &site.tenant_id)?;
    let contact = tenant.and_then(|tenant| tenant.contact);
    let label = |label: &BatchLabel| Label {
        name: String::new(),
        unit: None,
        site: site.name.clone(),
        url: label.url.clone(),
        shown: label.shown.clone(),
        contact: contact.clone(),
        printed: today(site, now_us),
    };
    Ok(batch.labels.iter().map(label).collect())
}

/// The day by the site's calendar.
pub(super) fn today(site: &Site, now_us: i64) -> String {
    let now = Timestamp::from_microsecond(now_us).unwrap_or(Timestamp::UNIX_EPOCH);
    now.to_zoned(zone(&site.zone)).date().to_string()
}
