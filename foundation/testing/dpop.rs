//! For tests: whoever holds a key, and proves it (RFC 9449).

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use serde_json::{Value, json};

pub(crate) struct Holder {
    key: EcdsaKeyPair,
    jwk: Value,
    pub(crate) jkt: String,
}

/// A request, as the proof of it says.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) method: &'a str,
    pub(crate) url: &'a str,
    pub(crate) token: Option<&'a str>,
    pub(crate) at_s: i64,
}

impl Holder {
    pub(crate) fn new() -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let (x, y) = key.public_key().as_ref()[1..].split_at(32);
        let (x, y) = (B64.encode(x), B64.encode(y));
        Self {
            jkt: foundation::dpop::thumbprint(&x, &y),
            jwk: json!({"kty": "EC", "crv": "P-256", "x": x, "y": y}),
            key,
        }
    }

    /// A new proof.
    pub(crate) fn proof(&self, target: Target) -> String {
        let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk});
        let mut claims = json!({
            "jti": foundation::ids::random_text(), "htm": target.method, "htu": target.url, "iat": target.at_s,
        });
        if let Some(token) = target.token {
            claims["ath"] = json!(B64.encode(foundation::secrets::sha256(token.as_bytes())));
        }
        let part = |value: Value| B64.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = self.key.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", B64.encode(signature))
    }
}
