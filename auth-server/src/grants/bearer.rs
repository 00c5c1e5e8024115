//! Access tokens of ours that are shown to this server itself (RFC 6750 §3), and who may show them.

use std::sync::Arc;

use api_spec::token::{AccessTokenClaims, Confirmation};

use super::{Grants, ShownProof};
use crate::ca::ShownCertificate;
use crate::error::OAuthError;

/// A token, and what is shown with it. No `Debug`: it holds a token.
pub(crate) struct ShownToken {
    pub(crate) token: String,
    /// RFC 9449 §7.1; without it, the token is shown as `Bearer`.
    pub(crate) proof: Option<ShownProof>,
    /// Of the connection, where it is one for certificates.
    pub(crate) certificate: Option<ShownCertificate>,
}

/// Why a bearer is told nothing (RFC 6750 §3.1, RFC 9449 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BearerError {
    InvalidToken,
    /// The token is bound to a key, and was shown without a proof.
    Bound,
    InvalidProof,
    InsufficientScope,
    Unavailable,
}

impl From<OAuthError> for BearerError {
    fn from(error: OAuthError) -> Self {
        if matches!(error, OAuthError::InvalidProof(_)) {
            return Self::InvalidProof;
        }
        Self::Unavailable
    }
}

impl Grants {
    /// The claims of a good token, shown by whom it was given to.
    pub(crate) async fn bearer(&self, shown: &ShownToken) -> Result<Arc<AccessTokenClaims>, BearerError> {
        let claims = self.read_issued(&shown.token).ok_or(BearerError::InvalidToken)?;
        let holder = self.clients.find(&claims.client_id).await;
        let holder = holder.map_err(OAuthError::from)?;
        let is_enabled = holder.is_some_and(|client| client.disabled_at_us.is_none());
        let is_refused = self.is_refused(shown.certificate.as_ref()).await?;
        if is_refused || !is_enabled || self.is_revoked(&claims) {
            return Err(BearerError::InvalidToken);
        }
        self.check_holder(&claims, shown).await?;
        Ok(claims)
    }

    /// Whether it is shown as it is bound.
    async fn check_holder(&self, claims: &AccessTokenClaims, shown: &ShownToken) -> Result<(), BearerError> {
        let is_held = match (&claims.cnf, &shown.proof) {
            (None, None) => true,
            (Some(Confirmation::Key(_)), None) => return Err(BearerError::Bound),
            (Some(Confirmation::Key(jkt)), Some(proof)) => {
                self.take_proof(proof, Some(&shown.token)).await? == *jkt
            }
            // RFC 8705 §3: without the certificate it is worth nothing.
            (Some(Confirmation::Certificate(bound)), None) => {
                let certificate = shown.certificate.as_ref();
                certificate.is_some_and(|certificate| certificate.thumbprint == *bound)
            }
            (Some(Confirmation::Certificate(_)) | None, Some(_)) => false,
        };
        is_held.then_some(()).ok_or(BearerError::InvalidToken)
    }
}
