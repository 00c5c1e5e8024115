//! `/v1/webhook-endpoints`.

use actix_web::http::header::{CACHE_CONTROL, HeaderValue, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::rest::{
    NewReceiverClient, NewReplay, NewWebhookEndpoint, Page, Replay, SecretRotated, WebhookEndpoint,
    WebhookEndpointChange, WebhookEndpointCreated,
};

use super::access::Caller;
use super::answers::editable;
use super::idempotency::{IdempotencyKey, MaybeNamed, done, made, once_if_named};
use super::if_match::IfMatch;
use super::json::{Faults, Json, Query};
use super::paging;
use super::problems::ApiError;
use super::sites::PageQuery;
use crate::config::{Config, Webhooks};
use crate::context::Context;
use crate::error::Refusal;
use crate::operations::deliveries::replay;
use crate::operations::webhook_endpoints as operations;
use crate::store::webhook_endpoints;
use crate::webhook_target;

const MAX_RATE_PER_S: i32 = 1000;

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
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    named: MaybeNamed,
    (config, body): (web::Data<Config>, Json<NewWebhookEndpoint>),
) -> Result<HttpResponse, ApiError> {
    let named = named.once(&caller, &request, &body.canonical);
    let asked = body.value;
    let mut faults = Faults::default();
    check_url(&mut faults, ("/url", &asked.url), &config.webhooks);
    check_rest(
        &mut faults,
        (
            asked.description.as_deref(),
            asked.rate_per_s,
            asked.oauth2.as_ref(),
        ),
        &config.webhooks,
    );
    faults.into_result()?;
    let tenant = caller.tenant_id();
    let made = once_if_named(&context, named, {
        let tenant = tenant.clone();
        move |tx| operations::create(tx, &tenant, &asked)
    });
    let made = made.await;
    context.subscriptions.forget(&tenant);
    let (made, replayed) = made?;
    let location = format!("/v1/webhook-endpoints/{}", made.endpoint.id);
    let mut response = HttpResponse::Created();
    response
        .insert_header((LOCATION, location))
        .insert_header((CACHE_CONTROL, "no-store"));
    Ok(replayed.mark(response.json(made)))
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

/// Change a webhook endpoint, or enable it again
///
/// What waits for its next attempt is attempted at once. An endpoint that is enabled again hears what happens from then
/// on; the first event of each outlet says `gap: true`, and `POST …/replays` sends what came before.
#[utoipa::path(patch, path = "/v1/webhook-endpoints/{id}", tag = "webhook-endpoints", params(("id" = String, Path)),
    request_body = WebhookEndpointChange, security(("oauth2" = ["webhooks:write"])),
    responses((status = 200, description = "The endpoint", body = WebhookEndpoint)))]
pub(super) async fn update_webhook_endpoint(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    IfMatch(expected): IfMatch,
    (config, id, body): (web::Data<Config>, web::Path<String>, Json<WebhookEndpointChange>),
) -> Result<HttpResponse, ApiError> {
    let change = body.value;
    let mut faults = Faults::default();
    if let Some(url) = &change.url {
        check_url(&mut faults, ("/url", url), &config.webhooks);
    }
    let rest = (
        change.description.as_ref().and_then(Option::as_deref),
        change.rate_per_s.flatten(),
        change.oauth2.as_ref().and_then(Option::as_ref),
    );
    check_rest(&mut faults, rest, &config.webhooks);
    faults.into_result()?;
    let tenant = caller.tenant_id();
    let named = (tenant.clone(), id.into_inner());
    let changed = context.transact(move |tx| operations::change(tx, &named, &expected, change));
    let changed = changed.await;
    context.subscriptions.forget(&tenant);
    editable(&request, &changed?)
}

fn check_url(faults: &mut Faults, (pointer, url): (&str, &str), allowed: &Webhooks) {
    if let Err(problem) = webhook_target::check(url, allowed) {
        faults.add(pointer, &problem.to_string());
    }
}

fn check_rest(
    faults: &mut Faults,
    (description, rate_per_s, client): (Option<&str>, Option<i32>, Option<&NewReceiverClient>),
    allowed: &Webhooks,
) {
    if let Some(description) = description {
        faults.check_text("/description", description, 200);
    }
    if rate_per_s.is_some_and(|rate| !(1..=MAX_RATE_PER_S).contains(&rate)) {
        faults.add("/rate_per_s", &format!("expected 1 to {MAX_RATE_PER_S}"));
    }
    if let Some(client) = client {
        check_url(faults, ("/oauth2/token_url", &client.token_url), allowed);
        faults.check_text("/oauth2/client_id", &client.client_id, 200);
        faults.check_text("/oauth2/client_secret", &client.client_secret, 500);
        if let Some(scope) = &client.scope {
            faults.check_text("/oauth2/scope", scope, 500);
        }
    }
}

/// Make a new secret
///
/// For 24 hours deliveries carry two signatures, of the new secret and of the one before it, so that a receiver can
/// change over at any time in between.
#[utoipa::path(post, path = "/v1/webhook-endpoints/{id}/secret-rotations", tag = "webhook-endpoints",
    params(("id" = String, Path)), security(("oauth2" = ["webhooks:write"])),
    responses((status = 201, description = "The new secret; it is in this answer alone", body = SecretRotated)))]
pub(super) async fn rotate_webhook_secret(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    key: IdempotencyKey,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (once, tenant) = (key.once(&caller, &request, ""), caller.tenant_id());
    let rotated = made(&context, once, move |tx| {
        operations::rotate_secret(tx, &tenant, &id)
    });
    let mut response = rotated.await?;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Send events once more
///
/// In order for each outlet, beside what is new, each with the id and the body that it had. At most 10,000 at once:
/// `next_after` says where to go on.
#[utoipa::path(post, path = "/v1/webhook-endpoints/{id}/replays", tag = "webhook-endpoints",
    params(("id" = String, Path)), request_body = NewReplay, security(("oauth2" = ["webhooks:write"])),
    responses((status = 200, description = "How many are on their way", body = Replay),
        (status = 409, description = "`endpoint-disabled`, `too-many-deliveries`",
            body = api_spec::problem::Problem, content_type = "application/problem+json")))]
pub(super) async fn replay_events(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    key: IdempotencyKey,
    (id, body): (web::Path<String>, Json<NewReplay>),
) -> Result<HttpResponse, ApiError> {
    let once = key.once(&caller, &request, &body.canonical);
    let (tenant, asked) = (caller.tenant_id(), body.value);
    done(&context, once, move |tx| replay(tx, &tenant, &id, &asked)).await
}

/// Send a test event to an endpoint
#[utoipa::path(post, path = "/v1/webhook-endpoints/{id}/test", tag = "webhook-endpoints",
    params(("id" = String, Path)), security(("oauth2" = ["webhooks:write"])),
    responses((status = 201, description = "The event's id", body = TestSent),
        (status = 409, description = "`endpoint-disabled`", body = api_spec::problem::Problem,
            content_type = "application/problem+json")))]
pub(super) async fn test_webhook_endpoint(
    request: HttpRequest,
    caller: Caller,
    context: web::Data<Context>,
    key: IdempotencyKey,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (once, tenant) = (key.once(&caller, &request, ""), caller.tenant_id());
    made(&context, once, move |tx| {
        let event_id = operations::test(tx, &tenant, &id)?;
        Ok(TestSent { event_id })
    })
    .await
}
