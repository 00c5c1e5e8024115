//! Refusals as HTTP: the JSON of RFC 6749 §5.2, for requests too broken to reach a handler as well.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde::Serialize;

use crate::error::OAuthError;

#[derive(Serialize)]
struct Body<'a> {
    error: &'a str,
    error_description: &'a str,
}

/// RFC 9110 §15.5.2 wants a challenge with every 401, and RFC 6749 §5.2 the scheme that the client used.
const CHALLENGE: (header::HeaderName, &str) = (
    header::WWW_AUTHENTICATE,
    r#"Basic realm="denro", charset="UTF-8""#,
);

/// Forbids keeping an answer (RFC 6749 §5.1).
pub(super) fn uncached(status: StatusCode) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::PRAGMA, "no-cache"));
    response
}

/// A refused token request.
pub(super) fn refused(error: &OAuthError) -> HttpResponse {
    let description = error.to_string();
    let body = Body {
        error: error.code(),
        error_description: &description,
    };
    match error {
        OAuthError::InvalidClient => uncached(StatusCode::UNAUTHORIZED)
            .insert_header(CHALLENGE)
            .json(body),
        OAuthError::Unavailable => uncached(StatusCode::SERVICE_UNAVAILABLE)
            .insert_header((header::RETRY_AFTER, "1"))
            .json(body),
        OAuthError::InvalidRequest(_)
        | OAuthError::InvalidGrant
        | OAuthError::UnauthorizedClient
        | OAuthError::UnsupportedGrantType
        | OAuthError::InvalidScope
        | OAuthError::InvalidTarget
        | OAuthError::InvalidProof(_)
        | OAuthError::Authorization(_) => uncached(StatusCode::BAD_REQUEST).json(body),
    }
}

/// A request that HTTP itself has a status for.
pub(super) fn invalid_request(status: StatusCode, description: &str) -> HttpResponse {
    uncached(status).json(Body {
        error: "invalid_request",
        error_description: description,
    })
}

pub(super) async fn only_post() -> HttpResponse {
    not_allowed("POST")
}

pub(super) async fn only_get() -> HttpResponse {
    not_allowed("GET, HEAD")
}

pub(super) async fn not_found() -> HttpResponse {
    invalid_request(StatusCode::NOT_FOUND, "there is nothing at this path")
}

fn not_allowed(allowed: &'static str) -> HttpResponse {
    let mut response = invalid_request(StatusCode::METHOD_NOT_ALLOWED, "this path has another method");
    let allowed = header::HeaderValue::from_static(allowed);
    response.headers_mut().insert(header::ALLOW, allowed);
    response
}
