//! Who a token is of (OpenID Connect Core §5.3).

use api_spec::token::{AccessTokenClaims, Confirmation, Scope};
use serde::Serialize;

use super::{Grants, ShownProof};
use crate::error::OAuthError;
use crate::store::people;

/// Each claim only for the scope that asks for it (OpenID Connect Core §5.4).
#[derive(Serialize)]
pub(crate) struct UserInfo {
    sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// Whether mail to it has arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    email_verified: Option<bool>,
}

/// A token, as it is shown.
pub(crate) enum ShownToken<'a> {
    /// RFC 6750 §2.1.
    Bearer(&'a str),
    /// RFC 9449 §7.1.
    WithProof(&'a str, ShownProof),
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
    pub(crate) async fn userinfo(&self, shown: &ShownToken<'_>) -> Result<UserInfo, BearerError> {
        let (ShownToken::Bearer(token) | ShownToken::WithProof(token, _)) = shown;
        let claims = self.read_issued(token).ok_or(BearerError::InvalidToken)?;
        if self.is_revoked(&claims) || claims.sid.is_none() {
            return Err(BearerError::InvalidToken);
        }
        self.check_holder(&claims, shown).await?;
        if !claims.scope.contains(Scope::OpenId) {
            return Err(BearerError::InsufficientScope);
        }
        let id = claims.sub.clone();
        let person = self
            .db
            .read(move |conn| Ok::<_, OAuthError>(people::find(conn, &id)?))
            .await?;
        let person = person.filter(|person| person.disabled_at_us.is_none());
        let person = person.ok_or(BearerError::InvalidToken)?;
        let (has_profile, has_email) = (
            claims.scope.contains(Scope::Profile),
            claims.scope.contains(Scope::Email),
        );
        let email = person.email.filter(|_| has_email);
        Ok(UserInfo {
            sub: person.id,
            name: has_profile.then_some(person.name),
            locale: has_profile.then_some(person.language.code()),
            email_verified: email.as_ref().map(|_| person.is_email_verified),
            email,
        })
    }

    /// Whether it is shown as it is bound. Tokens that are bound to a certificate are not people's.
    async fn check_holder(
        &self,
        claims: &AccessTokenClaims,
        shown: &ShownToken<'_>,
    ) -> Result<(), BearerError> {
        match (&claims.cnf, shown) {
            (None, ShownToken::Bearer(_)) => Ok(()),
            (Some(Confirmation::Key(_)), ShownToken::Bearer(_)) => Err(BearerError::Bound),
            (Some(Confirmation::Key(jkt)), ShownToken::WithProof(token, proof)) => {
                let key = self.take_proof(proof, Some(token)).await?;
                (key == *jkt).then_some(()).ok_or(BearerError::InvalidToken)
            }
            (Some(Confirmation::Certificate(_)), _) | (None, ShownToken::WithProof(..)) => {
                Err(BearerError::InvalidToken)
            }
        }
    }
}
