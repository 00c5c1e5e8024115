//! What a manager sets of a site.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use api_spec::rest::{SiteChange, SiteDrivers, SitePresence};
use askama::Template;
use foundation::DbError;
use serde::Deserialize;

use super::super::acting::Acting;
use super::super::visit::{Frame, Shown, Visit};
use super::super::words::{ManagerWords, NoticeWords, PresenceWords};
use super::tabs::{self, Done, Seen, SiteFrame, Tab};
use crate::operations::create_site::change_site;
use crate::operations::expected::Expected;
use crate::store::sites::Site;
use crate::store::{parse, tenants};

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
    faults: Faults,
    /// What labels and papers say of whom to call.
    contact: Option<String>,
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

/// What is wrong with a field.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Faults {
    name: Option<&'static str>,
    address: Option<&'static str>,
    price: Option<&'static str>,
    demand: Option<&'static str>,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>, query: web::Query<Done>) -> HttpResponse {
    let shown = match tabs::open(&visit, &id).await {
        Ok(seen) => as_it_is(&visit, &seen, query.saved).await,
        Err(no_page) => Err(no_page),
    };
    visit.answered(shown)
}

async fn as_it_is(visit: &Visit, seen: &Seen, saved: bool) -> Shown {
    let form = Form::of(&seen.site)?;
    page(visit, seen, (form, Faults::default()), saved).await
}

impl Form {
    fn of(row: &Site) -> Result<Self, DbError> {
        let number = |value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
        Ok(Self {
            name: row.name.clone(),
            address: row.address.clone().unwrap_or_default(),
            price_yen: number(row.energy_yen_per_kwh),
            demand_kw: number(row.contracted_demand_w.map(|watts| watts / 1000)),
            drivers: parse(&row.drivers)?,
            presence: parse(&row.presence)?,
        })
    }

    /// What is to be changed, or what is wrong where.
    fn read(&self, w: &'static ManagerWords) -> Result<SiteChange, Faults> {
        let (name, address) = (self.name.trim(), self.address.trim());
        let is_name = !name.is_empty() && name.chars().count() <= MAX_NAME;
        let (price, demand) = (number(&self.price_yen), number(&self.demand_kw));
        let faults = Faults {
            name: (!is_name).then_some(w.bad_text),
            address: (address.chars().count() > MAX_ADDRESS).then_some(w.bad_text),
            price: price.is_none().then_some(w.bad_price),
            demand: demand.is_none().then_some(w.bad_number),
        };
        match (price, demand) {
            (Some(price), Some(demand)) if faults == Faults::default() => Ok(SiteChange {
                name: Some(name.to_owned()),
                address: Some(Some(address.to_owned()).filter(|address| !address.is_empty())),
                energy_yen_per_kwh: Some(price),
                contracted_demand_w: Some(demand.map(|kilowatts| kilowatts.saturating_mul(1000))),
                drivers: Some(self.drivers),
                presence: Some(self.presence),
                ..SiteChange::default()
            }),
            _ => Err(faults),
        }
    }
}

async fn page(visit: &Visit, seen: &Seen, (form, faults): (Form, Faults), saved: bool) -> Shown {
    let tenant_id = seen.site.tenant_id.clone();
    let tenant = visit
        .context
        .db
        .read(move |conn| tenants::find(conn, &tenant_id))
        .await?;
    let p = PresenceWords::of(visit.language);
    let chosen = |presence| presence == form.presence;
    let (frame, site) = seen.frames(visit, Tab::Settings);
    let page = SettingsPage {
        frame,
        site,
        w: ManagerWords::of(visit.language),
        is_listed: form.drivers == SiteDrivers::Listed,
        presence: [
            ("none", p.nobody, chosen(SitePresence::None)),
            ("pages", p.pages, chosen(SitePresence::Pages)),
            ("all", p.all, chosen(SitePresence::All)),
        ],
        p,
        contact: tenant.and_then(|tenant| tenant.contact),
        zone: seen.site.zone.clone(),
        form,
        faults,
        saved,
        notices: visit
            .pages
            .sends_mail
            .then(|| NoticeWords::of(visit.language).alarm_title),
    };
    let status = match faults == Faults::default() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Ok(visit.page_with(status, &page))
}

pub(super) async fn change(acting: Acting<Form>, id: web::Path<String>) -> HttpResponse {
    let shown = changed(&acting, &id).await;
    acting.answered(shown)
}

async fn changed(acting: &Acting<Form>, id: &str) -> Shown {
    let visit = &acting.visit;
    let seen = tabs::open_to_change(visit, id).await?;
    let change = match acting.form.read(ManagerWords::of(visit.language)) {
        Ok(change) => change,
        Err(faults) => return page(visit, &seen, (acting.form.clone(), faults), false).await,
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
