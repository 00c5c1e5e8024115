//! `/oauth2/userinfo` (OpenID Connect Core §5.3).

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use foundation::dpop;

use super::errors::uncached;
use super::{Server, USERINFO, dpop::proof};
use crate::grants::{BearerError, ShownToken};

const BEARER: &str = r#"Bearer realm="denro""#;
const DPOP: &str = r#"DPoP realm="denro", algs="ES256""#;

/// GET and POST, with the token in the header alone (RFC 6750 §2.1).
pub(super) async fn show(server: web::Data<Server>, request: HttpRequest) -> HttpResponse {
    let header = request.headers().get(header::AUTHORIZATION);
    let Some((scheme, token)) = header.and_then(|value| value.to_str().ok()?.split_once(' ')) else {
        return nobody();
    };
    let token = token.trim_matches(' ');
    let (challenge, shown) = if scheme.eq_ignore_ascii_case("bearer") {
        (BEARER, ShownToken::Bearer(token))
    } else if scheme.eq_ignore_ascii_case(dpop::SCHEME) {
        match proof(&request, USERINFO) {
            Ok(Some(proof)) => (DPOP, ShownToken::WithProof(token, proof)),
            Ok(None) | Err(_) => return refused(BearerError::InvalidProof, DPOP),
        }
    } else {
        return nobody();
    };
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
