//! Secrets: made random, shown once, stored as SHA-256, compared in constant time.

use aws_lc_rs::{constant_time, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// SHA-256 of a presented or generated secret. Fit for secrets of 128 random bits or more, never for passwords of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// Hashes a secret.
    pub fn of(secret: &str) -> Self {
        Self(sha256(secret.as_bytes()))
    }

    /// Reads back what [`SecretHash::to_text`] wrote; `None` for anything else.
    pub fn from_text(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// 43 characters for a database column.
    pub fn to_text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Whether `secret` is the hashed one, in constant time.
    pub fn matches(&self, secret: &str) -> bool {
        constant_time::verify_slices_are_equal(&self.0, &sha256(secret.as_bytes())).is_ok()
    }
}

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

/// Kinds of secrets of 256 random bits; their prefixes let secret scanners find a leaked one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretKind {
    ClientSecret,
    AuthorizationCode,
    RefreshToken,
    /// The cookie of somebody who has signed in.
    Session,
    /// Lets a person in, once.
    SignInLink,
}

impl SecretKind {
    /// A new secret of the kind: 50 characters that need no escape in a URL.
    pub fn generate(self) -> String {
        let prefix = match self {
            Self::ClientSecret => "dnr_cs_",
            Self::AuthorizationCode => "dnr_ac_",
            Self::RefreshToken => "dnr_rt_",
            Self::Session => "dnr_ss_",
            Self::SignInLink => "dnr_sl_",
        };
        format!("{prefix}{}", random_256())
    }
}

/// 256 random bits in base64url.
pub fn random_256() -> String {
    URL_SAFE_NO_PAD.encode(crate::ids::random::<32>())
}

/// A station's password for OCPP Basic authentication: 33 characters, within the 16–40 of OCPP 2.0.1 A00.FR.205.
pub fn station_password() -> String {
    format!("dnr_st_{}", crate::ids::random_text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hashed_secret_matches() {
        let secret = SecretKind::ClientSecret.generate();
        let hash = SecretHash::of(&secret);
        assert!(hash.matches(&secret));
        assert!(!hash.matches(&SecretKind::ClientSecret.generate()));
        assert_eq!(SecretHash::from_text(&hash.to_text()), Some(hash));
    }

    #[test]
    fn a_station_password_fits_ocpp() {
        assert!((16..=40).contains(&station_password().len()));
    }
}
