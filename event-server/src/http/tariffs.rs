//! `/v1/tariffs`.

use std::collections::BTreeSet;

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::rest::{NewTariff, NewTariffVersion, Page, Preview, PreviewAsked, Tariff, TariffTerms};

use super::access::Caller;
use super::answers::editable;
use super::idempotency::{MaybeNamed, once_if_named};
use super::if_match::IfMatch;
use super::json::{Faults, Json, Query};
use super::paging;
use super::problems::ApiError;
use super::sites::PageQuery;
use crate::context::Context;
use crate::operations::tariff_turns::minutes;
use crate::operations::tariffs as operations;
use crate::store::tariffs;

const MAX_BANDS: usize = 20;
const MAX_HOLIDAYS: usize = 400;
/// No sum of prices comes near to what 64 bits hold.
const MAX_PRICE: i64 = 1_000_000_000;
const MAX_REGISTERS: usize = 3_000;
const MAX_PREVIEW_US: i64 = 48 * 3_600_000_000;

/// List the tariffs
#[utoipa::path(get, path = "/v1/tariffs", tag = "tariffs", params(PageQuery), security(("oauth2" = ["sites:read"])),
    responses((status = 200, description = "One page of tariffs", body = Page<Tariff>)))]
pub(super) async fn list_tariffs(
    caller: Caller,
    context: web::Data<Context>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let (limit, after) = (
        paging::limit(query.0.limit)?,
        paging::after(query.0.cursor.as_deref())?,
    );
    let tenant = caller.tenant_id();
    let read = context.db.read(move |conn| {
        let rows = tariffs::list(conn, &tenant, &after, limit + 1)?;
        operations::with_versions(conn, rows)
    });
    Ok(HttpResponse::Ok().json(paging::page(read.await?, limit, |tariff| tariff.id.clone())))
}

/// Make a tariff
///
/// Give it to a site or an outlet by its `tariff_id`.
#[utoipa::path(post, path = "/v1/tariffs", tag = "tariffs", request_body = NewTariff,
    security(("oauth2" = ["sites:write"])), responses((status = 201, description = "The tariff", body = Tariff)))]
pub(super) async fn create_tariff(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    named: MaybeNamed,
    body: Json<NewTariff>,
) -> Result<HttpResponse, ApiError> {
    let named = named.once(&caller, &request, &body.canonical);
    let asked = body.value;
    let mut faults = Faults::default();
    faults.check_text("/name", &asked.name, 100);
    check(&mut faults, &asked.terms);
    faults.into_result()?;
    let tenant = caller.tenant_id();
    let made = once_if_named(&context, named, move |tx| {
        operations::create_tariff(tx, &tenant, asked)
    });
    let (tariff, replayed) = made.await?;
    let location = format!("/v1/tariffs/{}", tariff.id);
    let mut response = HttpResponse::Created();
    Ok(replayed.mark(response.insert_header((LOCATION, location)).json(tariff)))
}

/// Show a tariff with all its versions
#[utoipa::path(get, path = "/v1/tariffs/{id}", tag = "tariffs", params(("id" = String, Path)),
    security(("oauth2" = ["sites:read"])), responses((status = 200, description = "The tariff", body = Tariff)))]
pub(super) async fn get_tariff(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let tenant = caller.tenant_id();
    let found = context
        .db
        .read(move |conn| operations::find_tariff(conn, &tenant, &id));
    editable(&request, &found.await?)
}

/// Add a version to a tariff
///
/// What holds already is never changed: sessions keep the version that they started with.
#[utoipa::path(post, path = "/v1/tariffs/{id}/versions", tag = "tariffs", params(("id" = String, Path)),
    request_body = NewTariffVersion, security(("oauth2" = ["sites:write"])),
    responses((status = 201, description = "The tariff with the new version", body = Tariff)))]
pub(super) async fn create_tariff_version(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    named: MaybeNamed,
    (id, body): (web::Path<String>, Json<NewTariffVersion>),
) -> Result<HttpResponse, ApiError> {
    let named = named.once(&caller, &request, &body.canonical);
    let asked = body.value;
    let mut faults = Faults::default();
    check(&mut faults, &asked.terms);
    faults.into_result()?;
    let tenant = caller.tenant_id();
    let made = once_if_named(&context, named, move |tx| {
        operations::create_version(tx, &tenant, &id, asked)
    });
    let (tariff, replayed) = made.await?;
    Ok(replayed.mark(HttpResponse::Created().json(tariff)))
}

/// Withdraw a version of a tariff that has not begun to hold
///
/// `If-Match` is of the tariff. Before the first version that is left, what a site's `energy_yen_per_kwh` says holds.
#[utoipa::path(delete, path = "/v1/tariffs/{id}/versions/{version}", tag = "tariffs",
    params(("id" = String, Path), ("version" = String, Path)), security(("oauth2" = ["sites:write"])),
    responses((status = 200, description = "The tariff without the version", body = Tariff),
        (status = 409, description = "`tariff-begun`: it holds, or has held",
            body = api_spec::problem::Problem, content_type = "application/problem+json")))]
pub(super) async fn withdraw_tariff_version(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    IfMatch(expected): IfMatch,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (id, version_id) = path.into_inner();
    let named = (caller.tenant_id(), id);
    let withdrawn =
        context.transact(move |tx| operations::withdraw_version(tx, &named, &version_id, &expected));
    editable(&request, &withdrawn.await?)
}

/// Price a session of the past, or one that might be
///
/// By the version that held when it began; nothing is written.
#[utoipa::path(post, path = "/v1/tariffs/{id}/previews", tag = "tariffs", params(("id" = String, Path)),
    request_body = PreviewAsked, security(("oauth2" = ["sites:read"])),
    responses((status = 200, description = "What it would cost", body = Preview)))]
pub(super) async fn preview_tariff(
    caller: Caller,
    context: web::Data<Context>,
    id: web::Path<String>,
    body: Json<PreviewAsked>,
) -> Result<HttpResponse, ApiError> {
    let asked = body.value;
    check_preview(&asked)?;
    let tenant = caller.tenant_id();
    let read = context
        .db
        .read(move |conn| operations::preview(conn, &tenant, &id, &asked));
    Ok(HttpResponse::Ok().json(read.await?))
}

/// Whether a version can say this.
pub(crate) fn check_terms(terms: &TariffTerms) -> Result<(), ApiError> {
    let mut faults = Faults::default();
    check(&mut faults, terms);
    faults.into_result()
}

fn check(faults: &mut Faults, terms: &TariffTerms) {
    let idle = terms.idle;
    for (pointer, value, most) in [
        (
            "/terms/energy_milliyen_per_kwh",
            terms.energy_milliyen_per_kwh,
            MAX_PRICE,
        ),
        ("/terms/fixed_yen", terms.fixed_yen, MAX_PRICE),
        ("/terms/minimum_yen", terms.minimum_yen, MAX_PRICE),
        (
            "/terms/idle/yen_per_minute",
            idle.map_or(0, |idle| idle.yen_per_minute),
            MAX_PRICE,
        ),
        (
            "/terms/idle/free_minutes",
            idle.map_or(0, |idle| idle.free_minutes),
            1440,
        ),
    ] {
        check_amount(faults, pointer, value, most);
    }
    if terms.bands.len() > MAX_BANDS {
        faults.add("/terms/bands", &format!("at most {MAX_BANDS}"));
    }
    for (place, band) in terms.bands.iter().enumerate().take(MAX_BANDS) {
        let at = |member: &str| format!("/terms/bands/{place}/{member}");
        faults.check_text(&at("name"), &band.name, 100);
        check_amount(
            faults,
            &at("energy_milliyen_per_kwh"),
            band.energy_milliyen_per_kwh,
            MAX_PRICE,
        );
        for (member, text) in [("from", &band.from), ("to", &band.to)] {
            if minutes(text).is_none() {
                faults.add(&at(member), "expected HH:MM, from 00:00 to 24:00");
            }
        }
        if band.from == band.to {
            faults.add(&at("to"), "must differ from from; a whole day is 00:00 to 24:00");
        }
    }
    if terms.holidays.len() > MAX_HOLIDAYS {
        faults.add("/terms/holidays", &format!("at most {MAX_HOLIDAYS}"));
    }
    let mut seen = BTreeSet::new();
    for (place, holiday) in terms.holidays.iter().enumerate().take(MAX_HOLIDAYS) {
        if holiday.parse::<jiff::civil::Date>().is_err() || !seen.insert(holiday) {
            let pointer = format!("/terms/holidays/{place}");
            faults.add(
                &pointer,
                "expected a date, such as 2027-01-01, and each only once",
            );
        }
    }
}

fn check_amount(faults: &mut Faults, pointer: &str, value: i64, most: i64) {
    if !(0..=most).contains(&value) {
        faults.add(pointer, &format!("expected 0 to {most}"));
    }
}

fn check_preview(asked: &PreviewAsked) -> Result<(), ApiError> {
    let mut faults = Faults::default();
    let registers = &asked.registers;
    let has_others = !registers.is_empty() || asked.time_zone.is_some() || asked.idle_minutes != 0;
    if asked.session_id.is_some() {
        if has_others {
            faults.add(
                "/session_id",
                "give either this, or registers with time_zone and idle_minutes",
            );
        }
        return faults.into_result();
    }
    if !(2..=MAX_REGISTERS).contains(&registers.len()) {
        faults.add(
            "/registers",
            &format!("expected 2 to {MAX_REGISTERS}, or session_id instead"),
        );
    }
    let zone = asked.time_zone.as_deref();
    if zone.is_some_and(|zone| jiff::tz::TimeZone::get(zone).is_err()) {
        faults.add("/time_zone", "expected an IANA time zone, such as Asia/Tokyo");
    }
    check_amount(&mut faults, "/idle_minutes", asked.idle_minutes, 2 * 1440);
    for (place, (from, to)) in registers.iter().zip(registers.iter().skip(1)).enumerate() {
        let pointer = format!("/registers/{}", place + 1);
        if to.at <= from.at || to.register_wh < from.register_wh {
            faults.add(&pointer, "must be later than the one before, and not less");
            break;
        }
    }
    if registers
        .iter()
        .any(|read| !(0..=MAX_PRICE).contains(&read.register_wh))
    {
        faults.add("/registers", &format!("register_wh: expected 0 to {MAX_PRICE}"));
    }
    let ends = registers.first().zip(registers.last());
    if ends.is_some_and(|(first, last)| last.at.0.saturating_sub(first.at.0) > MAX_PREVIEW_US) {
        faults.add("/registers", "at most 48 hours from the first to the last");
    }
    faults.into_result()
}
