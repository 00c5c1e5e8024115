//! Token revocation (RFC 7009): a client gives a token back before it expires.

use api_spec::token::AccessTokenClaims;

use super::{Credentials, Grants};
use crate::audit::{self, Actor, Entry, Event};
use crate::error::OAuthError;
use crate::store::revoked_tokens::{self, RevokedToken};

impl Grants {
    /// Whether an access token was taken back, alone or with its family.
    pub(super) fn is_revoked(&self, claims: &AccessTokenClaims) -> bool {
        let family = claims.sid.as_ref();
        self.revocations.contains(&claims.jti) || family.is_some_and(|id| self.revocations.contains(id))
    }

    /// Ends a token of the caller. A token that is unknown, over or another client's is left alone, and the answer is
    /// the same (RFC 7009 §2.2).
    pub(crate) async fn revoke(&self, credentials: &Credentials, token: &str) -> Result<(), OAuthError> {
        let caller = self.authenticate(credentials).await?;
        let Some(claims) = self
            .read_issued(token)
            .filter(|claims| claims.client_id == caller.id)
        else {
            return Ok(());
        };
        let now_us = self.clock.now_us();
        let revoked = RevokedToken {
            jti: claims.jti.clone(),
            revoked_at_us: now_us,
            expires_at_us: claims.exp.saturating_add(1).saturating_mul(1_000_000),
        };
        let entry = Entry::success(Event::TokenRevoked, Actor::Client(caller.id.clone())).token(&claims.jti);
        let row = revoked.clone();
        self.db
            .write(move |conn| {
                if revoked_tokens::insert(conn, &row)? {
                    audit::append(conn, &entry, now_us)?;
                }
                Ok::<_, OAuthError>(())
            })
            .await?;
        self.revocations.take(vec![revoked], now_us);
        Ok(())
    }
}
