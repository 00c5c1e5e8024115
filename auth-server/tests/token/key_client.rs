//! A client that proves itself by assertions, and the assertions of one that lies.

use auth_server::admin::{PublicKey, create_key_client};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::world::{World, new_client};

pub(crate) struct KeyClient {
    pub(crate) id: String,
    pub(crate) kid: String,
    pub(crate) key: EncodingKey,
    pub(crate) jwk: Value,
}

/// The order of P-256, big-endian.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

impl KeyClient {
    pub(crate) async fn create(world: &World) -> Self {
        let (key, jwk) = Self::pair();
        let public: PublicKey = jwk.to_string().parse().unwrap();
        let created = create_key_client(&world.config, new_client(), public)
            .await
            .unwrap();
        Self {
            id: created.client_id,
            kid: created.proof.kid,
            key,
            jwk,
        }
    }

    /// A new key and its public half.
    pub(crate) fn pair() -> (EncodingKey, Value) {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
        let jwk = json!({"kty": "EC", "crv": "P-256", "x": B64.encode(x), "y": B64.encode(y)});
        (EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref()), jwk)
    }

    pub(crate) fn claims(&self, world: &World) -> Value {
        let now_s = world.clock.now_us() / 1_000_000;
        json!({
            "iss": self.id, "sub": self.id, "aud": world.issuer(), "iat": now_s, "exp": now_s + 60,
            "jti": foundation::ids::random_text(),
        })
    }

    pub(crate) fn assertion(&self, world: &World) -> String {
        self.sign(&self.claims(world))
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        encode(&Header::new(Algorithm::ES256), claims, &self.key).unwrap()
    }

    /// Signs whatever the header is.
    pub(crate) fn sign_parts(&self, header: &str, payload: &str) -> String {
        let message = format!("{header}.{payload}");
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.key, Algorithm::ES256).unwrap();
        format!("{message}.{signature}")
    }

    pub(crate) fn decoded(&self, jwt: &str) -> Value {
        serde_json::from_slice(&B64.decode(jwt.split('.').nth(1).unwrap()).unwrap()).unwrap()
    }

    /// The same with the other one of the two signatures that verify: s becomes n − s.
    pub(crate) fn with_high_s(jwt: &str) -> String {
        let (message, signature) = jwt.rsplit_once('.').unwrap();
        let mut signature = B64.decode(signature).unwrap();
        let mut borrow = 0;
        for n in (0..32).rev() {
            let difference = i32::from(ORDER[n]) - i32::from(signature[32 + n]) - borrow;
            borrow = i32::from(difference < 0);
            signature[32 + n] = u8::try_from(difference.rem_euclid(256)).unwrap();
        }
        format!("{message}.{}", B64.encode(signature))
    }

    /// Body parameters.
    pub(crate) fn form(jwt: &str) -> String {
        format!(
            "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion={jwt}"
        )
    }
}

/// A part of a JWT.
pub(crate) fn part(content: &Value) -> String {
    B64.encode(content.to_string())
}
