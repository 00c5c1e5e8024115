//! A client's public key, as an operator hands it over: a PEM file or a JWK.

use std::str::FromStr;

use rustls_pki_types::{SubjectPublicKeyInfoDer, pem::PemObject};

use crate::keys::Jwk;

/// A public P-256 key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(pub(crate) Jwk);

/// Why a text is no public key for ES256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPublicKey {
    #[error("a private key: hand over its public half alone, and make a new pair")]
    Private,
    #[error("expected a P-256 public key, as PEM (BEGIN PUBLIC KEY) or as a JWK")]
    Other,
}

/// What stands before the point in the DER of every uncompressed P-256 key (RFC 5480 §2).
const P256_SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

#[derive(serde::Deserialize)]
struct PublicJwk {
    kty: String,
    crv: String,
    x: String,
    y: String,
    /// Nobody has any business handing this over.
    d: Option<serde_json::Value>,
}

impl FromStr for PublicKey {
    type Err = NoPublicKey;

    fn from_str(text: &str) -> Result<Self, NoPublicKey> {
        if text.contains("PRIVATE KEY") {
            return Err(NoPublicKey::Private);
        }
        let key = if text.trim_start().starts_with('{') {
            of_jwk(text)?
        } else {
            of_pem(text)
        };
        key.map(Self).ok_or(NoPublicKey::Other)
    }
}

fn of_jwk(text: &str) -> Result<Option<Jwk>, NoPublicKey> {
    let Ok(jwk) = serde_json::from_str::<PublicJwk>(text) else {
        return Ok(None);
    };
    if jwk.d.is_some() {
        return Err(NoPublicKey::Private);
    }
    let is_p256 = jwk.kty == "EC" && jwk.crv == "P-256";
    Ok(Jwk::of_coordinates(&jwk.x, &jwk.y).filter(|_| is_p256))
}

fn of_pem(text: &str) -> Option<Jwk> {
    let der = SubjectPublicKeyInfoDer::from_pem_slice(text.as_bytes()).ok()?;
    Jwk::of_point(point_of_spki(&der)?)
}

/// The point of a P-256 key, which is on the curve.
pub(crate) fn point_of_spki(der: &[u8]) -> Option<&[u8]> {
    let point = der.strip_prefix(&P256_SPKI)?;
    Jwk::of_point(point).map(|_| point)
}

#[cfg(test)]
mod tests {
    use super::*;

    // The key of RFC 9449 §6.1.
    const JWK: &str = r#"{"kty":"EC","crv":"P-256","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
        "y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"}"#;
    const PEM: &str = "-----BEGIN PUBLIC KEY-----\n\
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEl8tFrhx+34tV3hRICRDY9zCkDlpB\n\
        hF42UQUfWVAWBFv1UTiN/86T+jrjNtNOVy40lqMea3q/1MNWtTQJ28ZEMA==\n\
        -----END PUBLIC KEY-----\n";

    #[test]
    fn a_pem_file_and_a_jwk_of_one_key_are_the_same() {
        let key: PublicKey = JWK.parse().unwrap();
        assert_eq!(key.0.kid, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
        assert_eq!(PEM.parse(), Ok(key));
    }

    #[test]
    fn whatever_else_is_refused_and_a_private_key_with_its_own_words() {
        let private = JWK.replace("\"kty\"", "\"d\":\"x\",\"kty\"");
        assert_eq!(private.parse::<PublicKey>(), Err(NoPublicKey::Private));
        let private = PEM.replace("PUBLIC", "EC PRIVATE");
        assert_eq!(private.parse::<PublicKey>(), Err(NoPublicKey::Private));
        let off_curve = JWK.replace("9VE4", "9VE5");
        let other_curve = JWK.replace("P-256", "P-384");
        let cut = PEM.replace("MFkw", "MFkx");
        for wrong in ["", "{}", "x", &off_curve, &other_curve, &cut] {
            assert_eq!(wrong.parse::<PublicKey>(), Err(NoPublicKey::Other), "{wrong}");
        }
    }
}
