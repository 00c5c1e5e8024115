//! The authority that controllers' certificates are of: a root that is locked away, an intermediate that signs.

mod authority;
mod request;
mod shown;

pub(crate) use authority::{Authority, CaError, NewAuthority, fingerprint};
pub(crate) use request::CertificateRequest;
pub use request::NoRequest;
pub(crate) use shown::ShownCertificate;

use api_spec::station_uri::StationUri;

/// Times in certificates are whole seconds.
pub(crate) const SECOND_US: i64 = 1_000_000;

/// What every certificate is signed by.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    /// The URL that clients know this server by.
    pub(crate) issuer: String,
    /// The issuer's host, the DOMAIN of every identity.
    pub(crate) domain: String,
    pub(crate) life_us: i64,
}

/// Whom a certificate is of, whatever was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) uri: StationUri,
    pub(crate) tenant_id: String,
}

/// When a certificate is good, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Validity {
    pub(crate) not_before_us: i64,
    pub(crate) not_after_us: i64,
}

/// A panel's clock may be behind by this much.
const BACKDATED_US: i64 = 300 * SECOND_US;

impl Validity {
    /// For `life_us` from now on, and from five minutes ago.
    pub(crate) fn from_now(now_us: i64, life_us: i64) -> Self {
        let now_us = now_us - now_us.rem_euclid(SECOND_US);
        Self {
            not_before_us: now_us.saturating_sub(BACKDATED_US),
            not_after_us: now_us.saturating_add(life_us),
        }
    }

    /// After two thirds of its life a certificate is to be renewed.
    pub(crate) fn renew_from_us(&self) -> i64 {
        let renew_us = self.not_after_us - (self.not_after_us - self.not_before_us) / 3;
        renew_us - renew_us.rem_euclid(SECOND_US)
    }
}
