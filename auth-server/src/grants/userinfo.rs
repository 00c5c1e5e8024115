//! Who a token is of (OpenID Connect Core §5.3).

use api_spec::token::Scope;
use serde::Serialize;

use super::{BearerError, Grants, ShownToken};
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

impl Grants {
    pub(crate) async fn userinfo(&self, shown: &ShownToken) -> Result<UserInfo, BearerError> {
        let claims = self.bearer(shown).await?;
        if claims.sid.is_none() {
            return Err(BearerError::InvalidToken);
        }
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
}
