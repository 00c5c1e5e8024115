//! `/oauth2/userinfo` (OpenID Connect Core §5.3).

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};

use super::Server;
use super::errors::uncached;
use crate::grants::BearerError;

/// GET and POST, with the token in the header alone (RFC 6750 §2.1).
pub(super) async fn show(server: web::Data<Server>, request: HttpRequest) -> HttpResponse {
    let header = request.headers().get(header::AUTHORIZATION);
    let Some(token) = header.and_then(|value| bearer(value.to_str().ok()?)) else {
        return refused(StatusCode::UNAUTHORIZED, r#"Bearer realm="denro""#);
    };
    match server.grants.userinfo(token).await {
        Ok(info) => uncached(StatusCode::OK).json(info),
        Err(BearerError::InvalidToken) => refused(
            StatusCode::UNAUTHORIZED,
            r#"Bearer realm="denro", error="invalid_token""#,
        ),
        Err(BearerError::InsufficientScope) => refused(
            StatusCode::FORBIDDEN,
            r#"Bearer realm="denro", error="insufficient_scope", scope="openid""#,
        ),
        Err(BearerError::Unavailable) => uncached(StatusCode::SERVICE_UNAVAILABLE)
            .insert_header((header::RETRY_AFTER, "1"))
            .finish(),
    }
}

pub(super) fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim_matches(' '))
}

fn refused(status: StatusCode, challenge: &'static str) -> HttpResponse {
    uncached(status)
        .insert_header((header::WWW_AUTHENTICATE, challenge))
        .finish()
}
