//! Access tokens that come back: is this one of ours, and is it still good.

use std::sync::Arc;

use api_spec::token::{ACCESS_TOKEN_TYPE, AccessTokenClaims};
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};

use super::Grants;

const MAX_BYTES: usize = 8 * 1024;

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
                let header = decode_header(token).ok()?;
                let is_ours = header.alg == Algorithm::ES256
                    && header.crit.is_none()
                    && header.typ.as_deref() == Some(ACCESS_TOKEN_TYPE);
                let key = keys.find(&header.kid?).filter(|_| is_ours)?;
                let mut validation = Validation::new(Algorithm::ES256);
                // By our clock, below; every claim is required by its type.
                validation.validate_exp = false;
                validation.validate_aud = false;
                validation.required_spec_claims.clear();
                let claims = decode::<AccessTokenClaims>(token, key.verifying(), &validation)
                    .ok()?
                    .claims;
                let claims = Arc::new(claims);
                self.verified.keep(hash, claims.clone(), &keys);
                claims
            }
        };
        let now_s = self.clock.now_us().div_euclid(1_000_000);
        Some(claims).filter(|claims| claims.iss == self.issuer && claims.exp > now_s)
    }
}
