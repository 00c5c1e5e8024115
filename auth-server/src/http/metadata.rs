//! `/.well-known/oauth-authorization-server` (RFC 8414): what this server can do and where.

use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::token::Scopes;
use serde::Serialize;

use super::{JWKS, Server, TOKEN};
use crate::client::GrantType;

pub(super) async fn get(server: web::Data<Server>, request: HttpRequest) -> HttpResponse {
    server.metadata.answer(&request)
}

#[derive(Serialize)]
pub(crate) struct Metadata {
    issuer: String,
    token_endpoint: String,
    jwks_uri: String,
    scopes_supported: Vec<&'static str>,
    /// Required even where, for want of an authorization endpoint, there is none.
    response_types_supported: [&'static str; 0],
    grant_types_supported: [&'static str; GrantType::ALL.len()],
    token_endpoint_auth_methods_supported: [&'static str; 2],
}

impl Metadata {
    pub(crate) fn of(issuer: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            token_endpoint: format!("{issuer}{TOKEN}"),
            jwks_uri: format!("{issuer}{JWKS}"),
            scopes_supported: Scopes::all().iter().map(|scope| scope.name()).collect(),
            response_types_supported: [],
            grant_types_supported: GrantType::ALL.map(GrantType::name),
            token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
        }
    }
}
