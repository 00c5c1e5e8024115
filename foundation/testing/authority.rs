//! A private authority as decision 19 describes it: root, intermediate, certificates of controllers.

use std::time::{Duration, SystemTime};

use foundation::certificate::Certificate;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, CertifiedIssuer, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, SanType,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// An intermediate of a root, which signs.
pub(crate) struct Authority {
    root: CertifiedIssuer<'static, KeyPair>,
    intermediate: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate with its intermediate, and its key.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) chain_pem: String,
    pub(crate) key_pem: String,
    /// Lower-case hexadecimal.
    pub(crate) serial: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let root = CertifiedIssuer::self_signed(authority("Root", 1), KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let intermediate = CertifiedIssuer::signed_by(authority("Intermediate", 0), key, &root).unwrap();
        Self { root, intermediate }
    }

    pub(crate) fn root_pem(&self) -> String {
        self.root.pem()
    }

    /// A controller's identity, good for an hour.
    pub(crate) fn identity(&self, uri: &str) -> Identity {
        let key = KeyPair::generate().unwrap();
        let request = CertificateParams::default().serialize_request(&key).unwrap();
        let chain_pem = self.certify(&request.pem().unwrap(), uri, 3_600);
        let leaf = CertificateDer::from_pem_slice(chain_pem.as_bytes()).unwrap();
        Identity {
            serial: Certificate::read(&leaf).unwrap().serial,
            chain_pem,
            key_pem: key.serialize_pem(),
        }
    }

    /// The chain in PEM for the key of a request (PKCS#10 in PEM), whatever else it asks for; from five minutes ago.
    pub(crate) fn certify(&self, csr_pem: &str, uri: &str, life_s: u64) -> String {
        let csr = CertificateSigningRequestParams::from_pem(csr_pem).unwrap();
        let mut params = CertificateParams::default();
        params.subject_alt_names = vec![SanType::URI(uri.try_into().unwrap())];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let now = SystemTime::now();
        params.not_before = (now - Duration::from_secs(300)).into();
        params.not_after = (now + Duration::from_secs(life_s)).into();
        let leaf = params.signed_by(&csr.public_key, &self.intermediate).unwrap();
        format!("{}{}", leaf.pem(), self.intermediate.pem())
    }
}

impl Authority {
    /// What a server at this host shows, and its key in PEM.
    pub(crate) fn server_chain(&self, host: &str) -> (Vec<CertificateDer<'static>>, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let leaf = params.signed_by(&key, &self.intermediate).unwrap();
        let chain = vec![leaf.der().clone(), self.intermediate.der().clone()];
        (chain, key.serialize_pem())
    }
}

fn authority(name: &str, path_length: u8) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(path_length));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// Of a server on loopback: its certificate, which is its own authority, and its key.
pub(crate) fn server_on_loopback() -> (String, String) {
    let certified =
        rcgen::generate_simple_self_signed(["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
    (certified.cert.pem(), certified.signing_key.serialize_pem())
}
