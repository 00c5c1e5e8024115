//! `/v1/sites`.

use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::rest::{NewSite, Page, Site, SiteChange};

use super::access::Caller;
use super::answers::{created, editable};
use super::if_match::IfMatch;
use super::json::{Faults, Json, Query};
use super::paging;
use super::problems::ApiError;
use crate::context::Context;
use crate::error::Refusal;
use crate::operations::create_site::{change_site, create_site as create};
use crate::operations::resources;
use crate::store::sites;

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

/// List the sites
#[utoipa::path(get, path = "/v1/sites", tag = "sites", params(PageQuery), security(("oauth2" = ["sites:read"])),
    responses((status = 200, description = "One page of sites", body = Page<Site>)))]
pub(super) async fn list_sites(
    caller: Caller,
    context: web::Data<Context>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let (limit, after) = (
        paging::limit(query.0.limit)?,
        paging::after(query.0.cursor.as_deref())?,
    );
    let tenant = caller.tenant_id();
    let rows = context
        .db
        .read(move |conn| sites::list(conn, &tenant, &after, limit + 1))
        .await?;
    let page = paging::page(rows, limit, |row| row.id.clone());
    Ok(HttpResponse::Ok().json(paging::map(page, resources::site)))
}

/// Make a site
#[utoipa::path(post, path = "/v1/sites", tag = "sites", request_body = NewSite, security(("oauth2" = ["sites:write"])),
    responses((status = 201, description = "The site", body = Site)))]
pub(super) async fn create_site(
    caller: Caller,
    context: web::Data<Context>,
    body: Json<NewSite>,
) -> Result<HttpResponse, ApiError> {
    let asked = body.value;
    let mut faults = Faults::default();
    faults.check_text("/name", &asked.name, 100);
    if let Some(address) = &asked.address {
        faults.check_text("/address", address, 300);
    }
    let zone = asked.time_zone.as_deref();
    if zone.is_some_and(|zone| jiff::tz::TimeZone::get(zone).is_err()) {
        faults.add("/time_zone", "expected an IANA time zone, such as Asia/Tokyo");
    }
    check_price(&mut faults, asked.energy_yen_per_kwh);
    faults.into_result()?;
    let tenant_id = caller.tenant_id();
    let site = context.transact(move |tx| create(tx, &tenant_id, asked)).await?;
    created(format!("/v1/sites/{}", site.id), &site)
}

/// Show a site
#[utoipa::path(get, path = "/v1/sites/{id}", tag = "sites", params(("id" = String, Path)),
    security(("oauth2" = ["sites:read"])), responses((status = 200, description = "The site", body = Site)))]
pub(super) async fn get_site(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let tenant = caller.tenant_id();
    let found = context
        .db
        .read(move |conn| sites::find(conn, &tenant, &id))
        .await?;
    editable(
        &request,
        &resources::site(found.ok_or(Refusal::NotFound("site"))?),
    )
}

/// Change a site's price of energy
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
    let change = body.value;
    let mut faults = Faults::default();
    check_price(&mut faults, change.energy_yen_per_kwh.flatten());
    faults.into_result()?;
    let tenant = caller.tenant_id();
    let named = (tenant, id.into_inner());
    let changed = context.transact(move |tx| change_site(tx, &named, &expected, &change));
    editable(&request, &changed.await?)
}

fn check_price(faults: &mut Faults, energy_yen_per_kwh: Option<i64>) {
    if energy_yen_per_kwh.is_some_and(|price| price < 1) {
        faults.add("/energy_yen_per_kwh", "must be 1 or more");
    }
}
