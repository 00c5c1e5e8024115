//! Proofs that whoever sends a request holds a key (DPoP, RFC 9449), read strictly.

use actix_web::HttpRequest;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::de::{DeserializeOwned, IgnoredAny};
use std::collections::HashMap;
use url::{Position, Url};

use crate::secrets::{SecretHash, sha256};

/// The one algorithm there is; `algs` of a challenge (RFC 9449 §7.1).
pub const ALGORITHM: &str = "ES256";

/// The scheme of `Authorization` (RFC 9449 §7.1).
pub const SCHEME: &str = "DPoP";

/// How old a proof may be.
const MAX_AGE_S: i64 = 60;
/// Clocks differ a little.
const LEEWAY_S: i64 = 5;
/// How long a proof can be shown, at most: nobody need remember it for longer.
pub const MAX_LIFE_S: i64 = MAX_AGE_S + LEEWAY_S + 1;

const MAX_BYTES: usize = 4 * 1024;
const MAX_JTI_BYTES: usize = 256;
const MEDIA_TYPE: &str = "dpop+jwt";
/// Members of a JWK that nobody has any business sending (RFC 7518 §6).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// The request that a proof must be of.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub method: &'a str,
    /// As clients know it: from the configuration and the path, never from a header.
    pub url: &'a str,
    /// The token beside it, if one is shown.
    pub access_token: Option<&'a str>,
    pub now_s: i64,
}

/// A proof that is what it should be, except that it may have been used before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The RFC 7638 thumbprint of the key, `jkt`.
    pub thumbprint: String,
    /// Its `jti` among those of the key; good once.
    pub id: SecretHash,
    /// From when on it need not be remembered.
    pub expires_at_s: i64,
}

/// Why something is no proof; fixed texts, for whoever sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadProof(pub &'static str);

/// The header `DPoP` of a request, if there is one.
///
/// # Errors
/// If there are several (RFC 9449 §4.3), or it is no text.
pub fn header(request: &HttpRequest) -> Result<Option<&str>, BadProof> {
    let mut headers = request.headers().get_all(SCHEME);
    let Some(first) = headers.next() else {
        return Ok(None);
    };
    if headers.next().is_some() {
        return Err(BadProof("more than one DPoP header"));
    }
    let text = first.to_str();
    text.map(Some).map_err(|_| BadProof("the DPoP header is no text"))
}

#[derive(serde::Deserialize)]
struct Header {
    typ: String,
    alg: String,
    jwk: PublicKey,
    #[serde(flatten)]
    others: HashMap<String, IgnoredAny>,
}

#[derive(serde::Deserialize)]
struct PublicKey {
    kty: String,
    crv: String,
    x: String,
    y: String,
    #[serde(flatten)]
    others: HashMap<String, IgnoredAny>,
}

/// The claims that count; `iat` is seconds since 1970 as a whole number, never a text.
#[derive(serde::Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: i64,
    #[serde(default)]
    ath: Option<String>,
}

/// Verifies a proof (RFC 9449 §4.3), all but that it is used once.
///
/// # Errors
/// The first rule that it breaks.
pub fn verify(jwt: &str, asked: &Asked) -> Result<Proof, BadProof> {
    if jwt.len() > MAX_BYTES {
        return Err(BadProof("the proof is longer than 4 kB"));
    }
    let (message, signature) = jwt.rsplit_once('.').ok_or(NO_JWT)?;
    let (header, payload) = message.split_once('.').ok_or(NO_JWT)?;
    let header: Header = part(header).ok_or(BadProof(
        "the header needs typ, alg and an EC key as jwk, each once",
    ))?;
    let thumbprint = check_header(&header)?;
    let point = point(&header.jwk).ok_or(NO_KEY)?;
    let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).map_err(|_| NO_KEY)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| BAD_SIGNATURE)?;
    key.verify_sig(message.as_bytes(), &signature)
        .map_err(|_| BAD_SIGNATURE)?;
    let claims: Claims = part(payload).ok_or(BadProof(
        "the proof needs jti, htm, htu and iat, each once and of its type",
    ))?;
    check_claims(&claims, asked)?;
    Ok(Proof {
        id: SecretHash::of(&format!("{thumbprint} {}", claims.jti)),
        thumbprint,
        expires_at_s: claims.iat.saturating_add(MAX_AGE_S + 1),
    })
}

const NO_JWT: BadProof = BadProof("the proof is not a signed JWT");
const NO_KEY: BadProof = BadProof("jwk is not a point of P-256");
const BAD_SIGNATURE: BadProof = BadProof("the signature does not fit");

fn part<T: DeserializeOwned>(encoded: &str) -> Option<T> {
    let bytes = URL_SAFE_NO_PAD.decode(encoded).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn check_header(header: &Header) -> Result<String, BadProof> {
    if header.typ != MEDIA_TYPE {
        return Err(BadProof("typ is not dpop+jwt"));
    }
    if header.alg != ALGORITHM {
        return Err(BadProof("alg is not ES256"));
    }
    // RFC 7515 §4.1.11: what must be understood and is not makes it invalid.
    if header.others.contains_key("crit") {
        return Err(BadProof("crit is not supported"));
    }
    let key = &header.jwk;
    if key.kty != "EC" || key.crv != "P-256" {
        return Err(NO_KEY);
    }
    if PRIVATE.iter().any(|name| key.others.contains_key(*name)) {
        return Err(BadProof("jwk holds a private key: make a new one"));
    }
    Ok(thumbprint(&key.x, &key.y))
}

/// RFC 7638 §3: SHA-256 of the required members alone, in alphabetical order.
pub fn thumbprint(x: &str, y: &str) -> String {
    let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    URL_SAFE_NO_PAD.encode(sha256(members.as_bytes()))
}

/// Uncompressed, as the crypto library reads it (and refuses what is not on the curve).
fn point(key: &PublicKey) -> Option<Vec<u8>> {
    let mut point = vec![4];
    for coordinate in [&key.x, &key.y] {
        let bytes = URL_SAFE_NO_PAD.decode(coordinate).ok()?;
        point.extend(<[u8; 32]>::try_from(bytes).ok()?);
    }
    Some(point)
}

fn check_claims(claims: &Claims, asked: &Asked) -> Result<(), BadProof> {
    if claims.jti.is_empty() || claims.jti.len() > MAX_JTI_BYTES {
        return Err(BadProof("jti is empty or too long"));
    }
    if claims.htm != asked.method {
        return Err(BadProof("htm is not the method of this request"));
    }
    let is_here = target(&claims.htu).is_some_and(|url| Some(url) == target(asked.url));
    if !is_here {
        return Err(BadProof("htu is not the address of this request"));
    }
    if claims.iat < asked.now_s.saturating_sub(MAX_AGE_S) {
        return Err(BadProof("iat is more than a minute ago"));
    }
    if claims.iat > asked.now_s.saturating_add(LEEWAY_S) {
        return Err(BadProof("iat is in the future"));
    }
    let hash = |token: &str| URL_SAFE_NO_PAD.encode(sha256(token.as_bytes()));
    match (asked.access_token.map(hash), &claims.ath) {
        (Some(expected), Some(ath)) if *ath == expected => Ok(()),
        (Some(_), _) => Err(BadProof("ath is not the hash of the access token")),
        (None, _) => Ok(()),
    }
}

/// Normalised (RFC 3986 §6.2.2, §6.2.3), without query and fragment.
fn target(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    Some(url[..Position::AfterPath].to_owned())
}

#[cfg(test)]
mod tests;
