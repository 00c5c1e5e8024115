//! Whether the server lives, and whether it can serve.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use serde::Serialize;
use tokio::time::timeout;

use super::problems::ApiError;
use super::tokens::Tokens;
use crate::context::Context;

/// Whoever asks wants to know about this moment.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a server needs in order to serve.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Readiness {
    /// It answers, and takes what is written.
    database: bool,
    /// The issuer's keys.
    keys: bool,
}

/// Whether the process lives
#[utoipa::path(get, path = "/livez", tag = "health", responses((status = 200, description = "It does", body = String)))]
pub(super) async fn livez() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// Whether the server can serve
#[utoipa::path(get, path = "/readyz", tag = "health",
    responses((status = 200, description = "It can", body = Readiness),
        (status = 503, description = "It cannot; what is missing is false", body = Readiness)))]
pub(super) async fn readyz(
    context: web::Data<Context>,
    tokens: web::Data<Tokens>,
) -> Result<HttpResponse, ApiError> {
    let readiness = Readiness {
        database: matches!(timeout(PATIENCE, context.check_database()).await, Ok(Ok(()))),
        keys: tokens.ready(),
    };
    let ready = readiness.database && readiness.keys;
    let mut response = match ready {
        true => HttpResponse::Ok(),
        false => HttpResponse::ServiceUnavailable(),
    };
    Ok(response.json(readiness))
}
