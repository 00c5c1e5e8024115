//! What every answer has: a request id, and problem details where it is an error.

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, HttpResponse};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

use super::language::language_of;
use super::problems::{ApiError, Kind, nothing_here};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names the request, and turns every error into problem details in the caller's language.
pub(super) async fn finish(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let request_id = foundation::ids::id("req");
    let language = language_of(request.request());
    match next.call(request).await {
        Ok(response) => {
            let replaced = problem_of(response.response()).map(|error| error.respond(language, &request_id));
            let mut response = match replaced {
                Some(replacement) => response.into_response(replacement),
                None => response.map_into_boxed_body(),
            };
            stamp(response.response_mut(), &request_id);
            Ok(response)
        }
        Err(error) => {
            let mut response = as_problem(&error).respond(language, &request_id);
            stamp(&mut response, &request_id);
            Err(InternalError::from_response(error, response).into())
        }
    }
}

/// What every answer carries.
fn stamp(response: &mut HttpResponse<BoxBody>, request_id: &str) {
    let status = response.status();
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if status.is_server_error() {
        tracing::warn!(request_id, status = status.as_u16(), "a request failed");
    }
}

/// The problem that an answer stands for; `None` where it is no error, or is told in other words already.
fn problem_of<B>(response: &HttpResponse<B>) -> Option<ApiError> {
    if let Some(error) = response.error() {
        return Some(as_problem(error));
    }
    let told = response.headers().contains_key(CONTENT_TYPE);
    match response.status() {
        StatusCode::NOT_FOUND if !told => Some(nothing_here()),
        _ => None,
    }
}

fn as_problem(error: &Error) -> ApiError {
    if let Some(known) = error.as_error::<ApiError>() {
        return known.clone();
    }
    match error.as_response_error().status_code() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::new(Kind::TooLarge, "at most 64 KiB"),
        StatusCode::NOT_FOUND => nothing_here(),
        status if status.is_client_error() => ApiError::new(Kind::InvalidQuery, error.to_string()),
        _ => {
            tracing::error!(%error, "a request could not be answered");
            ApiError::new(Kind::Internal, "our fault; nothing was changed")
        }
    }
}

/// 200 with an `ETag`, or 304 where the caller has it already.
pub(super) fn tagged(request: &HttpRequest, resource: &impl Serialize) -> Result<HttpResponse, ApiError> {
    let body = to_json(resource)?;
    let hash = foundation::secrets::sha256(body.as_bytes());
    let tag = format!(
        "\"{}\"",
        URL_SAFE_NO_PAD.encode(hash.get(..12).unwrap_or_default())
    );
    let known = request
        .headers()
        .get(IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok());
    let same = known.is_some_and(|tags| tags.split(',').any(|known| is_tag(known.trim(), &tag)));
    let mut builder = match same {
        true => HttpResponse::NotModified(),
        false => HttpResponse::Ok(),
    };
    builder
        .insert_header((ETAG, tag))
        .insert_header((CACHE_CONTROL, "private, no-cache"));
    Ok(match same {
        true => builder.finish(),
        false => builder.content_type("application/json").body(body),
    })
}

fn is_tag(known: &str, tag: &str) -> bool {
    known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
}

pub(super) fn to_json(value: &impl Serialize) -> Result<String, ApiError> {
    serde_json::to_string(value).map_err(|error| ApiError::internal(&error))
}
