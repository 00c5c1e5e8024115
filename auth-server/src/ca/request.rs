//! A certificate request (PKCS#10, RFC 2986): its key is taken once its own signature is verified, and nothing else.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use rcgen::SubjectPublicKeyInfo;
use rustls_pki_types::{CertificateSigningRequestDer, pem::PemObject};
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::oid_registry::OID_SIG_ECDSA_WITH_SHA256;
use x509_parser::prelude::FromDer;

use crate::public_key::point_of_spki;

/// OCPP 2.0.1 bounds a request by this many characters.
const MAX_CHARS: usize = 5_500;

/// The key that a request is for: whoever sent it holds the private half.
pub(crate) struct CertificateRequest(SubjectPublicKeyInfo);

/// Why a text is no request that can be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoRequest(pub(crate) &'static str);

const TOO_LONG: NoRequest = NoRequest("the request is longer than 5500 characters");
const NO_PEM: NoRequest = NoRequest("the request is not PEM: BEGIN CERTIFICATE REQUEST");
const MALFORMED: NoRequest = NoRequest("the request is not PKCS#10");
const KEY: NoRequest = NoRequest("the request's key is not a P-256 key");
const ALGORITHM: NoRequest = NoRequest("the request is not signed with ecdsa-with-SHA256");
const SIGNATURE: NoRequest = NoRequest("the request's signature is not one of its own key");

impl CertificateRequest {
    /// Reads PEM.
    pub(crate) fn read(pem: &str) -> Result<Self, NoRequest> {
        if pem.len() > MAX_CHARS {
            return Err(TOO_LONG);
        }
        let der = CertificateSigningRequestDer::from_pem_slice(pem.as_bytes()).map_err(|_| NO_PEM)?;
        Self::read_der(&der)
    }

    pub(crate) fn read_der(der: &[u8]) -> Result<Self, NoRequest> {
        let (rest, request) = X509CertificationRequest::from_der(der).map_err(|_| MALFORMED)?;
        if !rest.is_empty() {
            return Err(MALFORMED);
        }
        let info = &request.certification_request_info;
        let point = point_of_spki(info.subject_pki.raw).ok_or(KEY)?;
        if request.signature_algorithm.algorithm != OID_SIG_ECDSA_WITH_SHA256 {
            return Err(ALGORITHM);
        }
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
            .verify(info.raw, &request.signature_value.data)
            .map_err(|_| SIGNATURE)?;
        let key = SubjectPublicKeyInfo::from_der(info.subject_pki.raw).map_err(|_| KEY)?;
        Ok(Self(key))
    }

    pub(crate) fn key(&self) -> &SubjectPublicKeyInfo {
        &self.0
    }
}
