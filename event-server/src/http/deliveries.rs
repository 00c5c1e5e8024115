//! `/v1/deliveries`, and those of one webhook endpoint.

use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::rest::{Delivery, DeliveryAttempt, DeliveryState, Page};

use super::access::Caller;
use super::answers::tagged;
use super::idempotency::{IdempotencyKey, create};
use super::json::Query;
use super::paging;
use super::problems::ApiError;
use crate::context::Context;
use crate::error::Refusal;
use crate::operations::deliveries as operations;
use crate::store::{deliveries, name, webhook_endpoints};

/// Which deliveries.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DeliveryQuery {
    /// In this state alone; `parked` and `failed` are those that were given up.
    state: Option<DeliveryState>,
    /// At most 200; 50 where left out.
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List what was sent, the newest first
#[utoipa::path(get, path = "/v1/webhook-endpoints/{id}/deliveries", tag = "webhook-endpoints",
    params(("id" = String, Path), DeliveryQuery), security(("oauth2" = ["webhooks:read"])),
    responses((status = 200, description = "One page of deliveries", body = Page<Delivery>)))]
pub(super) async fn list_deliveries(
    caller: Caller,
    context: web::Data<Context>,
    id: web::Path<String>,
    query: Query<DeliveryQuery>,
) -> Result<HttpResponse, ApiError> {
    let (limit, before) = (
        paging::limit(query.0.limit)?,
        paging::before(query.0.cursor.as_deref())?,
    );
    let (tenant, state) = (caller.tenant_id(), query.0.state.map(name));
    let read = context.db.read(move |conn| {
        let endpoint = webhook_endpoints::find(conn, &tenant, &id)?;
        endpoint.ok_or(Refusal::NotFound("webhook endpoint"))?;
        let span = (before.unwrap_or(i64::MAX), limit + 1);
        Ok::<_, Refusal>(deliveries::list(conn, &id, state.as_deref(), span)?)
    });
    let page = paging::page(read.await?, limit, |(row, _)| row.id.to_string());
    Ok(HttpResponse::Ok().json(paging::read(page, operations::resource)?))
}

/// Show a delivery
#[utoipa::path(get, path = "/v1/deliveries/{id}", tag = "webhook-endpoints", params(("id" = String, Path)),
    security(("oauth2" = ["webhooks:read"])),
    responses((status = 200, description = "The delivery", body = Delivery)))]
pub(super) async fn get_delivery(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let tenant = caller.tenant_id();
    let found = context
        .db
        .read(move |conn| operations::find(conn, &tenant, &id))
        .await?;
    tagged(&request, &operations::resource(found)?)
}

/// List the attempts at a delivery, the first one first
///
/// What was sent, without what is secret, and what came back. Kept for 30 days.
#[utoipa::path(get, path = "/v1/deliveries/{id}/attempts", tag = "webhook-endpoints", params(("id" = String, Path)),
    security(("oauth2" = ["webhooks:read"])),
    responses((status = 200, description = "All attempts: at most 12", body = Page<DeliveryAttempt>)))]
pub(super) async fn list_delivery_attempts(
    caller: Caller,
    context: web::Data<Context>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let tenant = caller.tenant_id();
    let attempts = context
        .db
        .read(move |conn| operations::attempts(conn, &tenant, &id))
        .await?;
    Ok(HttpResponse::Ok().json(Page {
        data: attempts,
        next_cursor: None,
    }))
}

/// Send a delivery's event once more
///
/// At once, with the id and the body that it had, whatever became of the delivery.
#[utoipa::path(post, path = "/v1/deliveries/{id}/resends", tag = "webhook-endpoints", params(("id" = String, Path)),
    security(("oauth2" = ["webhooks:write"])),
    responses((status = 201, description = "The new delivery", body = Delivery),
        (status = 409, description = "`endpoint-disabled`, `too-many-deliveries`",
            body = api_spec::problem::Problem, content_type = "application/problem+json")))]
pub(super) async fn resend_delivery(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    key: IdempotencyKey,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (once, tenant) = (key.once(&caller, &request, ""), caller.tenant_id());
    create(&context, once, "/v1/deliveries", move |tx| {
        operations::resend(tx, &tenant, &id)
    })
    .await
}
