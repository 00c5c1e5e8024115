//! What the token, introspection and revocation endpoints are asked with: a form, and a client's credentials.

use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};

use super::errors::{invalid_request, refused};
use super::mutual::shown;
use super::source::source;
use super::{Server, basic_auth};
use crate::error::OAuthError;
use crate::form::Form;
use crate::grants::{ASSERTION_TYPE, Credentials, Proof};

const MAX_BODY_BYTES: usize = 16 * 1024;
/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// A well-formed request of a client that has yet to be authenticated.
pub(super) struct FormRequest {
    pub(super) credentials: Credentials,
    pub(super) form: Form,
}

/// Reads the request, and says what it was refused for if it was.
pub(super) async fn answer(
    server: &Server,
    request: &HttpRequest,
    payload: web::Payload,
    respond: impl AsyncFnOnce(FormRequest) -> Result<HttpResponse, OAuthError>,
) -> HttpResponse {
    let body = match read(payload).await {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    let answered = match FormRequest::parse(request, &body, server.behind_proxy) {
        Ok(asked) => respond(asked).await,
        Err(error) => Err(error),
    };
    answered.unwrap_or_else(|error| refused(&error))
}

impl FormRequest {
    fn parse(request: &HttpRequest, body: &[u8], behind_proxy: bool) -> Result<Self, OAuthError> {
        let mut form = form(request, body)?;
        let credentials = Credentials {
            proof: proof(request, &mut form)?,
            source: source(request, behind_proxy),
            certificate: shown(request),
        };
        Ok(Self { credentials, form })
    }

    /// Takes a parameter out that must be there.
    pub(super) fn required(&mut self, name: &str, missing: &'static str) -> Result<String, OAuthError> {
        self.form.take(name).ok_or(OAuthError::InvalidRequest(missing))
    }
}

pub(crate) async fn read(payload: web::Payload) -> Result<web::Bytes, HttpResponse> {
    let body = read_bounded(payload).await;
    body.map_err(|(status, problem)| invalid_request(status, problem))
}

/// The body, or what HTTP has to say about it.
pub(super) async fn read_bounded(payload: web::Payload) -> Result<web::Bytes, (StatusCode, &'static str)> {
    match tokio::time::timeout(BODY_TIMEOUT, payload.to_bytes_limited(MAX_BODY_BYTES)).await {
        Ok(Ok(Ok(body))) => Ok(body),
        Ok(Ok(Err(_))) => Err((StatusCode::BAD_REQUEST, "the body cannot be read")),
        Ok(Err(_)) => Err((StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 16 KiB")),
        Err(_) => Err((StatusCode::REQUEST_TIMEOUT, "the body came too slowly")),
    }
}

fn form(request: &HttpRequest, body: &[u8]) -> Result<Form, OAuthError> {
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
    Form::parse(body).map_err(OAuthError::InvalidRequest)
}

/// Exactly one of the methods (RFC 6749 §2.3).
fn proof(request: &HttpRequest, form: &mut Form) -> Result<Proof, OAuthError> {
    const TWO_WAYS: OAuthError = OAuthError::InvalidRequest("more than one way of client authentication");
    let (id, secret) = (form.take("client_id"), form.take("client_secret"));
    let assertion = (form.take("client_assertion"), form.take("client_assertion_type"));
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let header = headers.next();
    let is_asserted = assertion.0.is_some() || assertion.1.is_some();
    let ways = [header.is_some(), secret.is_some(), is_asserted];
    if headers.next().is_some() || ways.into_iter().filter(|way| *way).count() > 1 {
        return Err(TWO_WAYS);
    }
    match (header, secret, assertion) {
        (Some(header), ..) => by_header(header.as_bytes(), id),
        (None, Some(client_secret), _) => Ok(Proof::Secret {
            client_id: id.ok_or(OAuthError::InvalidClient)?,
            client_secret,
        }),
        (None, None, (Some(jwt), Some(kind))) if kind == ASSERTION_TYPE => {
            Ok(Proof::Assertion { client_id: id, jwt })
        }
        (None, None, (Some(_), _)) => Err(OAuthError::InvalidRequest(
            "client_assertion_type must be urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        )),
        (None, None, (None, _)) => Ok(Proof::Certificate {
            client_id: id.ok_or(OAuthError::InvalidClient)?,
        }),
    }
}

fn by_header(header: &[u8], id: Option<String>) -> Result<Proof, OAuthError> {
    let (client_id, client_secret) = basic_auth::parse(header).ok_or(OAuthError::InvalidClient)?;
    if id.is_some_and(|id| id != client_id) {
        return Err(OAuthError::InvalidRequest(
            "client_id is not the one that authenticates",
        ));
    }
    Ok(Proof::Secret {
        client_id,
        client_secret,
    })
}
