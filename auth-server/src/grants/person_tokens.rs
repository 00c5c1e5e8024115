//! The tokens that a client gets for a person: an access token, an id token (OpenID Connect Core §2), a refresh token.

use api_spec::token::{Confirmation, Scope, Scopes};
use serde::Serialize;

use super::access_token::Subject;
use super::families::{NoGrant, PersonGrant};
use super::{Grants, IssuedToken};
use crate::client::Client;
use crate::error::OAuthError;

pub(super) const ID_TOKEN_TYPE: &str = "JWT";
/// It is read at once, when the person comes back.
const ID_TOKEN_LIFE_S: i64 = 300;

#[derive(Serialize)]
struct IdTokenClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    /// The client: an API takes no token that is for a client.
    aud: &'a str,
    iat: i64,
    exp: i64,
    auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    /// The family that the tokens belong to.
    sid: &'a str,
}

impl Grants {
    pub(super) fn person_tokens(
        &self,
        client: &Client,
        granted: Result<PersonGrant, NoGrant>,
        narrower: Option<Scopes>,
        cnf: Option<Confirmation>,
    ) -> Result<IssuedToken, OAuthError> {
        let grant = granted.map_err(|no| {
            tracing::info!(
                client_id = client.id,
                reason = no.reason,
                "no tokens for a person"
            );
            if let Some(ended) = no.ended {
                self.revocations.take(vec![ended], self.clock.now_us());
            }
            OAuthError::InvalidGrant
        })?;
        let family = &grant.family;
        // What the person allowed, without what their roles do not allow any more.
        let scopes = grant.rights.within(&family.scopes);
        let scopes = narrower.map_or(scopes.clone(), |narrower| scopes.within(&narrower));
        let id_token = scopes
            .contains(Scope::OpenId)
            .then(|| self.id_token(client, &grant))
            .transpose()?;
        let subject = Subject {
            sub: family.person_id.clone(),
            sid: Some(family.id.clone()),
            sites: grant.rights.sites.clone(),
            roles: grant.rights.roles.clone(),
        };
        let issued = self.access_token(client, scopes, subject, cnf)?;
        Ok(IssuedToken {
            id_token,
            refresh_token: grant.refresh_token,
            ..issued
        })
    }

    fn id_token(&self, client: &Client, grant: &PersonGrant) -> Result<String, OAuthError> {
        let now_s = self.clock.now_us().div_euclid(1_000_000);
        let claims = IdTokenClaims {
            iss: &self.issuer,
            sub: &grant.family.person_id,
            aud: &client.id,
            iat: now_s,
            exp: now_s.saturating_add(ID_TOKEN_LIFE_S),
            auth_time: grant.family.auth_time_us.div_euclid(1_000_000),
            nonce: grant.nonce.as_deref(),
            sid: &grant.family.id,
        };
        self.sign(ID_TOKEN_TYPE, &claims)
    }
}
