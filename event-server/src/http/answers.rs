//! What every answer has: a request id, and problem details where it is an error.

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH, LOCATION, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use api_spec::rest::Editable;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use foundation::metrics::RequestWatch;
use foundation::trace;
use serde::Serialize;
use tracing::Instrument;

use super::language::{Language, language_of};
use super::problems::{ApiError, Kind, nothing_here};
use super::rate_limit::Used;
use super::request_step::RequestStep;
use crate::context::Context;
use crate::operations::expected::version;

/// The name of a request, for what it leads to.
#[derive(Clone, Debug)]
pub(super) struct RequestId(pub(super) String);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names the request, and turns every error into problem details in the caller's language.
pub(super) async fn finish(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let request_id = foundation::ids::id("req");
    let language = language_of(request.request());
    request.extensions_mut().insert(RequestId(request_id.clone()));
    let context = request.app_data::<web::Data<Context>>().cloned();
    let context = context.as_ref().map(|context| context.get_ref());
    let requests = context.map(|context| context.metrics.requests.clone());
    let watch = requests.map(|requests| RequestWatch::begin(requests, &request));
    let asked = RequestStep::begin(context, &request);
    let path = watch.as_ref().map(RequestWatch::path);
    let span = tracing::info_span!("request", request_id, trace_id = asked.step.id(), path);
    let answering = answer(request, next, (language, &request_id)).instrument(span);
    let answered = trace::within(asked.step.clone(), answering).await;
    if let Some((context, watch)) = context.zip(watch) {
        asked.tell(context, watch.path(), &answered);
        watch.end(&answered);
    }
    answered
}

async fn answer(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
    (language, request_id): (Language, &str),
) -> Result<ServiceResponse<BoxBody>, Error> {
    match next.call(request).await {
        Ok(response) => {
            let replaced = problem_of(response.response()).map(|error| error.respond(language, request_id));
            let mut response = match replaced {
                Some(replacement) => response.into_response(replacement),
                None => response.map_into_boxed_body(),
            };
            let used = response.request().extensions().get::<Used>().cloned();
            stamp(response.response_mut(), request_id);
            if let Some(used) = used {
                used.write(response.headers_mut());
            }
            Ok(response)
        }
        Err(error) => {
            let mut response = as_problem(&error).respond(language, request_id);
            stamp(&mut response, request_id);
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
    let waits = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::TOO_MANY_REQUESTS].contains(&status);
    if waits && !headers.contains_key(RETRY_AFTER) {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    if status.is_server_error() {
        tracing::warn!(request_id, status = status.as_u16(), "a request failed");
    }
}

/// The problem that an answer stands for; `None` where it is no error, or is told in other words already.
fn problem_of<B>(response: &HttpResponse<B>) -> Option<ApiError> {
    let media_type = response.headers().get(CONTENT_TYPE);
    let is_page = media_type.is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    if is_page || response.status().is_redirection() {
        return None;
    }
    if let Some(error) = response.error() {
        // A page says itself why it is not shown.
        let is_page = error.as_error::<InternalError<&'static str>>().is_some();
        return (!is_page).then(|| as_problem(error));
    }
    let told = media_type.is_some();
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
    let tag = format!("\"{}\"", hash_of(&body));
    Ok(unless_known(request, tag, body))
}

/// The same for what can be edited: its tag begins with the version that `If-Match` is held against, so that what is
/// measured meanwhile makes no edit stale.
pub(super) fn editable<T: Serialize + Editable>(
    request: &HttpRequest,
    resource: &T,
) -> Result<HttpResponse, ApiError> {
    let body = to_json(resource)?;
    let tag = editable_tag(resource, &body);
    Ok(unless_known(request, tag, body))
}

/// 201 for what was made and can be edited.
pub(super) fn created<T: Serialize + Editable>(
    location: String,
    resource: &T,
) -> Result<HttpResponse, ApiError> {
    let body = to_json(resource)?;
    let tag = editable_tag(resource, &body);
    let mut response = HttpResponse::Created();
    response
        .insert_header((LOCATION, location))
        .insert_header((ETAG, tag));
    Ok(response.content_type("application/json").body(body))
}

fn editable_tag(resource: &impl Editable, body: &str) -> String {
    format!("\"{}.{}\"", version(resource.updated_at().0), hash_of(body))
}

fn hash_of(body: &str) -> String {
    let hash = foundation::secrets::sha256(body.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.get(..12).unwrap_or_default())
}

fn unless_known(request: &HttpRequest, tag: String, body: String) -> HttpResponse {
    let known = request
        .headers()
        .get(IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok());
    let reads = [Method::GET, Method::HEAD].contains(request.method());
    let same = reads && known.is_some_and(|tags| tags.split(',').any(|known| is_tag(known.trim(), &tag)));
    let mut builder = match same {
        true => HttpResponse::NotModified(),
        false => HttpResponse::Ok(),
    };
    builder
        .insert_header((ETAG, tag))
        .insert_header((CACHE_CONTROL, "private, no-cache"));
    match same {
        true => builder.finish(),
        false => builder.content_type("application/json").body(body),
    }
}

fn is_tag(known: &str, tag: &str) -> bool {
    known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
}

pub(super) fn to_json(value: &impl Serialize) -> Result<String, ApiError> {
    serde_json::to_string(value).map_err(|error| ApiError::internal(&error))
}
