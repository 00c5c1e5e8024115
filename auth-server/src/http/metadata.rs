//! `/.well-known/oauth-authorization-server` (RFC 8414): what this server can do and where.

use actix_web::{HttpRequest, HttpResponse, web};
use api_spec::token::Scope;
use serde::Serialize;

use super::{INTROSPECT, JWKS, PAR, REVOKE, Server, TOKEN, USERINFO};
use crate::client::GrantType;
use crate::pages::{AUTHORIZE, LOGOUT};

pub(super) async fn get(server: web::Data<Server>, request: HttpRequest) -> HttpResponse {
    server.metadata.answer(&request)
}

/// The same at every endpoint.
const AUTH_METHODS: [&str; 3] = ["client_secret_basic", "client_secret_post", "private_key_jwt"];
/// Where there is a listener for certificates.
const TLS_CLIENT_AUTH: &str = "tls_client_auth";
const AUTH_ALGORITHMS: [&str; 1] = ["ES256"];

#[derive(Serialize)]
pub(crate) struct Metadata {
    issuer: String,
    token_endpoint: String,
    jwks_uri: String,
    scopes_supported: Vec<&'static str>,
    response_types_supported: [&'static str; 1],
    response_modes_supported: [&'static str; 1],
    code_challenge_methods_supported: [&'static str; 1],
    authorization_response_iss_parameter_supported: bool,
    authorization_endpoint: String,
    pushed_authorization_request_endpoint: String,
    userinfo_endpoint: String,
    end_session_endpoint: String,
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [&'static str; 1],
    claims_supported: [&'static str; 9],
    prompt_values_supported: [&'static str; 3],
    request_parameter_supported: bool,
    request_uri_parameter_supported: bool,
    ui_locales_supported: [&'static str; 2],
    grant_types_supported: [&'static str; GrantType::ALL.len()],
    token_endpoint_auth_methods_supported: Vec<&'static str>,
    token_endpoint_auth_signing_alg_values_supported: [&'static str; 1],
    introspection_endpoint: String,
    introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    introspection_endpoint_auth_signing_alg_values_supported: [&'static str; 1],
    revocation_endpoint: String,
    revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    revocation_endpoint_auth_signing_alg_values_supported: [&'static str; 1],
    #[serde(flatten)]
    mutual: Option<Mutual>,
}

/// RFC 8705 §3.3, §5.
#[derive(Serialize)]
struct Mutual {
    tls_client_certificate_bound_access_tokens: bool,
    mtls_endpoint_aliases: Aliases,
}

#[derive(Serialize)]
struct Aliases {
    token_endpoint: String,
    introspection_endpoint: String,
    revocation_endpoint: String,
    pushed_authorization_request_endpoint: String,
}

impl Mutual {
    fn at(url: &str) -> Self {
        Self {
            tls_client_certificate_bound_access_tokens: true,
            mtls_endpoint_aliases: Aliases {
                token_endpoint: format!("{url}{TOKEN}"),
                introspection_endpoint: format!("{url}{INTROSPECT}"),
                revocation_endpoint: format!("{url}{REVOKE}"),
                pushed_authorization_request_endpoint: format!("{url}{PAR}"),
            },
        }
    }
}

impl Metadata {
    /// `mutual`: the URL of the listener for certificates, where there is one.
    pub(crate) fn of(issuer: &str, mutual: Option<&str>) -> Self {
        let by_certificate = mutual.map(|_| TLS_CLIENT_AUTH);
        let methods: Vec<&str> = AUTH_METHODS.into_iter().chain(by_certificate).collect();
        Self {
            issuer: issuer.to_owned(),
            token_endpoint: format!("{issuer}{TOKEN}"),
            jwks_uri: format!("{issuer}{JWKS}"),
            scopes_supported: Scope::all().map(Scope::name).collect(),
            response_types_supported: ["code"],
            response_modes_supported: ["query"],
            code_challenge_methods_supported: ["S256"],
            authorization_response_iss_parameter_supported: true,
            authorization_endpoint: format!("{issuer}{AUTHORIZE}"),
            pushed_authorization_request_endpoint: format!("{issuer}{PAR}"),
            userinfo_endpoint: format!("{issuer}{USERINFO}"),
            end_session_endpoint: format!("{issuer}{LOGOUT}"),
            subject_types_supported: ["public"],
            id_token_signing_alg_values_supported: ["ES256"],
            claims_supported: [
                "iss",
                "sub",
                "aud",
                "iat",
                "exp",
                "auth_time",
                "nonce",
                "name",
                "email",
            ],
            prompt_values_supported: ["none", "login", "consent"],
            request_parameter_supported: false,
            request_uri_parameter_supported: false,
            ui_locales_supported: ["en", "ja"],
            grant_types_supported: GrantType::ALL.map(GrantType::name),
            token_endpoint_auth_methods_supported: methods.clone(),
            token_endpoint_auth_signing_alg_values_supported: AUTH_ALGORITHMS,
            introspection_endpoint: format!("{issuer}{INTROSPECT}"),
            introspection_endpoint_auth_methods_supported: methods.clone(),
            introspection_endpoint_auth_signing_alg_values_supported: AUTH_ALGORITHMS,
            revocation_endpoint: format!("{issuer}{REVOKE}"),
            revocation_endpoint_auth_methods_supported: methods.clone(),
            revocation_endpoint_auth_signing_alg_values_supported: AUTH_ALGORITHMS,
            mutual: mutual.map(Mutual::at),
        }
    }
}
