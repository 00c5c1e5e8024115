//! One ES256 key: made, kept, and signing compact JWS (RFC 7515 §7.1).

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use serde::Serialize;

use super::jwk::Jwk;
use crate::store::signing_keys::SigningKeyRow;

const ALGORITHM: &str = "ES256";

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("signing keys: none is published")]
    NoneActive,
    #[error("signing keys: {0} is not a P-256 key in PKCS#8")]
    Unreadable(String),
    #[error("signing keys: the crypto library failed")]
    Crypto(#[from] aws_lc_rs::error::Unspecified),
    #[error("signing keys: the claims cannot be written")]
    Claims(#[from] serde_json::Error),
}

/// A parsed key pair, so that signing does not parse it again.
pub(crate) struct SigningKey {
    pair: EcdsaKeyPair,
    public: Jwk,
    verifying: DecodingKey,
    random: SystemRandom,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public.kid)
    }
}

#[derive(Serialize)]
struct Header<'a> {
    typ: &'a str,
    alg: &'a str,
    kid: &'a str,
}

impl SigningKey {
    pub(crate) fn generate() -> Result<Self, KeyError> {
        Self::of(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?)
    }

    pub(crate) fn from_row(row: &SigningKeyRow) -> Result<Self, KeyError> {
        let unreadable = || KeyError::Unreadable(row.kid.clone());
        let private_key = row.private_key.as_ref().ok_or_else(unreadable)?;
        if row.algorithm != ALGORITHM {
            return Err(unreadable());
        }
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, private_key);
        let key = Self::of(pair.map_err(|_| unreadable())?)?;
        if key.public.kid == row.kid {
            Ok(key)
        } else {
            Err(unreadable())
        }
    }

    /// The row of a key that is new at `now_us`.
    pub(crate) fn to_row(
        &self,
        generation: i64,
        active_from_us: i64,
        now_us: i64,
    ) -> Result<SigningKeyRow, KeyError> {
        Ok(SigningKeyRow {
            kid: self.public.kid.clone(),
            generation,
            algorithm: ALGORITHM.into(),
            private_key: Some(self.pair.to_pkcs8v1()?.as_ref().to_vec()),
            created_at_us: now_us,
            active_from_us,
            revoked_at_us: None,
        })
    }

    pub(crate) fn public(&self) -> &Jwk {
        &self.public
    }

    /// What verifies its signatures.
    pub(crate) fn verifying(&self) -> &DecodingKey {
        &self.verifying
    }

    /// Signs `claims` under a header of this `typ`, this algorithm and this key's name.
    pub(crate) fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, KeyError> {
        let header = Header {
            typ,
            alg: ALGORITHM,
            kid: &self.public.kid,
        };
        let mut jws = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header)?);
        jws.push('.');
        URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(claims)?, &mut jws);
        let signature = self.pair.sign(&self.random, jws.as_bytes())?;
        jws.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut jws);
        Ok(jws)
    }

    fn of(pair: EcdsaKeyPair) -> Result<Self, KeyError> {
        let point = pair.public_key().as_ref();
        let public = Jwk::of_point(point).ok_or_else(|| KeyError::Unreadable("a new key".into()))?;
        let verifying = public
            .decoding_key()
            .ok_or_else(|| KeyError::Unreadable(public.kid.clone()))?;
        Ok(Self {
            pair,
            public,
            verifying,
            random: SystemRandom::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_row() {
        let key = SigningKey::generate().unwrap();
        let row = key.to_row(1, 1, 1).unwrap();
        let read = SigningKey::from_row(&row).unwrap();
        assert_eq!(read.public.kid, key.public.kid);
        let renamed = SigningKeyRow {
            kid: "x".into(),
            ..row.clone()
        };
        assert!(SigningKey::from_row(&renamed).is_err());
        let erased = SigningKeyRow {
            private_key: None,
            ..row
        };
        assert!(SigningKey::from_row(&erased).is_err());
    }
}
