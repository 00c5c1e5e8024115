//! Token introspection (RFC 7662): is this access token good at this moment, and what does it allow.

use api_spec::token::AccessTokenClaims;
use serde::Serialize;

use super::{Credentials, Grants};
use crate::client::Client;
use crate::error::OAuthError;

/// The answer (RFC 7662 §2.2). Of a token that is not good, or not the caller's business, it tells nothing else.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Introspection {
    Inactive {
        active: bool,
    },
    Active {
        active: bool,
        token_type: &'static str,
        #[serde(flatten)]
        claims: Box<AccessTokenClaims>,
    },
}

impl Grants {
    /// Answers a client about its own tokens, and the server of an API about tokens for that API.
    pub(crate) async fn introspect(
        &self,
        credentials: &Credentials,
        token: &str,
    ) -> Result<Introspection, OAuthError> {
        let caller = self.authenticate(credentials).await?;
        Ok(match self.good_for(&caller, token).await? {
            Some(claims) => Introspection::Active {
                active: true,
                token_type: claims.token_type(),
                claims: Box::new(claims),
            },
            None => Introspection::Inactive { active: false },
        })
    }

    async fn good_for(&self, caller: &Client, token: &str) -> Result<Option<AccessTokenClaims>, OAuthError> {
        let Some(claims) = self.read_issued(token) else {
            return Ok(None);
        };
        let is_callers = claims.client_id == caller.id || caller.introspects.as_ref() == Some(&claims.aud);
        if !is_callers || self.is_revoked(&claims) {
            return Ok(None);
        }
        let holder = self.clients.find(&claims.client_id).await?;
        let is_enabled = holder.is_some_and(|client| client.disabled_at_us.is_none());
        Ok(is_enabled.then(|| claims.as_ref().clone()))
    }
}
