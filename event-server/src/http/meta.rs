//! `/v1/meta`.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use api_spec::rest::{Limits, Meta, Time};

use super::access::Caller;
use super::rate_limit::RateLimit;
use super::shared::Shared;
use super::{events, paging, server, wait};
use crate::context::Context;
use crate::jobs;
use crate::operations::webhook_endpoints::MAX_ENDPOINTS;

const US_PER_S: i64 = 1_000_000;

/// Show the server's version and clock, and how much of everything the caller may have
#[utoipa::path(get, path = "/v1/meta", tag = "meta", security(("oauth2" = [])),
    responses((status = 200, description = "The server, as this caller meets it", body = Meta)))]
pub(super) async fn get_meta(
    caller: Caller,
    context: web::Data<Context>,
    (limits, shared): (web::Data<RateLimit>, web::Data<Shared>),
) -> HttpResponse {
    let meta = Meta {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        api: "v1".to_owned(),
        time: Time(context.clock.now_us()),
        tenant_id: caller.tenant_id(),
        client_id: caller.client_id().to_owned(),
        quotas: limits.quotas(),
        limits: Limits {
            page_default: paging::DEFAULT_LIMIT,
            page_most: paging::MAX_LIMIT,
            events_page_default: events::DEFAULT_LIMIT,
            events_page_most: events::MAX_LIMIT,
            events_kept_s: jobs::EVENTS_KEPT_US / US_PER_S,
            idempotency_kept_s: jobs::KEYS_KEPT_US / US_PER_S,
            wait_most_s: wait::MAX_WAIT_S,
            session_most_s: i64::try_from(domain::limits::LONGEST.0 / 1_000).unwrap_or(i64::MAX),
            body_most_bytes: server::MAX_BODY_BYTES,
            streams_most: shared.streams.most(),
            outlets_most: shared.outlets_most,
            webhook_endpoints_most: MAX_ENDPOINTS,
        },
    };
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(meta)
}
