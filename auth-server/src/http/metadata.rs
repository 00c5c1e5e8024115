//! `/.well-known/oauth-authorization-server` (RFC 8414): what this server can do and where.

use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::token::Scopes;
use serde::Serialize;

use super::{INTROSPECT, JWKS, REVOKE, Server, TOKEN};
use crate::client::GrantType;

pub(super) async fn get(server: web::Data<Server>, request: HttpRequest) -> HttpResponse {
    server.metadata.answer(&request)
}

/// The same at every endpoint.
const AUTH_METHODS: [&str; 3] = ["client_secret_basic", "client_secret_post", "private_key_jwt"];
const AUTH_ALGORITHMS: [&str; 1] = ["ES256"];

#[derive(Serialize)]
pub(crate) struct Metadata {
    issuer: String,
    token_endpoint: String,
    jwks_uri: String,
    scopes_supported: Vec<&'static str>,
    /// Required even where, for want of an authorization endpoint, there is none.
    response_types_supported: [&'static str; 0],
    grant_types_supported: [&'static str; GrantType::ALL.len()],
    token_endpoint_auth_methods_supported: [&'static str; 3],
    token_endpoint_auth_signing_alg_values_supported: [&'static str; 1],
    introspection_endpoint: String,
    introspection_endpoint_auth_methods_supported: [&'static str; 3],
    introspection_endpoint_auth_signing_alg_values_supported: [&'static str; 1],
    revocation_endpoint: String,
    revocation_endpoint_auth_methods_supported: [&'static str; 3],
    revocation_endpoint_auth_signing_alg_values_supported: [&'static str; 1],
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
            token_endpoint_auth_methods_supported: AUTH_METHODS,
            token_endpoint_auth_signing_alg_values_supported: AUTH_ALGORITHMS,
            introspection_endpoint: format!("{issuer}{INTROSPECT}"),
            introspection_endpoint_auth_methods_supported: AUTH_METHODS,
            introspection_endpoint_auth_signing_alg_values_supported: AUTH_ALGORITHMS,
            revocation_endpoint: format!("{issuer}{REVOKE}"),
            revocation_endpoint_auth_methods_supported: AUTH_METHODS,
            revocation_endpoint_auth_signing_alg_values_supported: AUTH_ALGORITHMS,
        }
    }
}
