//! Ways to get a token: who asks, what for, and what is given. Nothing here knows HTTP.

mod access_token;
mod authorization_code;
mod authorization_request;
mod authorize;
mod bearer;
mod client_assertion;
mod client_auth;
mod client_credentials;
mod families;
mod id_token_hint;
mod introspection;
mod issued;
mod person_tokens;
mod proof_of_key;
mod pushed_request;
mod refresh;
mod revocation;
mod userinfo;
mod verified;

pub(crate) use authorization_code::ShownCode;
pub(crate) use authorization_request::{
    AuthorizationError, AuthorizationRequest, Back, REQUEST_URN, Refused,
};
pub(crate) use authorize::{Asked, Decision};
pub(crate) use bearer::{BearerError, ShownToken};
pub(crate) use client_assertion::{ASSERTION_TYPE, verify as verify_assertion};
pub(crate) use client_auth::{Credentials, Proof};
pub(crate) use families::end as end_family;
pub(crate) use proof_of_key::ShownProof;
pub(crate) use verified::Verified;

use std::sync::Arc;

use api_spec::token::{Confirmation, Scopes};
use foundation::{Clock, Db};
use serde::Serialize;

use crate::client::GrantType;
use crate::error::OAuthError;
use crate::keys::KeyRing;
use crate::revocations::Revocations;
use crate::store::ClientCache;
use crate::tally::Tally;

/// A well-formed token request.
pub(crate) struct TokenRequest {
    pub(crate) grant: AskedGrant,
    pub(crate) credentials: Credentials,
    pub(crate) scope: Option<String>,
    /// RFC 8707: may be given more than once.
    pub(crate) resources: Vec<String>,
    /// What the connection has proved the requester to hold: the token is good together with it alone.
    pub(crate) confirmation: Option<Confirmation>,
    /// Of a key, which the token is bound to instead (RFC 9449 §5).
    pub(crate) proof: Option<ShownProof>,
}

/// What a token is asked for by. No `Debug`: it holds secrets.
pub(crate) enum AskedGrant {
    ClientCredentials,
    AuthorizationCode(ShownCode),
    RefreshToken(String),
}

impl AskedGrant {
    fn grant_type(&self) -> GrantType {
        match self {
            Self::ClientCredentials => GrantType::ClientCredentials,
            Self::AuthorizationCode(_) => GrantType::AuthorizationCode,
            Self::RefreshToken(_) => GrantType::RefreshToken,
        }
    }
}

/// A token and what is told with it (RFC 6749 §5.1). No `Debug`: it holds a token.
#[derive(Serialize)]
pub(crate) struct IssuedToken {
    access_token: String,
    token_type: &'static str,
    expires_in: u32,
    scope: Scopes,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

/// What every grant works with.
#[derive(Clone)]
pub(crate) struct Grants {
    pub(crate) clients: ClientCache,
    pub(crate) db: Db,
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) verified: Arc<Verified>,
    pub(crate) revocations: Arc<Revocations>,
    pub(crate) tally: Arc<Tally>,
    pub(crate) issuer: String,
    pub(crate) token_ttl_s: u32,
    pub(crate) clock: Clock,
}

impl Grants {
    /// Answers a token request.
    pub(crate) async fn issue(&self, request: &TokenRequest) -> Result<IssuedToken, OAuthError> {
        let client = self.authenticate(&request.credentials).await?;
        if !client.grant_types.contains(&request.grant.grant_type()) {
            return Err(OAuthError::UnauthorizedClient);
        }
        if request
            .resources
            .iter()
            .any(|resource| *resource != client.audience)
        {
            return Err(OAuthError::InvalidTarget);
        }
        if client.dpop_bound && request.proof.is_none() {
            return Err(OAuthError::InvalidProof(
                "this client gets tokens with a proof alone: send one in the header DPoP",
            ));
        }
        let cnf = match &request.proof {
            Some(proof) => Some(Confirmation::Key(self.take_proof(proof, None).await?)),
            None => request.confirmation.clone(),
        };
        let scope = request.scope.as_deref();
        match &request.grant {
            AskedGrant::ClientCredentials => self.client_credentials(&client, scope, cnf),
            AskedGrant::AuthorizationCode(shown) => self.redeem_code(&client, shown, cnf).await,
            AskedGrant::RefreshToken(token) => self.refresh(&client, token, scope, cnf).await,
        }
    }
}
