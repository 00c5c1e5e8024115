//! Access tokens as JWT (RFC 9068). No row is written for one: the signature is all there is.

use api_spec::token::{ACCESS_TOKEN_TYPE, AccessTokenClaims, Confirmation, RoleClaim, Scopes};

use serde::Serialize;

use super::{Grants, IssuedToken};
use crate::audit::{Actor, Entry, Event};
use crate::client::Client;
use crate::error::OAuthError;

/// Whom a token is about.
pub(super) struct Subject {
    pub(super) sub: String,
    /// Of a person: the family that the token ends with.
    pub(super) sid: Option<String>,
    /// Of a person: the sites that it is good for.
    pub(super) sites: Option<Vec<String>>,
    pub(super) roles: Vec<RoleClaim>,
}

impl Subject {
    /// The client itself.
    pub(super) fn of_client(client: &Client) -> Self {
        Self {
            sub: client.id.clone(),
            sid: None,
            sites: None,
            roles: Vec::new(),
        }
    }
}

impl Grants {
    pub(super) fn access_token(
        &self,
        client: &Client,
        scope: Scopes,
        subject: Subject,
        cnf: Option<Confirmation>,
    ) -> Result<IssuedToken, OAuthError> {
        let issued_at_s = self.clock.now_us().div_euclid(1_000_000);
        let claims = AccessTokenClaims {
            iss: self.issuer.clone(),
            sub: subject.sub,
            aud: client.audience.clone(),
            client_id: client.id.clone(),
            iat: issued_at_s,
            exp: issued_at_s.saturating_add(i64::from(self.token_ttl_s)),
            jti: foundation::ids::random_text(),
            scope,
            tenant: client.tenant_id.clone(),
            sid: subject.sid,
            sites: subject.sites,
            roles: subject.roles,
            cnf,
        };
        let access_token = self.sign(ACCESS_TOKEN_TYPE, &claims)?;
        self.tally.count(Entry::success(
            Event::TokenIssued,
            Actor::Client(claims.client_id.clone()),
        ));
        tracing::debug!(claims.client_id, claims.jti, %claims.scope, "access token issued");
        Ok(IssuedToken {
            access_token,
            token_type: claims.token_type(),
            expires_in: self.token_ttl_s,
            scope: claims.scope,
            id_token: None,
            refresh_token: None,
        })
    }

    /// A JWT of this `typ` by the key that signs now.
    pub(super) fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, OAuthError> {
        let keys = self.keys.now();
        let signed = keys
            .active(self.clock.now_us())
            .and_then(|key| key.sign(typ, claims));
        signed.map_err(|error| {
            tracing::error!(%error, typ, "a token could not be signed");
            OAuthError::Unavailable
        })
    }
}
