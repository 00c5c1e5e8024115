//! Ways to get a token: who asks, what for, and what is given. Nothing here knows HTTP.

mod access_token;
mod client_auth;
mod client_credentials;

use std::sync::Arc;

use api_spec::token::Scopes;
use foundation::Clock;
use serde::Serialize;

use crate::client::GrantType;
use crate::error::OAuthError;
use crate::keys::KeyRing;
use crate::store::ClientCache;

/// What a client shows to prove who it is. No `Debug`: it holds a secret.
pub(crate) struct Credentials {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
}

/// A well-formed token request.
pub(crate) struct TokenRequest {
    pub(crate) grant_type: GrantType,
    pub(crate) credentials: Credentials,
    pub(crate) scope: Option<String>,
    /// RFC 8707: may be given more than once.
    pub(crate) resources: Vec<String>,
}

/// A token and what is told with it (RFC 6749 §5.1). No `Debug`: it holds a token.
#[derive(Serialize)]
pub(crate) struct IssuedToken {
    access_token: String,
    token_type: &'static str,
    expires_in: u32,
    scope: Scopes,
}

/// What every grant works with.
#[derive(Clone)]
pub(crate) struct Grants {
    pub(crate) clients: ClientCache,
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) issuer: String,
    pub(crate) token_ttl_s: u32,
    pub(crate) clock: Clock,
}

impl Grants {
    /// Answers a token request.
    pub(crate) async fn issue(&self, request: &TokenRequest) -> Result<IssuedToken, OAuthError> {
        let client = self.authenticate(&request.credentials).await?;
        if !client.grant_types.contains(&request.grant_type) {
            return Err(OAuthError::UnauthorizedClient);
        }
        match request.grant_type {
            GrantType::ClientCredentials => self.client_credentials(&client, request),
        }
    }
}
