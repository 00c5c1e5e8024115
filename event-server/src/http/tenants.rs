//! `/v1/tenants` for whoever runs the server, and `/v1/tenant`, the caller's own.

use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::rest::{NewTenant, Page, Tenant, TenantChange};

use super::access::Caller;
use super::answers::{created, editable, tagged};
use super::idempotency::{MaybeNamed, once_if_named};
use super::if_match::IfMatch;
use super::json::{Faults, Json, Query};
use super::paging;
use super::problems::ApiError;
use super::sites::{PageQuery, check_zone};
use crate::context::Context;
use crate::error::Refusal;
use crate::operations::tenants as operations;
use crate::store::tenants;

const MAX_ID: usize = 64;
const MAX_NAME: usize = 100;
const MAX_CONTACT: usize = 200;

/// List the tenants
#[utoipa::path(get, path = "/v1/tenants", tag = "tenants", params(PageQuery), security(("oauth2" = ["tenants:read"])),
    responses((status = 200, description = "One page of tenants", body = Page<Tenant>)))]
pub(super) async fn list_tenants(
    context: web::Data<Context>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let (limit, after) = (
        paging::limit(query.0.limit)?,
        paging::after(query.0.cursor.as_deref())?,
    );
    let read = context
        .db
        .read(move |conn| tenants::list(conn, &after, limit + 1));
    let page = paging::page(read.await?, limit, |row| row.id.clone());
    Ok(HttpResponse::Ok().json(paging::map(page, operations::resource)))
}

/// Write a tenant down
///
/// Its clients are made at the auth-server, with the same id (`client create --tenant`), and may be there before.
#[utoipa::path(post, path = "/v1/tenants", tag = "tenants", request_body = NewTenant,
    security(("oauth2" = ["tenants:write"])),
    responses((status = 201, description = "The tenant", body = Tenant),
        (status = 409, description = "`tenant-id-taken`", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(super) async fn create_tenant(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    named: MaybeNamed,
    body: Json<NewTenant>,
) -> Result<HttpResponse, ApiError> {
    let named = named.once(&caller, &request, &body.canonical);
    let asked = body.value;
    let mut faults = Faults::default();
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    if let Some(id) = &asked.id
        && !((1..=MAX_ID).contains(&id.len()) && id.chars().all(plain))
    {
        faults.add("/id", "expected 1 to 64 of letters, digits, - _ .");
    }
    faults.check_text("/name", &asked.name, MAX_NAME);
    check(
        &mut faults,
        asked.contact.as_deref(),
        asked.default_time_zone.as_deref(),
    );
    faults.into_result()?;
    let (tenant, replayed) = once_if_named(&context, named, |tx| operations::create(tx, asked)).await?;
    Ok(replayed.mark(created(format!("/v1/tenants/{}", tenant.id), &tenant)?))
}

/// Show a tenant
#[utoipa::path(get, path = "/v1/tenants/{id}", tag = "tenants", params(("id" = String, Path)),
    security(("oauth2" = ["tenants:read"])), responses((status = 200, description = "The tenant", body = Tenant)))]
pub(super) async fn get_tenant(
    request: HttpRequest,
    context: web::Data<Context>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let found = context.db.read(move |conn| tenants::find(conn, &id)).await?;
    let tenant = found.ok_or(Refusal::NotFound("tenant"))?;
    editable(&request, &operations::resource(tenant))
}

/// Change a tenant
#[utoipa::path(patch, path = "/v1/tenants/{id}", tag = "tenants", params(("id" = String, Path)),
    request_body = TenantChange, security(("oauth2" = ["tenants:write"])),
    responses((status = 200, description = "The tenant", body = Tenant)))]
pub(super) async fn update_tenant(
    request: HttpRequest,
    context: web::Data<Context>,
    IfMatch(expected): IfMatch,
    (id, body): (web::Path<String>, Json<TenantChange>),
) -> Result<HttpResponse, ApiError> {
    let change = body.value;
    let mut faults = Faults::default();
    if let Some(name) = &change.name {
        faults.check_text("/name", name, MAX_NAME);
    }
    let contact = change.contact.as_ref().and_then(Option::as_deref);
    check(&mut faults, contact, change.default_time_zone.as_deref());
    faults.into_result()?;
    let changed = context.transact(move |tx| operations::change(tx, &id, &expected, change));
    editable(&request, &changed.await?)
}

/// Show the caller's own tenant
///
/// 404 where whoever runs the server has not written it down; all else works without.
#[utoipa::path(get, path = "/v1/tenant", tag = "tenants", security(("oauth2" = [])),
    responses((status = 200, description = "The tenant", body = Tenant),
        (status = 404, description = "Nobody has written it down", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(super) async fn get_own_tenant(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
) -> Result<HttpResponse, ApiError> {
    let id = caller.tenant_id();
    let found = context.db.read(move |conn| tenants::find(conn, &id)).await?;
    let tenant = found.ok_or(Refusal::NotFound("tenant"))?;
    tagged(&request, &operations::resource(tenant))
}

fn check(faults: &mut Faults, contact: Option<&str>, zone: Option<&str>) {
    if let Some(contact) = contact {
        faults.check_text("/contact", contact, MAX_CONTACT);
    }
    check_zone(faults, "/default_time_zone", zone);
}
