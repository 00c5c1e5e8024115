//! `/v1/outlets` and `/v1/outlet-codes`.

use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::rest::{CommandAccepted, CommandKind, Outlet, OutletChange, Page};

use super::access::Caller;
use super::answers::{editable, tagged};
use super::idempotency::{IdempotencyKey, accept};
use super::if_match::IfMatch;
use super::json::{Faults, Json, Query};
use super::paging;
use super::problems::ApiError;
use crate::context::Context;
use crate::error::Refusal;
use crate::operations::command_outlet::{change_outlet, command_outlet};
use crate::operations::list_outlets::{with_session, with_sessions};
use crate::store::outlets;

/// Which outlets.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OutletQuery {
    /// Of this site alone.
    site_id: Option<String>,
    /// At most 200; 50 where left out.
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List the outlets and what they are doing
#[utoipa::path(get, path = "/v1/outlets", tag = "outlets", params(OutletQuery),
    security(("oauth2" = ["outlets:read"])),
    responses((status = 200, description = "One page of outlets", body = Page<Outlet>)))]
pub(super) async fn list_outlets(
    caller: Caller,
    context: web::Data<Context>,
    query: Query<OutletQuery>,
) -> Result<HttpResponse, ApiError> {
    let query = query.0;
    let (limit, after) = (
        paging::limit(query.limit)?,
        paging::after(query.cursor.as_deref())?,
    );
    let tenant = caller.tenant_id();
    let read = context.db.read(move |conn| {
        let known = outlets::list_known(conn, &tenant, query.site_id.as_deref(), &after, limit + 1)?;
        with_sessions(conn, known)
    });
    Ok(HttpResponse::Ok().json(paging::page(read.await?, limit, |outlet| outlet.id.clone())))
}

/// Show an outlet and what it is doing
#[utoipa::path(get, path = "/v1/outlets/{id}", tag = "outlets", params(("id" = String, Path)),
    security(("oauth2" = ["outlets:read"])),
    responses((status = 200, description = "The outlet", body = Outlet)))]
pub(super) async fn get_outlet(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let tenant = caller.tenant_id();
    let read = context.db.read(move |conn| {
        let known = outlets::find_known(conn, &tenant, &id)?;
        let known = known.ok_or(Refusal::NotFound("outlet"))?;
        Ok::<_, Refusal>(with_session(conn, known)?)
    });
    editable(&request, &read.await?)
}

/// Find an outlet by what its label says
#[utoipa::path(get, path = "/v1/outlet-codes/{code}", tag = "outlets", params(("code" = String, Path)),
    security(("oauth2" = ["outlets:read"])),
    responses((status = 200, description = "The outlet", body = Outlet)))]
pub(super) async fn get_outlet_by_code(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    code: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let tenant = caller.tenant_id();
    let read = context.db.read(move |conn| {
        let known = outlets::find_known_by_code(conn, &code.to_ascii_lowercase())?;
        let owned = known.filter(|(outlet, _, _)| outlet.tenant_id == tenant);
        let known = owned.ok_or(Refusal::NotFound("outlet"))?;
        Ok::<_, Refusal>(with_session(conn, known)?)
    });
    tagged(&request, &read.await?)
}

/// Change an outlet's name or threshold
#[utoipa::path(patch, path = "/v1/outlets/{id}", tag = "outlets", params(("id" = String, Path)),
    request_body = OutletChange, security(("oauth2" = ["outlets:write"])),
    responses((status = 200, description = "The outlet", body = Outlet)))]
pub(super) async fn update_outlet(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    IfMatch(expected): IfMatch,
    (id, body): (web::Path<String>, Json<OutletChange>),
) -> Result<HttpResponse, ApiError> {
    let change = body.value;
    let mut faults = Faults::default();
    if let Some(name) = &change.name {
        faults.check_text("/name", name, 100);
    }
    let threshold_ma = change.rise_threshold_ma.flatten();
    if threshold_ma.is_some_and(|threshold| threshold <= 0) {
        faults.add("/rise_threshold_ma", "must be 1 or more");
    }
    faults.into_result()?;
    let named = (caller.tenant_id(), id.into_inner());
    let changed = context.transact(move |tx| change_outlet(tx, &named, &expected, &change));
    editable(&request, &changed.await?)
}

/// Ask for an outlet's status now
#[utoipa::path(post, path = "/v1/outlets/{id}/status-requests", tag = "outlets", params(("id" = String, Path)),
    security(("oauth2" = ["outlets:read"])),
    responses((status = 202, description = "The command; `outlet.status` follows", body = CommandAccepted),
        (status = 409, description = "`controller-offline`", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(super) async fn request_status(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    key: IdempotencyKey,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (once, tenant) = (key.once(&caller, &request, ""), caller.tenant_id());
    let kind = CommandKind::StatusRequest;
    accept(&request, &context, once, move |tx| {
        command_outlet(tx, &tenant, &id, kind)
    })
    .await
}

/// Let an outlet be used again after a fault was looked at
#[utoipa::path(post, path = "/v1/outlets/{id}/fault-clearings", tag = "outlets", params(("id" = String, Path)),
    security(("oauth2" = ["outlets:write"])),
    responses((status = 202, description = "The command", body = CommandAccepted),
        (status = 409, description = "`controller-offline`", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(super) async fn clear_fault(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    key: IdempotencyKey,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (once, tenant) = (key.once(&caller, &request, ""), caller.tenant_id());
    let kind = CommandKind::ClearFault;
    accept(&request, &context, once, move |tx| {
        command_outlet(tx, &tenant, &id, kind)
    })
    .await
}
