//! What a token request can be refused with: the errors of RFC 6749 §5.2, RFC 8707 §2 and RFC 9449 §5.

use foundation::DbError;
use foundation::dpop::BadProof;

use crate::grants::AuthorizationError;

/// A refusal. Descriptions are fixed texts, so that nothing a request holds is ever repeated.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum OAuthError {
    #[error("{0}")]
    InvalidRequest(&'static str),
    /// The same for an unknown client, a disabled one and a wrong secret.
    #[error("client authentication failed")]
    InvalidClient,
    /// The same for an unknown, used, expired or another one's code or refresh token.
    #[error("the code or refresh token is not good, or was not given for this request")]
    InvalidGrant,
    #[error("this client may not use this grant type")]
    UnauthorizedClient,
    #[error("supported are client_credentials, authorization_code and refresh_token")]
    UnsupportedGrantType,
    #[error("the scope is unknown or beyond what this client may ask for")]
    InvalidScope,
    #[error("the resource is not the audience of this client")]
    InvalidTarget,
    /// Of a pushed authorization request (RFC 9126 §2.3).
    #[error("{0}")]
    Authorization(AuthorizationError),
    /// RFC 9449 §5.
    #[error("{0}")]
    InvalidProof(&'static str),
    #[error("try again later")]
    Unavailable,
}

impl OAuthError {
    /// The value of `error` on the wire.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::Authorization(error) => error.code(),
            Self::InvalidProof(_) => "invalid_dpop_proof",
            Self::Unavailable => "temporarily_unavailable",
        }
    }
}

impl From<BadProof> for OAuthError {
    fn from(BadProof(problem): BadProof) -> Self {
        Self::InvalidProof(problem)
    }
}

impl From<DbError> for OAuthError {
    fn from(error: DbError) -> Self {
        tracing::error!(%error, "a token request could not be answered");
        Self::Unavailable
    }
}
