//! JWTs that come in (RFC 7519): ES256 alone, nothing believed before its signature has been verified.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, dangerous, decode, decode_header};
use serde::de::DeserializeOwned;

use crate::keys::{Published, SigningKey};

/// Longer ones are not looked at.
pub(crate) const MAX_BYTES: usize = 8 * 1024;

/// What a JWT says before anything about it is believed: to find the key that must have signed it, or to show it to a person.
pub(crate) fn unverified_claims<T: DeserializeOwned>(jwt: &str) -> Option<T> {
    if jwt.len() > MAX_BYTES {
        return None;
    }
    dangerous::insecure_decode_claims(jwt).ok()
}

/// The claims of a JWT that `key` has signed. Times and audiences are the caller's to check: by our clock, and as strictly
/// as each kind of JWT needs.
pub(crate) fn signed_claims<T: DeserializeOwned + Clone>(jwt: &str, key: &DecodingKey) -> Option<T> {
    let mut validation = Validation::new(Algorithm::ES256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    decode::<T>(jwt, key, &validation).ok().map(|data| data.claims)
}

/// The claims of a JWT of this `typ` that one of our published keys has signed.
pub(crate) fn our_claims<T: DeserializeOwned + Clone>(jwt: &str, typ: &str, keys: &Published) -> Option<T> {
    if jwt.len() > MAX_BYTES {
        return None;
    }
    let header = decode_header(jwt).ok()?;
    // RFC 7515 §4.1.11: what must be understood and is not makes it invalid.
    let is_usual = header.alg == Algorithm::ES256 && header.crit.is_none();
    if !is_usual || header.typ.as_deref() != Some(typ) {
        return None;
    }
    let key = keys.find(&header.kid?).map(SigningKey::verifying)?;
    signed_claims(jwt, key)
}
