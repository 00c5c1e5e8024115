//! Access tokens as JWT (RFC 9068). No row is written for one: the signature is all there is.

use api_spec::token::{ACCESS_TOKEN_TYPE, AccessTokenClaims, Scopes};

use super::{Grants, IssuedToken};
use crate::client::Client;
use crate::error::OAuthError;

impl Grants {
    pub(super) fn access_token(&self, client: &Client, scope: Scopes) -> Result<IssuedToken, OAuthError> {
        let issued_at_s = self.clock.now_us().div_euclid(1_000_000);
        let claims = AccessTokenClaims {
            iss: self.issuer.clone(),
            sub: client.id.clone(),
            aud: client.audience.clone(),
            client_id: client.id.clone(),
            iat: issued_at_s,
            exp: issued_at_s.saturating_add(i64::from(self.token_ttl_s)),
            jti: foundation::ids::random_text(),
            scope,
            tenant: client.tenant_id.clone(),
        };
        let signed = self.keys.active().sign(ACCESS_TOKEN_TYPE, &claims);
        let access_token = signed.map_err(|error| {
            tracing::error!(%error, "an access token could not be signed");
            OAuthError::Unavailable
        })?;
        tracing::debug!(claims.client_id, claims.jti, %claims.scope, "access token issued");
        Ok(IssuedToken {
            access_token,
            token_type: "Bearer",
            expires_in: self.token_ttl_s,
            scope: claims.scope,
        })
    }
}
