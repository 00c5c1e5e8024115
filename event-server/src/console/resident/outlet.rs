//! The page behind an outlet's label.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use api_spec::rest::OutletState;
use askama::Template;
use serde::Deserialize;

use super::super::manager::bind_label;
use super::super::manager::check_label::{self, LabelCheck};
use super::super::place::{self, Place};
use super::super::viewer::Viewer;
use super::super::visit::{Frame, NoPage, Shown, Visit};
use super::super::words::{ReportWords, ResidentWords};
use super::card::Card;
use super::choice::{LIMITS, Wish};
use super::elsewhere::{self, Way};
use super::presence::{self, Presence, Scanned};
use super::report;
use crate::config::Config;
use crate::error::Refusal;
use crate::http::{ApiError, RateLimit, count_scan};
use crate::operations::admit_driver::admit_driver;
use crate::operations::public_code;
use crate::store::{outlets, tenants};

#[derive(Template)]
#[template(path = "outlet.html")]
struct OutletPage {
    frame: Frame,
    w: &'static ResidentWords,
    card: Card,
    /// Why whoever looks may not start here, or nothing.
    barred: Option<String>,
    own_unit: Option<String>,
    is_others: bool,
    /// Their own charge here.
    charge: Option<String>,
    can_start: bool,
    /// Whether whoever signs in could start.
    is_free: bool,
    /// Where to charge instead.
    instead: Vec<Way>,
    price_is_known: bool,
    /// Whom to call where nobody can charge.
    call: Option<String>,
    /// Whether they have shown that they stand here, where that is asked.
    presence: Option<&'static str>,
    chosen: Chosen,
    /// The way to say that something is wrong.
    report: Option<&'static str>,
    /// For those who look after it.
    check: Option<LabelCheck>,
}

/// What stands in the form: what was sent before, and what is wrong with it.
#[derive(Default)]
struct Chosen {
    limit: String,
    amount: String,
    problem: Option<String>,
}

impl Chosen {
    /// Whether this is the limit that is chosen; until the car is full, where none is.
    fn is(&self, limit: &str) -> bool {
        let is_known = LIMITS.contains(&self.limit.as_str());
        limit == if is_known { &self.limit } else { LIMITS[0] }
    }
}

#[derive(Template)]
#[template(path = "unknown_code.html")]
struct UnknownPage<'a> {
    frame: Frame,
    w: &'static ResidentWords,
    /// What stands in the field.
    typed: &'a str,
    /// With whom to call, for those whose house is known.
    what_now: String,
}

/// A code that was typed.
#[derive(Deserialize)]
pub(in crate::console) struct Typed {
    code: String,
}

/// Like a scan, and with what was typed kept where there is no such outlet.
pub(in crate::console) async fn look_up(
    visit: Visit,
    (config, limit): (web::Data<Config>, web::Data<RateLimit>),
    typed: web::Query<Typed>,
) -> Result<HttpResponse, ApiError> {
    count_scan(&visit.request, &config, &limit)?;
    let shown = looked_up(&visit, &typed.code).await;
    Ok(visit.answered(shown))
}

async fn looked_up(visit: &Visit, typed: &str) -> Shown {
    let Some(code) = public_code::read_typed(typed) else {
        return unknown_typed(visit, typed).await;
    };
    // Labels that are bound to no outlet yet have a page for those who may bind them.
    let may_bind = visit.viewer.as_ref().is_some_and(Viewer::changes_sites);
    match may_bind || find(visit, &code).await?.is_some() {
        true => Ok(visit.redirect(&format!("/o/{code}"))),
        false => unknown_typed(visit, typed).await,
    }
}

/// For whoever scans the label; an unknown code looks like any other that is unknown.
pub(in crate::console) async fn show(
    mut visit: Visit,
    (config, limit): (web::Data<Config>, web::Data<RateLimit>),
    (code, scanned): (web::Path<String>, web::Query<Scanned>),
) -> Result<HttpResponse, ApiError> {
    count_scan(&visit.request, &config, &limit)?;
    let shown = card_page(&mut visit, &code, &scanned).await;
    Ok(visit.answered(shown))
}

async fn card_page(visit: &mut Visit, code: &str, scanned: &Scanned) -> Shown {
    let Some(place) = find(visit, code).await? else {
        let offered = bind_label::offer(visit, code).await?;
        return match offered {
            Some(offered) => Ok(offered),
            None => unknown(visit).await,
        };
    };
    let presence = presence::take_scanned(visit, &place, scanned).await?;
    page(visit, &place, presence, Chosen::default()).await
}

/// The form once more, with what was sent and what is wrong with it.
pub(super) async fn again(visit: &Visit, place: &Place, wish: &Wish, problem: String) -> Shown {
    let presence = presence::known(visit, place).await?;
    let chosen = Chosen {
        limit: wish.limit.clone(),
        amount: wish.amount.clone(),
        problem: Some(problem),
    };
    page(visit, place, presence, chosen).await
}

async fn page(visit: &Visit, place: &Place, presence: Presence, chosen: Chosen) -> Shown {
    let check = check_label::to_ask(visit, place).await?;
    let w = ResidentWords::of(visit.language);
    let viewer = visit.viewer.as_ref();
    let barred = match viewer {
        Some(viewer) => why_not(visit, viewer, place).await?,
        None => None,
    };
    let own_unit = viewer
        .and_then(|viewer| viewer.home_at(&place.site.id, place.outlet.unit.as_deref()))
        .map(str::to_owned);
    let instead = match viewer {
        Some(viewer) if barred.is_none() => elsewhere::free(visit, viewer, place).await?,
        Some(_) | None => Vec::new(),
    };
    let session = place.outlet.session.as_ref();
    let is_theirs = |viewer: &Viewer| session.is_some_and(|session| session.driver_id == viewer.person_id);
    let charge = viewer.filter(|viewer| is_theirs(viewer)).and(session);
    let status = match &chosen.problem {
        Some(_) => StatusCode::BAD_REQUEST,
        None => StatusCode::OK,
    };
    let page = OutletPage {
        card: Card::of(place, visit),
        chosen,
        is_others: is_others(own_unit.as_deref(), place),
        charge: charge.map(|session| session.id.clone()),
        can_start: viewer.is_some() && barred.is_none() && place.outlet.state == OutletState::Available,
        is_free: place.outlet.state == OutletState::Available,
        instead,
        price_is_known: place.pricing.is_some(),
        call: place
            .help(visit.language)
            .filter(|_| !viewer.is_some_and(|viewer| looks_after(viewer, place))),
        presence: presence.note(w),
        report: viewer
            .filter(|viewer| report::may_report(viewer, place))
            .map(|_| ReportWords::of(visit.language).title),
        frame: visit.frame(),
        barred,
        own_unit,
        check,
        w,
    };
    Ok(visit.page_with(status, &page))
}

/// By its code.
pub(super) async fn find(visit: &Visit, code: &str) -> Result<Option<Place>, NoPage> {
    let Some(code) = public_code::read(code) else {
        return Ok(None);
    };
    let now_us = visit.now_us;
    let read = visit
        .context
        .db
        .read(move |conn| place::by_code(conn, &code, now_us));
    Ok(read.await?)
}

pub(super) async fn unknown(visit: &Visit) -> Shown {
    unknown_typed(visit, "").await
}

async fn unknown_typed(visit: &Visit, typed: &str) -> Shown {
    let contact = match &visit.viewer {
        Some(viewer) => {
            let id = viewer.tenant_id.clone();
            let tenant = visit
                .context
                .db
                .read(move |conn| tenants::find(conn, &id))
                .await?;
            tenant.and_then(|tenant| tenant.contact)
        }
        None => None,
    };
    let w = ResidentWords::of(visit.language);
    let call = contact.map(|contact| place::call(&contact, visit.language));
    let page = UnknownPage {
        what_now: call.map_or_else(
            || w.unknown_code.to_owned(),
            |call| place::after(w.unknown_code, &call, visit.language),
        ),
        frame: visit.frame(),
        w,
        typed,
    };
    Ok(visit.page_with(StatusCode::NOT_FOUND, &page))
}

/// Why somebody may not charge here, whatever the outlet is doing.
pub(super) async fn why_not(visit: &Visit, viewer: &Viewer, place: &Place) -> Result<Option<String>, NoPage> {
    let w = ResidentWords::of(visit.language);
    let and_whom = |why: &str| Some(place.and_whom(why, visit.language));
    if !may_charge(viewer, place) {
        return Ok(and_whom(w.not_registered));
    }
    let (key, site, now_us) = (place.key, place.site.clone(), visit.now_us);
    let person_id = viewer.person_id.clone();
    let admitted = visit.context.db.read(move |conn| {
        let outlet = outlets::find(conn, key)?.ok_or(Refusal::NotFound("outlet"))?;
        admit_driver(conn, (&site, &outlet), &person_id, now_us).map(|_| ())
    });
    match admitted.await {
        Ok(()) => Ok(None),
        Err(Refusal::DriverBlocked | Refusal::DriverNotAllowed(_)) if looks_after(viewer, place) => {
            Ok(Some(w.not_among_users.to_owned()))
        }
        Err(Refusal::DriverBlocked | Refusal::DriverNotAllowed(_)) => Ok(and_whom(w.not_for_you)),
        Err(other) => Err(other.into()),
    }
}

fn may_charge(viewer: &Viewer, place: &Place) -> bool {
    viewer.tenant_id == place.site.tenant_id && viewer.may_charge(&place.site.id)
}

/// Whoever would be asked themselves is not told to ask the management.
fn looks_after(viewer: &Viewer, place: &Place) -> bool {
    viewer.tenant_id == place.site.tenant_id && viewer.may_change(&place.site.id)
}

/// Whether the outlet is that of another unit than theirs.
pub(super) fn is_others(own_unit: Option<&str>, place: &Place) -> bool {
    let unit = place.outlet.unit.as_deref();
    matches!((own_unit, unit), (Some(own), Some(unit)) if own != unit)
}
