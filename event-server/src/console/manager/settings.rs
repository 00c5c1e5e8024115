//! What a manager sets of a site.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use api_spec::rest::{SiteChange, SiteDrivers, SitePresence};
use askama::Template;
use serde::Deserialize;

use super::super::acting::Acting;
use super::super::visit::{Frame, NoPage, Shown, Visit};
use super::super::words::{ManagerWords, NoticeWords, PresenceWords};
use super::tabs::{self, Done, Seen, SiteFrame, Tab};
use crate::operations::create_site::change_site;
use crate::operations::expected::Expected;
use crate::store::parse;

const MAX_NAME: usize = 100;
const MAX_ADDRESS: usize = 300;

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    frame: Frame,
    site: SiteFrame,
    w: &'static ManagerWords,
    p: &'static PresenceWords,
    form: Form,
    zone: String,
    is_listed: bool,
    presence: [(&'static str, &'static str, bool); 3],
    saved: bool,
    /// The way to mails about alarms.
    notices: Option<&'static str>,
}

/// What the form says.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Form {
    name: String,
    address: String,
    price_yen: String,
    demand_kw: String,
    drivers: SiteDrivers,
    presence: SitePresence,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>, query: web::Query<Done>) -> HttpResponse {
    let shown = match tabs::open(&visit, &id).await {
        Ok(seen) => page(&visit, &seen, query.saved),
        Err(no_page) => Err(no_page),
    };
    visit.answered(shown)
}

fn page(visit: &Visit, seen: &Seen, saved: bool) -> Shown {
    let row = &seen.site;
    let number = |value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
    let drivers: SiteDrivers = parse(&row.drivers)?;
    let form = Form {
        name: row.name.clone(),
        address: row.address.clone().unwrap_or_default(),
        price_yen: number(row.energy_yen_per_kwh),
        demand_kw: number(row.contracted_demand_w.map(|watts| watts / 1000)),
        drivers,
        presence: parse(&row.presence)?,
    };
    let p = PresenceWords::of(visit.language);
    let chosen = |presence| presence == form.presence;
    let (frame, site) = seen.frames(visit, Tab::Settings);
    let page = SettingsPage {
        frame,
        site,
        w: ManagerWords::of(visit.language),
        is_listed: drivers == SiteDrivers::Listed,
        presence: [
            ("none", p.nobody, chosen(SitePresence::None)),
            ("pages", p.pages, chosen(SitePresence::Pages)),
            ("all", p.all, chosen(SitePresence::All)),
        ],
        p,
        zone: row.zone.clone(),
        form,
        saved,
        notices: visit
            .pages
            .sends_mail
            .then(|| NoticeWords::of(visit.language).alarm_title),
    };
    Ok(visit.page(&page))
}

pub(super) async fn change(acting: Acting<Form>, id: web::Path<String>) -> HttpResponse {
    let shown = changed(&acting, &id).await;
    acting.answered(shown)
}

async fn changed(acting: &Acting<Form>, id: &str) -> Shown {
    let visit = &acting.visit;
    let seen = tabs::open_to_change(visit, id).await?;
    let w = ManagerWords::of(visit.language);
    let bad = |text| NoPage::Said(StatusCode::BAD_REQUEST, text);
    let Form {
        name,
        address,
        price_yen,
        demand_kw,
        drivers,
        presence,
    } = acting.form.clone();
    let (name, address) = (name.trim().to_owned(), address.trim().to_owned());
    if name.is_empty() || name.chars().count() > MAX_NAME || address.chars().count() > MAX_ADDRESS {
        return Err(bad(w.bad_text));
    }
    let watts = number(&demand_kw).ok_or(bad(w.bad_number))?;
    let change = SiteChange {
        name: Some(name),
        address: Some(Some(address).filter(|address| !address.is_empty())),
        energy_yen_per_kwh: Some(number(&price_yen).ok_or(bad(w.bad_number))?),
        contracted_demand_w: Some(watts.map(|kilowatts| kilowatts.saturating_mul(1000))),
        drivers: Some(drivers),
        presence: Some(presence),
        ..SiteChange::default()
    };
    let named = (seen.site.tenant_id, seen.site.id);
    acting
        .transact(format!("/v1/sites/{id}"), move |tx| {
            change_site(tx, &named, &Expected::Any, change)
        })
        .await?;
    Ok(visit.redirect(&format!("/sites/{id}/settings?saved=true")))
}

/// A whole number above zero, or none; `None` for anything else.
fn number(text: &str) -> Option<Option<i64>> {
    match text.trim() {
        "" => Some(None),
        text => text
            .parse()
            .ok()
            .filter(|number| (1..=1_000_000).contains(number))
            .map(Some),
    }
}
