//! `/v1/sites`.

mod near;

use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::rest::{NewSite, Page, Position, PostalAddress, Site, SiteChange, Time};
use domain::place::Place;
use foundation::DbError;

use super::access::Caller;
use super::answers::{created, editable};
use super::idempotency::{MaybeNamed, once_if_named};
use super::if_match::IfMatch;
use super::json::{Faults, Json, Query};
use super::paging;
use super::problems::ApiError;
use crate::context::Context;
use crate::error::Refusal;
use crate::operations::create_site::{change_site, create_site as create};
use crate::operations::find_sites::{Wish, find_sites, key_of, shown};
use crate::store::sites;

const MAX_NAME: usize = 100;
const MAX_ADDRESS: usize = 300;
const MAX_LINES: usize = 4;
const MAX_LINE: usize = 100;

/// Which page of a list.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// At most 200; 50 where left out.
    pub(super) limit: Option<i64>,
    /// `next_cursor` of the page before.
    pub(super) cursor: Option<String>,
}

/// Which sites.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SiteQuery {
    /// Near this place, the nearest first: latitude and longitude in decimal degrees, with a comma.
    #[param(example = "35.681236,139.767125")]
    near: Option<String>,
    /// With `near`: no farther than so many metres; at most 100000, 5000 where left out.
    #[param(example = 2000)]
    radius_m: Option<i64>,
    /// `true`: with at least one outlet at which a session can start now.
    available: Option<bool>,
    /// Changed later than this; what the outlets are doing is no change.
    updated_after: Option<Time>,
    /// At most 200; 50 where left out.
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List the sites, or find those near a place
///
/// By id; with `near` by distance, and each with its `distance_m`.
#[utoipa::path(get, path = "/v1/sites", tag = "sites", params(SiteQuery), security(("oauth2" = ["sites:read"])),
    responses((status = 200, description = "One page of sites", body = Page<Site>)))]
pub(super) async fn list_sites(
    caller: Caller,
    context: web::Data<Context>,
    query: Query<SiteQuery>,
) -> Result<HttpResponse, ApiError> {
    let (query, tenant) = (query.0, caller.tenant_id());
    let limit = paging::limit(query.limit)?;
    let wish = Wish {
        near: near::read(query.near.as_deref(), query.radius_m)?,
        available: query.available.unwrap_or_default(),
        updated_after: query.updated_after.map(|time| time.0),
        after: paging::after(query.cursor.as_deref())?,
        limit: limit + 1,
    };
    let read = context.db.read(move |conn| find_sites(conn, &tenant, &wish));
    Ok(HttpResponse::Ok().json(paging::page(read.await?, limit, key_of)))
}

/// Make a site
///
/// Its main circuit is made with it.
#[utoipa::path(post, path = "/v1/sites", tag = "sites", request_body = NewSite, security(("oauth2" = ["sites:write"])),
    responses((status = 201, description = "The site", body = Site)))]
pub(super) async fn create_site(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    named: MaybeNamed,
    body: Json<NewSite>,
) -> Result<HttpResponse, ApiError> {
    let named = named.once(&caller, &request, &body.canonical);
    let mut asked = body.value;
    let mut faults = Faults::default();
    faults.check_text("/name", &asked.name, MAX_NAME);
    check_place(
        &mut faults,
        (asked.address.as_deref(), asked.postal_address.as_mut()),
        asked.position,
    );
    check_zone(&mut faults, "/time_zone", asked.time_zone.as_deref());
    faults.check_positive("/energy_yen_per_kwh", asked.energy_yen_per_kwh);
    faults.check_positive("/contracted_demand_w", asked.contracted_demand_w);
    faults.check_positive("/main_limit_ma", asked.main_limit_ma);
    faults.into_result()?;
    let tenant_id = caller.tenant_id();
    let made = once_if_named(&context, named, move |tx| Ok(create(tx, &tenant_id, asked)?));
    let (site, replayed) = made.await?;
    Ok(replayed.mark(created(format!("/v1/sites/{}", site.id), &site)?))
}

/// Show a site, and what its outlets are doing
#[utoipa::path(get, path = "/v1/sites/{id}", tag = "sites", params(("id" = String, Path)),
    security(("oauth2" = ["sites:read"])), responses((status = 200, description = "The site", body = Site)))]
pub(super) async fn get_site(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let tenant = caller.tenant_id();
    let read = context.db.read(move |conn| {
        let found = sites::find(conn, &tenant, &id)?;
        found.map(|row| shown(conn, row)).transpose()
    });
    let found: Result<_, DbError> = read.await;
    editable(&request, &found?.ok_or(Refusal::NotFound("site"))?)
}

/// Change a site
#[utoipa::path(patch, path = "/v1/sites/{id}", tag = "sites", params(("id" = String, Path)),
    request_body = SiteChange, security(("oauth2" = ["sites:write"])),
    responses((status = 200, description = "The site", body = Site)))]
pub(super) async fn update_site(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    IfMatch(expected): IfMatch,
    (id, body): (web::Path<String>, Json<SiteChange>),
) -> Result<HttpResponse, ApiError> {
    let mut change = body.value;
    let mut faults = Faults::default();
    if let Some(name) = &change.name {
        faults.check_text("/name", name, MAX_NAME);
    }
    let address = change.address.as_ref().and_then(Option::as_deref);
    let postal_address = change.postal_address.as_mut().and_then(Option::as_mut);
    check_place(&mut faults, (address, postal_address), change.position.flatten());
    check_zone(&mut faults, "/time_zone", change.time_zone.as_deref());
    faults.check_positive("/energy_yen_per_kwh", change.energy_yen_per_kwh.flatten());
    faults.check_positive("/contracted_demand_w", change.contracted_demand_w.flatten());
    faults.into_result()?;
    let named = (caller.tenant_id(), id.into_inner());
    let changed = context.transact(move |tx| change_site(tx, &named, &expected, change));
    editable(&request, &changed.await?)
}

pub(super) fn check_zone(faults: &mut Faults, pointer: &str, zone: Option<&str>) {
    if zone.is_some_and(|zone| jiff::tz::TimeZone::get(zone).is_err()) {
        faults.add(pointer, "expected an IANA time zone, such as Asia/Tokyo");
    }
}

/// Where a site is; a postal code gets its hyphen.
fn check_place(
    faults: &mut Faults,
    (address, postal_address): (Option<&str>, Option<&mut PostalAddress>),
    position: Option<Position>,
) {
    if let Some(address) = address {
        faults.check_text("/address", address, MAX_ADDRESS);
    }
    if let Some(address) = postal_address {
        check_postal_address(faults, address);
    }
    let Some(Position { latitude, longitude }) = position else {
        return;
    };
    if Place::new(latitude.0, 0).is_none() {
        faults.add("/position/latitude", "expected -90 to 90");
    }
    if Place::new(0, longitude.0).is_none() {
        faults.add("/position/longitude", "expected -180 to 180");
    }
}

fn check_postal_address(faults: &mut Faults, address: &mut PostalAddress) {
    if let Some(code) = &mut address.postal_code {
        let digits: String = code.chars().filter(|c| *c != '-').collect();
        match digits.split_at_checked(3) {
            Some((area, place)) if digits.len() == 7 && digits.bytes().all(|b| b.is_ascii_digit()) => {
                *code = format!("{area}-{place}");
            }
            Some(_) | None => {
                faults.add(
                    "/postal_address/postal_code",
                    "expected seven digits, such as 100-0005",
                );
            }
        }
    }
    if let Some(prefecture) = &address.prefecture {
        faults.check_text("/postal_address/prefecture", prefecture, 20);
    }
    if let Some(city) = &address.city {
        faults.check_text("/postal_address/city", city, 50);
    }
    if address.lines.len() > MAX_LINES {
        faults.add("/postal_address/lines", "expected at most 4");
    }
    for (index, line) in address.lines.iter().enumerate() {
        faults.check_text(&format!("/postal_address/lines/{index}"), line, MAX_LINE);
    }
}
