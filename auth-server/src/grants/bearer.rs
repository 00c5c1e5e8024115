//! What an access token of ours allows at this server itself (RFC 6750 §3).

use std::sync::Arc;

use api_spec::token::{AccessTokenClaims, Confirmation, Scope};

use super::{BearerError, Grants};
use crate::ca::ShownCertificate;

impl Grants {
    /// The claims of a good token with this scope, shown by whom it was given to.
    pub(crate) async fn bearer(
        &self,
        token: &str,
        scope: Scope,
        certificate: Option<&ShownCertificate>,
    ) -> Result<Arc<AccessTokenClaims>, BearerError> {
        let claims = self.read_issued(token).ok_or(BearerError::InvalidToken)?;
        let holder = self.clients.find(&claims.client_id).await;
        let holder = holder.map_err(|_| BearerError::Unavailable)?;
        let is_enabled = holder.is_some_and(|client| client.disabled_at_us.is_none());
        if self.is_revoked(&claims) || !is_enabled || !is_held(&claims, certificate) {
            return Err(BearerError::InvalidToken);
        }
        if !claims.scope.contains(scope) {
            return Err(BearerError::InsufficientScope);
        }
        Ok(claims)
    }
}

/// RFC 8705 §3: a token that is bound to a certificate is worth nothing without it.
fn is_held(claims: &AccessTokenClaims, certificate: Option<&ShownCertificate>) -> bool {
    match &claims.cnf {
        None => true,
        Some(Confirmation::Certificate(bound)) => certificate.is_some_and(|shown| shown.thumbprint == *bound),
        // Nothing here asks for a proof of a key.
        Some(Confirmation::Key(_)) => false,
    }
}
