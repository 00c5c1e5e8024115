//! `POST /oauth2/token` (RFC 6749 §3.2): from HTTP to a token request, and back.

use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};

use super::errors::{invalid_request, refused, uncached};
use super::form::{Form, RESOURCE};
use super::{Server, basic_auth};
use crate::client::GrantType;
use crate::error::OAuthError;
use crate::grants::{Credentials, TokenRequest};

const MAX_BODY_BYTES: usize = 16 * 1024;
/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) async fn post(
    server: web::Data<Server>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let body = match read(payload).await {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    let issued = match token_request(&request, &body) {
        Ok(asked) => server.grants.issue(&asked).await,
        Err(error) => Err(error),
    };
    match issued {
        Ok(token) => uncached(StatusCode::OK).json(token),
        Err(error) => refused(&error),
    }
}

async fn read(payload: web::Payload) -> Result<web::Bytes, HttpResponse> {
    match tokio::time::timeout(BODY_TIMEOUT, payload.to_bytes_limited(MAX_BODY_BYTES)).await {
        Ok(Ok(Ok(body))) => Ok(body),
        Ok(Ok(Err(_))) => Err(invalid_request(
            StatusCode::BAD_REQUEST,
            "the body cannot be read",
        )),
        Ok(Err(_)) => Err(invalid_request(
            StatusCode::PAYLOAD_TOO_LARGE,
            "the body is larger than 16 KiB",
        )),
        Err(_) => Err(invalid_request(
            StatusCode::REQUEST_TIMEOUT,
            "the body came too slowly",
        )),
    }
}

fn token_request(request: &HttpRequest, body: &[u8]) -> Result<TokenRequest, OAuthError> {
    const FORM: &str = "application/x-www-form-urlencoded";
    // RFC 6749 §2.3.1: credentials in a URL end up in logs.
    if !request.query_string().is_empty() {
        return Err(OAuthError::InvalidRequest(
            "parameters belong in the body, not in the URL",
        ));
    }
    if !request.content_type().trim().eq_ignore_ascii_case(FORM) {
        return Err(OAuthError::InvalidRequest(
            "the body must be application/x-www-form-urlencoded",
        ));
    }
    let mut form = Form::parse(body).map_err(OAuthError::InvalidRequest)?;
    let credentials = credentials(request, &mut form)?;
    let grant_type = form
        .take("grant_type")
        .ok_or(OAuthError::InvalidRequest("grant_type is missing"))?;
    Ok(TokenRequest {
        grant_type: GrantType::from_name(&grant_type).ok_or(OAuthError::UnsupportedGrantType)?,
        credentials,
        scope: form.take("scope"),
        resources: form.take_all(RESOURCE),
    })
}

/// Exactly one of the two methods (RFC 6749 §2.3).
fn credentials(request: &HttpRequest, form: &mut Form) -> Result<Credentials, OAuthError> {
    let (id, secret) = (form.take("client_id"), form.take("client_secret"));
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let Some(header) = headers.next() else {
        return match (id, secret) {
            (Some(client_id), Some(client_secret)) => Ok(Credentials {
                client_id,
                client_secret,
            }),
            _ => Err(OAuthError::InvalidClient),
        };
    };
    if headers.next().is_some() || secret.is_some() {
        return Err(OAuthError::InvalidRequest(
            "more than one way of client authentication",
        ));
    }
    let shown = basic_auth::parse(header.as_bytes()).ok_or(OAuthError::InvalidClient)?;
    match id {
        Some(id) if id != shown.client_id => Err(OAuthError::InvalidRequest(
            "client_id is not the one that authenticates",
        )),
        _ => Ok(shown),
    }
}
