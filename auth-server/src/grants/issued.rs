//! Access tokens that come back: is this one of ours, and is it still good.

use std::sync::Arc;

use api_spec::token::{ACCESS_TOKEN_TYPE, AccessTokenClaims};

use super::Grants;
use crate::jwt::{MAX_BYTES, our_claims};

impl Grants {
    /// The claims of an access token that this server issued, whose key was not revoked, and that has not expired.
    /// Whether the token itself was revoked is another question.
    pub(super) fn read_issued(&self, token: &str) -> Option<Arc<AccessTokenClaims>> {
        if token.len() > MAX_BYTES {
            return None;
        }
        let hash = foundation::secrets::sha256(token.as_bytes());
        let keys = self.keys.now();
        let claims = match self.verified.find(&hash, &keys) {
            Some(known) => known,
            None => {
                let claims: AccessTokenClaims = our_claims(token, ACCESS_TOKEN_TYPE, &keys)?;
                let claims = Arc::new(claims);
                self.verified.keep(hash, claims.clone(), &keys);
                claims
            }
        };
        let now_s = self.clock.now_us().div_euclid(1_000_000);
        Some(claims).filter(|claims| claims.iss == self.issuer && claims.exp > now_s)
    }
}
