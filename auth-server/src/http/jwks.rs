//! `/oauth2/jwks` (RFC 7517): the public keys that access tokens are verified with.

use actix_web::{HttpRequest, HttpResponse, web};

use super::errors::refused;
use super::{Document, Server};
use crate::error::OAuthError;

pub(super) async fn get(server: web::Data<Server>, request: HttpRequest) -> HttpResponse {
    match Document::new(&server.grants.keys.now().jwks()) {
        Ok(document) => document.answer(&request),
        Err(error) => {
            tracing::error!(%error, "the keys cannot be written");
            refused(&OAuthError::Unavailable)
        }
    }
}
