//! Id tokens that come back as a hint (OpenID Connect RP-Initiated Logout 1.0 §2).

use serde::Deserialize;

use super::Grants;
use super::person_tokens::ID_TOKEN_TYPE;
use crate::jwt::our_claims;

/// Whom an id token of ours is of, and for.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ShownIdToken {
    iss: String,
    #[serde(rename = "sub")]
    pub(crate) person_id: String,
    #[serde(rename = "aud")]
    pub(crate) client_id: String,
}

impl Grants {
    /// Its signature counts, not its time: people sign out long after they have signed in.
    pub(crate) fn read_id_token(&self, token: &str) -> Option<ShownIdToken> {
        let shown: ShownIdToken = our_claims(token, ID_TOKEN_TYPE, &self.keys.now())?;
        Some(shown).filter(|shown| shown.iss == self.issuer)
    }
}
