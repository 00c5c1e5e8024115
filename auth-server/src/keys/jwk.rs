//! Public keys as JSON (RFC 7517), and their names (RFC 7638).

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use serde::Serialize;

/// A public P-256 key; it has no member that could hold a private one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Jwk {
    kty: &'static str,
    crv: &'static str,
    pub(crate) x: String,
    pub(crate) y: String,
    pub(crate) kid: String,
    #[serde(rename = "use")]
    usage: &'static str,
    alg: &'static str,
}

/// What `/oauth2/jwks` answers.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct JwkSet {
    pub(crate) keys: Vec<Jwk>,
}

impl Jwk {
    /// From an uncompressed point, `0x04 x y`; `None` for any other form, and if it is not on the curve.
    pub(crate) fn of_point(point: &[u8]) -> Option<Self> {
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).ok()?;
        let (x, y) = point
            .strip_prefix(&[4])
            .filter(|xy| xy.len() == 64)?
            .split_at_checked(32)?;
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        Some(Self {
            kty: "EC",
            crv: "P-256",
            kid: foundation::dpop::thumbprint(&x, &y),
            x,
            y,
            usage: "sig",
            alg: "ES256",
        })
    }
}

impl Jwk {
    /// From its two coordinates in base64url; `None` if they are no point of the curve.
    pub(crate) fn of_coordinates(x: &str, y: &str) -> Option<Self> {
        let mut point = vec![4];
        point.extend(URL_SAFE_NO_PAD.decode(x).ok()?);
        point.extend(URL_SAFE_NO_PAD.decode(y).ok()?);
        Self::of_point(&point)
    }

    /// As the JWT library verifies with it.
    pub(crate) fn decoding_key(&self) -> Option<DecodingKey> {
        DecodingKey::from_ec_components(&self.x, &self.y).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_key_is_its_thumbprint() {
        // The key and the thumbprint of RFC 9449 §6.1.
        let decode = |text| URL_SAFE_NO_PAD.decode(text).unwrap();
        let mut point = vec![4];
        point.extend(decode("l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs"));
        point.extend(decode("9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"));
        let jwk = Jwk::of_point(&point).unwrap();
        assert_eq!(jwk.kid, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    }

    #[test]
    fn only_an_uncompressed_point_is_a_key() {
        assert!(Jwk::of_point(&[4; 64]).is_none() && Jwk::of_point(&[2; 65]).is_none());
    }
}
