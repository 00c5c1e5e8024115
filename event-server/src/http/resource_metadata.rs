//! `/.well-known/oauth-protected-resource` (RFC 9728): whose access tokens are taken here, and how they are shown.

use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::token::Scope;
use foundation::dpop;
use serde::Serialize;

use super::answers::tagged;
use super::problems::ApiError;
use super::tokens::Tokens;
use crate::config::Config;

pub(super) const RESOURCE_METADATA: &str = "/.well-known/oauth-protected-resource";

#[derive(Serialize)]
struct Metadata<'a> {
    resource: &'a str,
    authorization_servers: [&'a str; 1],
    scopes_supported: Vec<&'static str>,
    bearer_methods_supported: [&'static str; 1],
    dpop_signing_alg_values_supported: [&'static str; 1],
    /// At the listener for certificates.
    tls_client_certificate_bound_access_tokens: bool,
    resource_name: &'static str,
}

pub(super) async fn show(
    request: HttpRequest,
    config: web::Data<Config>,
    tokens: web::Data<Tokens>,
) -> Result<HttpResponse, ApiError> {
    let metadata = Metadata {
        resource: &tokens.public_url,
        authorization_servers: [&config.auth.issuer],
        scopes_supported: Scope::API
            .into_iter()
            .chain(Scope::TENANTS)
            .map(Scope::name)
            .collect(),
        bearer_methods_supported: ["header"],
        dpop_signing_alg_values_supported: [dpop::ALGORITHM],
        tls_client_certificate_bound_access_tokens: config.stations.is_some(),
        resource_name: "Denro event-server",
    };
    tagged(&request, &metadata)
}
