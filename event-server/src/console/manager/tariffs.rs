//! What charging costs at a site: every version of its tariff, and a new one, which is shown before it is made.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use api_spec::rest::{NewTariff, NewTariffVersion, SiteChange, Tariff, TariffTerms, Time};
use askama::Template;

use super::super::acting::Acting;
use super::super::figures;
use super::super::visit::{Frame, NoPage, Shown, Visit};
use super::super::words::TariffWords;
use super::tabs::{self, Done, Seen, SiteFrame, Tab};
use super::tariff_form::{Fields, Pairs, days_called};
use super::tariff_read::{Begins, Fault, Version, read};
use crate::http::Language;
use crate::operations::create_site::change_site;
use crate::operations::expected::Expected;
use crate::operations::local_days::zone;
use crate::operations::tariffs as operations;
use crate::store::sites;

const MAX_SITES: i64 = 500;
const HOUR_US: i64 = 3_600_000_000;
/// What an example of a charge takes, and how long.
const EXAMPLE_WH: i64 = 9_000;
const EXAMPLE_US: i64 = 3 * HOUR_US;
const EXAMPLE_HOURS: [i8; 4] = [1, 9, 18, 23];

#[derive(Template)]
#[template(path = "tariff.html")]
struct TariffPage {
    frame: Frame,
    site: SiteFrame,
    w: &'static TariffWords,
    name: Option<String>,
    /// What holds where no tariff does, or none yet.
    until_then: Option<String>,
    is_shared: bool,
    versions: Vec<Shelf>,
    form: Fields,
    saved: bool,
}

#[derive(Template)]
#[template(path = "tariff_preview.html")]
struct PreviewPage {
    frame: Frame,
    site: SiteFrame,
    w: &'static TariffWords,
    shelf: Shelf,
    /// When a charge begins, and what it costs.
    examples: Vec<(String, String)>,
    pairs: Pairs,
}

/// One version to look at.
struct Shelf {
    from: String,
    state: State,
    parts: Vec<(String, String)>,
    /// The way to take it back.
    withdraw: Option<String>,
}

/// Where a form is shown once more as it was typed.
const AGAIN: &str = "again";

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Coming,
    Now,
    Past,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>, query: web::Query<Done>) -> HttpResponse {
    let shown = match tabs::open(&visit, &id).await {
        Ok(seen) => page(&visit, &seen, (None, query.saved)).await,
        Err(no_page) => Err(no_page),
    };
    visit.answered(shown)
}

/// All prices, and the form: as it was typed, or filled with what holds last.
async fn page(visit: &Visit, seen: &Seen, (typed, saved): (Option<Fields>, bool)) -> Shown {
    let (tariff, is_shared) = tariff_of(visit, seen).await?;
    let (language, w) = (visit.language, TariffWords::of(visit.language));
    let plain = seen.site.energy_yen_per_kwh;
    let versions = tariff.as_ref().map(|tariff| shelves(visit, seen, tariff));
    let versions = versions.unwrap_or_default();
    let holds_now = versions.iter().any(|shelf| shelf.state == State::Now);
    let last = tariff.as_ref().and_then(|tariff| tariff.versions.last());
    let filled = || {
        let plain = || TariffTerms {
            energy_milliyen_per_kwh: plain.unwrap_or(0).saturating_mul(1000),
            ..TariffTerms::default()
        };
        Fields::of(&last.map_or_else(plain, |last| last.terms.clone()), w)
    };
    let form = typed.unwrap_or_else(filled);
    let status = match form.faults.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let (frame, site) = seen.frames(visit, Tab::Tariff);
    let page = TariffPage {
        frame,
        site,
        w,
        until_then: (!holds_now).then(|| until_then(plain, (tariff.is_some(), language))),
        is_shared,
        versions,
        form,
        saved,
        name: tariff.map(|tariff| tariff.name),
    };
    Ok(visit.page_with(status, &page))
}

/// The price of the settings holds until a tariff does.
fn until_then(plain: Option<i64>, (has_tariff, language): (bool, Language)) -> String {
    let w = TariffWords::of(language);
    let price = plain.map(|yen| figures::price(yen.saturating_mul(1000), language));
    match (price, has_tariff) {
        (Some(price), false) => format!("{} {price}", w.none),
        (Some(price), true) => format!("{} {price}", w.none_yet),
        (None, false) => w.free.to_owned(),
        (None, true) => w.free_yet.to_owned(),
    }
}

/// The site's tariff, and whether other sites have it too.
async fn tariff_of(visit: &Visit, seen: &Seen) -> Result<(Option<Tariff>, bool), NoPage> {
    let site = seen.site.clone();
    let Some(tariff_id) = site.tariff_id else {
        return Ok((None, false));
    };
    let found = visit.context.db.read(move |conn| {
        let tariff = operations::find_tariff(conn, &site.tenant_id, &tariff_id)?;
        let all = sites::list_of_tenant(conn, &site.tenant_id, MAX_SITES)?;
        let is_other =
            |other: &sites::Site| other.id != site.id && other.tariff_id == Some(tariff_id.clone());
        Ok::<_, crate::error::Refusal>((Some(tariff), all.iter().any(is_other)))
    });
    Ok(found.await?)
}

/// The versions, the newest first.
fn shelves(visit: &Visit, seen: &Seen, tariff: &Tariff) -> Vec<Shelf> {
    let zone = zone(&seen.site.zone);
    let now = Time(visit.now_us);
    let mut shelves = Vec::new();
    let mut has_current = false;
    for version in tariff.versions.iter().rev() {
        let state = match (version.valid_from > now, has_current) {
            (true, _) => State::Coming,
            (false, false) => State::Now,
            (false, true) => State::Past,
        };
        has_current |= state == State::Now;
        shelves.push(Shelf {
            from: figures::full_moment(version.valid_from.0, &zone, visit.language),
            state,
            parts: parts(&version.terms, visit.language),
            withdraw: (state == State::Coming)
                .then(|| format!("/sites/{}/tariff/{}/withdraw", seen.site.id, version.id)),
        });
    }
    shelves
}

/// What a version says, line by line.
pub(super) fn parts(terms: &TariffTerms, language: Language) -> Vec<(String, String)> {
    let w = TariffWords::of(language);
    let price = |milliyen: i64| figures::price(milliyen, language);
    let yen = |yen: i64| figures::yen(yen, language);
    let mut parts = vec![(w.base.to_owned(), price(terms.energy_milliyen_per_kwh))];
    for band in &terms.bands {
        let days = days_called(&band.days, w);
        let called = format!("{} {}–{} {days}", band.name, band.from, band.to);
        parts.push((called, price(band.energy_milliyen_per_kwh)));
    }
    let amounts = [(w.fixed, terms.fixed_yen), (w.minimum, terms.minimum_yen)];
    let charged = amounts.into_iter().filter(|(_, amount)| *amount > 0);
    parts.extend(charged.map(|(called, amount)| (called.to_owned(), yen(amount))));
    if let Some(idle) = terms.idle {
        let free = format!("{} ({} {})", w.idle, w.free_field, idle.free_minutes);
        parts.push((free, yen(idle.yen_per_minute)));
    }
    if !terms.holidays.is_empty() {
        parts.push((w.holidays.to_owned(), terms.holidays.join(" ")));
    }
    parts
}

pub(super) async fn preview(acting: Acting<Pairs>, id: web::Path<String>) -> HttpResponse {
    let shown = previewed(&acting, &id).await;
    acting.answered(shown)
}

async fn previewed(acting: &Acting<Pairs>, id: &str) -> Shown {
    let visit = &acting.visit;
    let seen = tabs::open_to_change(visit, id).await?;
    let (language, w) = (visit.language, TariffWords::of(visit.language));
    if acting.form.iter().any(|(name, _)| name == AGAIN) {
        let fields = Fields::typed(&acting.form, Vec::new(), w);
        return page(visit, &seen, (Some(fields), false)).await;
    }
    let version = match typed(acting, &seen).await? {
        Ok(version) => version,
        Err(faults) => return refused(acting, &seen, faults).await,
    };
    let zone = zone(&seen.site.zone);
    let from = version.from_us;
    let from = from.map(|from_us| figures::full_moment(from_us, &zone, language));
    let (frame, site) = seen.frames(visit, Tab::Tariff);
    Ok(visit.page(&PreviewPage {
        frame,
        site,
        w,
        shelf: Shelf {
            from: from.unwrap_or_else(|| w.at_once.to_owned()),
            state: State::Coming,
            parts: parts(&version.terms, language),
            withdraw: None,
        },
        examples: examples(&version, &zone, (visit.now_us, language)),
        pairs: acting.form.clone(),
    }))
}

/// What a charge would cost that begins at some hours of the day from which on the version holds.
fn examples(
    version: &Version,
    zone: &jiff::tz::TimeZone,
    (now_us, language): (i64, Language),
) -> Vec<(String, String)> {
    let day_us = version.from_us.unwrap_or(now_us).max(now_us);
    let day = jiff::Timestamp::from_microsecond(day_us).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let date = day.to_zoned(zone.clone()).date();
    let begins = EXAMPLE_HOURS.into_iter().filter_map(|hour| {
        let at = date.at(hour, 0, 0, 0).to_zoned(zone.clone()).ok()?;
        Some(at.timestamp().as_microsecond())
    });
    let cost = |from_us: i64| {
        let span = (from_us, from_us.saturating_add(EXAMPLE_US));
        operations::price_of(&version.terms, zone, span, EXAMPLE_WH)
    };
    begins
        .map(|from_us| {
            let costs = figures::yen(cost(from_us), language);
            (figures::clock(from_us, zone), costs)
        })
        .collect()
}

/// What was typed, or what is wrong with it, as prices stand now.
async fn typed(acting: &Acting<Pairs>, seen: &Seen) -> Result<Result<Version, Vec<Fault>>, NoPage> {
    let visit = &acting.visit;
    let zone = zone(&seen.site.zone);
    let (tariff, _) = tariff_of(visit, seen).await?;
    let last_us = tariff.and_then(|tariff| tariff.versions.last().map(|last| last.valid_from.0));
    let told = last_us.map(|last_us| figures::full_moment(last_us, &zone, visit.language));
    let begins = Begins {
        zone: &zone,
        now_us: visit.now_us,
        last: last_us.zip(told.as_deref()),
    };
    Ok(read(&acting.form, begins, TariffWords::of(visit.language)))
}

/// The form as it was typed, with what is wrong.
async fn refused(acting: &Acting<Pairs>, seen: &Seen, faults: Vec<Fault>) -> Shown {
    let w = TariffWords::of(acting.visit.language);
    let fields = Fields::typed(&acting.form, faults, w);
    page(&acting.visit, seen, (Some(fields), false)).await
}

pub(super) async fn save(acting: Acting<Pairs>, id: web::Path<String>) -> HttpResponse {
    let shown = saved(&acting, &id).await;
    acting.answered(shown)
}

async fn saved(acting: &Acting<Pairs>, id: &str) -> Shown {
    let seen = tabs::open_to_change(&acting.visit, id).await?;
    let Version { terms, from_us } = match typed(acting, &seen).await? {
        Ok(version) => version,
        Err(faults) => return refused(acting, &seen, faults).await,
    };
    let (tenant_id, valid_from) = (seen.site.tenant_id.clone(), from_us.map(Time));
    if let Some(tariff_id) = seen.site.tariff_id.clone() {
        let asked = NewTariffVersion { valid_from, terms };
        let resource = format!("/v1/tariffs/{tariff_id}/versions");
        let make = acting.transact(resource, move |tx| {
            operations::create_version(tx, &tenant_id, &tariff_id, asked)
        });
        make.await?;
        return Ok(acting.visit.redirect(&format!("/sites/{id}/tariff?saved=true")));
    }
    let asked = NewTariff {
        name: seen.site.name.clone(),
        valid_from,
        terms,
    };
    let make = acting.transact("/v1/tariffs".to_owned(), move |tx| {
        operations::create_tariff(tx, &tenant_id, asked)
    });
    let change = SiteChange {
        tariff_id: Some(Some(make.await?.id)),
        ..SiteChange::default()
    };
    let named = (seen.site.tenant_id, seen.site.id);
    let give = acting.transact(format!("/v1/sites/{id}"), move |tx| {
        change_site(tx, &named, &Expected::Any, change)
    });
    give.await?;
    Ok(acting.visit.redirect(&format!("/sites/{id}/tariff?saved=true")))
}
