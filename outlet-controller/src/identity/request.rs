//! A new key, and the request (PKCS#10) for a certificate of it.

use std::fmt;

use rcgen::{CertificateParams, DnType, KeyPair};

/// A P-256 key that has no certificate yet.
pub(crate) struct KeyRequest {
    pub(crate) key_pem: String,
    pub(crate) csr_pem: String,
}

impl fmt::Debug for KeyRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyRequest(…)")
    }
}

impl KeyRequest {
    /// The authority takes the key alone; the name is for whoever reads the request.
    ///
    /// # Errors
    /// If the machine has no randomness to give.
    pub(crate) fn new(station_id: &str) -> Result<Self, rcgen::Error> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, station_id);
        Ok(Self {
            csr_pem: params.serialize_request(&key)?.pem()?,
            key_pem: key.serialize_pem(),
        })
    }
}
