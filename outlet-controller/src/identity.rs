//! Who this station is: a certificate of the authority, and its key.

mod folder;
mod request;
mod trusted;

use api_spec::station_uri::StationUri;
use foundation::certificate::Certificate;
use jiff::Timestamp;
use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::CertifiedKey;

pub(crate) use folder::{Folder, FolderError};
pub(crate) use request::KeyRequest;
pub(crate) use trusted::{NotInstalled, NotRemoved, Shown, Trusted, read_configured};

/// A certificate that belongs to its key and names one station.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) uri: StationUri,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

/// Why a certificate is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("no certificate can be read")]
    Certificate,
    #[error("the key cannot be read")]
    Key,
    #[error("the certificate is for another key")]
    OtherKey,
    #[error("the certificate names no station")]
    NoStation,
    #[error("the certificate has expired")]
    Expired,
    #[error("the certificate is not of this authority: {0}")]
    OtherAuthority(String),
}

impl Identity {
    /// Of texts in PEM; the station's certificate is the first of the chain.
    pub(crate) fn read(chain_pem: &str, key_pem: &str) -> Result<Self, Unfit> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain_pem.as_bytes()).collect();
        let chain = chain.map_err(|_| Unfit::Certificate)?;
        let leaf = chain.first().ok_or(Unfit::Certificate)?;
        let read = Certificate::read(leaf).map_err(|_| Unfit::Certificate)?;
        let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes()).map_err(|_| Unfit::Key)?;
        if let Err(error) = CertifiedKey::from_der(chain.clone(), key.clone_key(), &default_provider()) {
            let is_other = matches!(error, rustls::Error::InconsistentKeys(_));
            return Err(if is_other { Unfit::OtherKey } else { Unfit::Key });
        }
        let uri = read.uri.as_deref().map(str::parse);
        let Some(Ok(uri)) = uri else {
            return Err(Unfit::NoStation);
        };
        Ok(Self {
            uri,
            not_before: read.not_before,
            not_after: read.not_after,
            chain,
            key,
        })
    }

    /// Whether the authority of one of these roots vouches for it: now, or to its end where `now` is not known.
    pub(crate) fn verify(
        &self,
        trusted: &[CertificateDer<'static>],
        now: Option<Timestamp>,
    ) -> Result<(), Unfit> {
        if now.is_some_and(|now| now > self.not_after) {
            return Err(Unfit::Expired);
        }
        let foreign = |error: rustls::Error| Unfit::OtherAuthority(error.to_string());
        let mut roots = RootCertStore::empty();
        for root in trusted {
            roots.add(root.clone()).map_err(foreign)?;
        }
        let provider = default_provider().into();
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build();
        let verifier = verifier.map_err(|error| Unfit::OtherAuthority(error.to_string()))?;
        let (leaf, intermediates) = self.chain.split_first().ok_or(Unfit::Certificate)?;
        let at_s = now.unwrap_or(self.not_after).as_second();
        let at = UnixTime::since_unix_epoch(std::time::Duration::from_secs(at_s.unsigned_abs()));
        let verified = verifier.verify_client_cert(leaf, intermediates, at);
        verified.map(drop).map_err(foreign)
    }

    /// Whether a text in PEM begins with this very certificate.
    pub(crate) fn is_of(&self, chain_pem: &str) -> bool {
        let leaf = CertificateDer::from_pem_slice(chain_pem.as_bytes()).ok();
        leaf.is_some() && self.chain.first() == leaf.as_ref()
    }

    /// What TLS needs.
    pub(crate) fn chain_and_key(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        (self.chain.clone(), self.key.clone_key())
    }
}

/// The first certificate of a text in PEM.
pub(crate) fn root(root_pem: &str) -> Result<CertificateDer<'static>, Unfit> {
    CertificateDer::from_pem_slice(root_pem.as_bytes()).map_err(|_| Unfit::Certificate)
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
