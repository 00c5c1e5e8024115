//! `/oauth2/userinfo` (OpenID Connect Core §5.3).

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};

use super::bearer::shown_token;
use super::errors::uncached;
use super::{Server, USERINFO};
use crate::grants::BearerError;

const BEARER: &str = r#"Bearer realm="denro""#;
const DPOP: &str = r#"DPoP realm="denro", algs="ES256""#;

/// GET and POST, with the token in the header alone.
pub(super) async fn show(server: web::Data<Server>, request: HttpRequest) -> HttpResponse {
    let shown = match shown_token(&request, USERINFO) {
        Ok(Some(shown)) => shown,
        Ok(None) => return nobody(),
        Err(error) => return refused(error, DPOP),
    };
    let challenge = if shown.proof.is_some() { DPOP } else { BEARER };
    match server.grants.userinfo(&shown).await {
        Ok(info) => uncached(StatusCode::OK).json(info),
        Err(error) => refused(error, challenge),
    }
}

/// Without credentials there is no error, but what can be shown (RFC 6750 §3.1, RFC 9449 §7.1).
fn nobody() -> HttpResponse {
    uncached(StatusCode::UNAUTHORIZED)
        .append_header((header::WWW_AUTHENTICATE, BEARER))
        .append_header((header::WWW_AUTHENTICATE, DPOP))
        .finish()
}

fn refused(error: BearerError, challenge: &'static str) -> HttpResponse {
    let (status, challenge, problem) = match error {
        BearerError::InvalidToken => (StatusCode::UNAUTHORIZED, challenge, r#"error="invalid_token""#),
        BearerError::Bound => (StatusCode::UNAUTHORIZED, DPOP, r#"error="invalid_token""#),
        BearerError::InvalidProof => (StatusCode::UNAUTHORIZED, DPOP, r#"error="invalid_dpop_proof""#),
        BearerError::InsufficientScope => (
            StatusCode::FORBIDDEN,
            challenge,
            r#"error="insufficient_scope", scope="openid""#,
        ),
        BearerError::Unavailable => {
            return uncached(StatusCode::SERVICE_UNAVAILABLE)
                .insert_header((header::RETRY_AFTER, "1"))
                .finish();
        }
    };
    uncached(status)
        .insert_header((header::WWW_AUTHENTICATE, format!("{challenge}, {problem}")))
        .finish()
}
