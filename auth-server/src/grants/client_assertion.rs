//! Client authentication by a signed assertion (RFC 7523 §3, private_key_jwt), read strictly.

use jsonwebtoken::{Algorithm, DecodingKey, decode_header};
use serde::Deserialize;

use crate::jwt::{MAX_BYTES, signed_claims, unverified_claims};

/// The one type of assertion there is (RFC 7523 §2.2).
pub(crate) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

const MAX_JTI_BYTES: usize = 256;
/// How far ahead an assertion may expire.
const MAX_LIFE_S: i64 = 300;
/// Clocks differ a little.
const LEEWAY_S: i64 = 5;

/// The claims that count; times are seconds since 1970 as numbers, never texts.
#[derive(Clone, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    /// A text: an assertion that is good elsewhere too could be used by whoever sees it there.
    aud: String,
    exp: i64,
    #[serde(default)]
    iat: Option<i64>,
    #[serde(default)]
    nbf: Option<i64>,
    jti: String,
}

/// An assertion that is what it should be, except that it may have been used before.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Assertion {
    pub(crate) jti: String,
    /// From when on it need not be remembered.
    pub(crate) expires_at_s: i64,
}

/// Who an assertion says it is of, before anything about it is believed.
pub(crate) fn claimed_client(jwt: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Subject {
        sub: String,
    }
    unverified_claims::<Subject>(jwt).map(|claims| claims.sub)
}

/// Verifies an assertion of `client_id` with the first of its `keys` that fits.
///
/// # Errors
/// What is wrong with it, for the log.
pub(crate) fn verify<'a>(
    jwt: &str,
    client_id: &str,
    keys: impl IntoIterator<Item = &'a DecodingKey>,
    issuer: &str,
    now_s: i64,
) -> Result<Assertion, &'static str> {
    if jwt.len() > MAX_BYTES {
        return Err("the assertion is too long");
    }
    let header = decode_header(jwt).map_err(|_| "the assertion is not a signed JWT")?;
    if header.alg != Algorithm::ES256 {
        return Err("alg is not ES256");
    }
    // RFC 7515 §4.1.11: what must be understood and is not makes it invalid.
    if header.crit.is_some() {
        return Err("crit is not supported");
    }
    let claims = keys.into_iter().find_map(|key| signed_claims::<Claims>(jwt, key));
    let claims = claims.ok_or("no key of the client fits, or a claim is missing or of another type")?;
    check(claims, client_id, issuer, now_s)
}

fn check(claims: Claims, client_id: &str, issuer: &str, now_s: i64) -> Result<Assertion, &'static str> {
    let latest_s = now_s.saturating_add(LEEWAY_S);
    if claims.iss != client_id || claims.sub != client_id {
        return Err("iss and sub are not both the client");
    }
    // RFC 7523bis: the issuer alone, not the address of an endpoint.
    if claims.aud != issuer {
        return Err("aud is not this issuer");
    }
    if claims.exp.saturating_add(LEEWAY_S) <= now_s {
        return Err("the assertion has expired");
    }
    if claims.exp > latest_s.saturating_add(MAX_LIFE_S) {
        return Err("exp is more than five minutes ahead");
    }
    if claims.iat.is_some_and(|iat| iat > latest_s) || claims.nbf.is_some_and(|nbf| nbf > latest_s) {
        return Err("the assertion is not good yet");
    }
    if claims.jti.is_empty() || claims.jti.len() > MAX_JTI_BYTES {
        return Err("jti is empty or too long");
    }
    Ok(Assertion {
        jti: claims.jti,
        expires_at_s: claims.exp.saturating_add(LEEWAY_S),
    })
}
