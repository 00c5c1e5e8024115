//! `/v1/webhook-endpoints`.

use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::rest::{Delivery, NewWebhookEndpoint, Page, WebhookEndpoint, WebhookEndpointCreated};

use super::access::Caller;
use super::answers::editable;
use super::if_match::IfMatch;
use super::json::{Faults, Json, Query};
use super::paging;
use super::problems::ApiError;
use super::sites::PageQuery;
use crate::config::Config;
use crate::context::Context;
use crate::error::Refusal;
use crate::operations::webhook_endpoints as operations;
use crate::store::{deliveries, webhook_endpoints};
use crate::webhook_target;

/// What `POST …/test` answers.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(super) struct TestSent {
    event_id: String,
}

/// List the webhook endpoints
#[utoipa::path(get, path = "/v1/webhook-endpoints", tag = "webhook-endpoints", params(PageQuery),
    security(("oauth2" = ["webhooks:read"])),
    responses((status = 200, description = "One page of endpoints", body = Page<WebhookEndpoint>)))]
pub(super) async fn list_webhook_endpoints(
    caller: Caller,
    context: web::Data<Context>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let (limit, after) = (
        paging::limit(query.0.limit)?,
        paging::after(query.0.cursor.as_deref())?,
    );
    let tenant = caller.tenant_id();
    let read = context
        .db
        .read(move |conn| webhook_endpoints::list(conn, &tenant, &after, limit + 1));
    let page = paging::page(read.await?, limit, |row| row.id.clone());
    Ok(HttpResponse::Ok().json(paging::map(page, operations::resource)))
}

/// Have events sent to an address
///
/// The secret is in this answer alone.
#[utoipa::path(post, path = "/v1/webhook-endpoints", tag = "webhook-endpoints", request_body = NewWebhookEndpoint,
    security(("oauth2" = ["webhooks:write"])),
    responses((status = 201, description = "The endpoint and its secret", body = WebhookEndpointCreated),
        (status = 409, description = "`too-many-endpoints`: a tenant has at most 20",
            body = api_spec::problem::Problem, content_type = "application/problem+json")))]
pub(super) async fn create_webhook_endpoint(
    caller: Caller,
    context: web::Data<Context>,
    config: web::Data<Config>,
    body: Json<NewWebhookEndpoint>,
) -> Result<HttpResponse, ApiError> {
    let asked = body.value;
    let mut faults = Faults::default();
    if let Err(problem) = webhook_target::check(&asked.url, &config.webhooks) {
        faults.add("/url", &problem.to_string());
    }
    faults.into_result()?;
    let tenant = caller.tenant_id();
    let made = context.transact({
        let tenant = tenant.clone();
        move |tx| operations::create(tx, &tenant, &asked)
    });
    let made = made.await;
    context.subscriptions.forget(&tenant);
    let made = made?;
    let location = format!("/v1/webhook-endpoints/{}", made.endpoint.id);
    let mut response = HttpResponse::Created();
    response
        .insert_header((LOCATION, location))
        .insert_header((CACHE_CONTROL, "no-store"));
    Ok(response.json(made))
}

/// Show a webhook endpoint
#[utoipa::path(get, path = "/v1/webhook-endpoints/{id}", tag = "webhook-endpoints", params(("id" = String, Path)),
    security(("oauth2" = ["webhooks:read"])),
    responses((status = 200, description = "The endpoint", body = WebhookEndpoint)))]
pub(super) async fn get_webhook_endpoint(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let tenant = caller.tenant_id();
    let found = context
        .db
        .read(move |conn| webhook_endpoints::find(conn, &tenant, &id))
        .await?;
    editable(
        &request,
        &operations::resource(found.ok_or(Refusal::NotFound("webhook endpoint"))?),
    )
}

/// Delete a webhook endpoint and whatever was to be sent to it
#[utoipa::path(delete, path = "/v1/webhook-endpoints/{id}", tag = "webhook-endpoints", params(("id" = String, Path)),
    security(("oauth2" = ["webhooks:write"])), responses((status = 204, description = "Deleted")))]
pub(super) async fn delete_webhook_endpoint(
    caller: Caller,
    context: web::Data<Context>,
    IfMatch(expected): IfMatch,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let tenant = caller.tenant_id();
    let deleted = context.transact({
        let tenant = tenant.clone();
        move |tx| operations::delete(tx, &tenant, &id, &expected)
    });
    let deleted = deleted.await;
    context.subscriptions.forget(&tenant);
    deleted?;
    Ok(HttpResponse::NoContent().finish())
}

/// List what was sent, the newest first
#[utoipa::path(get, path = "/v1/webhook-endpoints/{id}/deliveries", tag = "webhook-endpoints",
    params(("id" = String, Path), PageQuery), security(("oauth2" = ["webhooks:read"])),
    responses((status = 200, description = "One page of deliveries", body = Page<Delivery>)))]
pub(super) async fn list_deliveries(
    caller: Caller,
    context: web::Data<Context>,
    id: web::Path<String>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let (limit, before) = (
        paging::limit(query.0.limit)?,
        paging::before(query.0.cursor.as_deref())?,
    );
    let tenant = caller.tenant_id();
    let read = context.db.read(move |conn| {
        let endpoint = webhook_endpoints::find(conn, &tenant, &id)?;
        endpoint.ok_or(Refusal::NotFound("webhook endpoint"))?;
        Ok::<_, Refusal>(deliveries::list(
            conn,
            &id,
            before.unwrap_or(i64::MAX),
            limit + 1,
        )?)
    });
    let page = paging::page(read.await?, limit, |(row, _)| row.id.to_string());
    let shown = page.data.into_iter().map(operations::delivery);
    Ok(HttpResponse::Ok().json(Page {
        data: shown.collect::<Result<Vec<_>, _>>()?,
        next_cursor: page.next_cursor,
    }))
}

/// Send a test event to an endpoint
#[utoipa::path(post, path = "/v1/webhook-endpoints/{id}/test", tag = "webhook-endpoints",
    params(("id" = String, Path)), security(("oauth2" = ["webhooks:write"])),
    responses((status = 202, description = "The event's id", body = TestSent),
        (status = 409, description = "`endpoint-disabled`", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(super) async fn test_webhook_endpoint(
    caller: Caller,
    context: web::Data<Context>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let tenant = caller.tenant_id();
    let event_id = context
        .transact(move |tx| operations::test(tx, &tenant, &id))
        .await?;
    Ok(HttpResponse::Accepted().json(TestSent { event_id }))
}
