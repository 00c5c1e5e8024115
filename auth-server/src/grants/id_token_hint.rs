//! Id tokens that come back as a hint (OpenID Connect RP-Initiated Logout 1.0 §2).

use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde::Deserialize;

use super::Grants;

/// Whom an id token of ours is of, and for.
#[derive(Debug, Deserialize)]
pub(crate) struct ShownIdToken {
    iss: String,
    #[serde(rename = "sub")]
    pub(crate) person_id: String,
    #[serde(rename = "aud")]
    pub(crate) client_id: String,
}

const MAX_BYTES: usize = 8 * 1024;

impl Grants {
    /// Its signature counts, not its time: people sign out long after they have signed in.
    pub(crate) fn read_id_token(&self, token: &str) -> Option<ShownIdToken> {
        if token.len() > MAX_BYTES {
            return None;
        }
        let header = decode_header(token).ok()?;
        let is_id_token = header.alg == Algorithm::ES256
            && header.crit.is_none()
            && header.typ.as_deref() == Some(super::person_tokens::ID_TOKEN_TYPE);
        let keys = self.keys.now();
        let key = keys.find(&header.kid?).filter(|_| is_id_token)?;
        let mut validation = Validation::new(Algorithm::ES256);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let shown = decode::<ShownIdToken>(token, key.verifying(), &validation)
            .ok()?
            .claims;
        Some(shown).filter(|shown| shown.iss == self.issuer)
    }
}
