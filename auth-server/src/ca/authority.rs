//! Root and intermediate: made once, and what the intermediate signs.

use std::time::Duration;

use foundation::secrets::sha256;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CidrSubnet, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints,
    PKCS_ECDSA_P256_SHA256, SanType, SerialNumber,
};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer, pem::PemObject};

use super::{CertificateRequest, SECOND_US, Subject, Validity};
use crate::store::authority::AuthorityRow;

/// Root and intermediate outlive the panels.
const LIFE_US: i64 = 25 * 366 * 86_400 * SECOND_US;

/// Why the authority cannot sign.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CaError {
    #[error("the authority: {0}")]
    Certificates(#[from] rcgen::Error),
    #[error("the authority: its root is no certificate")]
    Root,
}

/// The authority that signs. No `Debug`: it holds a key.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    intermediate: String,
    pub(crate) root: String,
}

/// An authority just made; the only place where the root's private key can be read. No `Debug`.
pub(crate) struct NewAuthority {
    pub(crate) row: AuthorityRow,
    /// PKCS#8, as PEM.
    pub(crate) root_key: String,
}

/// A certificate just signed.
pub(crate) struct Signed {
    pub(crate) serial: String,
    /// PEM, the leaf first, without the root.
    pub(crate) chain: String,
}

impl NewAuthority {
    /// `domain` is for people who read the certificates.
    pub(crate) fn generate(domain: &str, now_us: i64) -> Result<Self, CaError> {
        let validity = Validity::from_now(now_us, LIFE_US);
        let root_key = KeyPair::generate()?;
        let root_params = authority_params("Denro root", domain, validity)?;
        let root = root_params.self_signed(&root_key)?;
        let key = KeyPair::generate()?;
        let intermediate =
            intermediate_params(domain, validity)?.signed_by(&key, &Issuer::new(root_params, &root_key))?;
        Ok(Self {
            row: AuthorityRow {
                root: root.pem(),
                intermediate: intermediate.pem(),
                private_key: key.serialize_der(),
                created_at_us: now_us,
            },
            root_key: root_key.serialize_pem(),
        })
    }
}

impl Authority {
    pub(crate) fn from_row(row: &AuthorityRow) -> Result<Self, CaError> {
        let key = PrivatePkcs8KeyDer::from(&*row.private_key);
        let key = KeyPair::from_pkcs8_der_and_sign_algo(&key, &PKCS_ECDSA_P256_SHA256)?;
        Ok(Self {
            issuer: Issuer::from_ca_cert_pem(&row.intermediate, key)?,
            intermediate: row.intermediate.clone(),
            root: row.root.clone(),
        })
    }

    /// Of the request, the key alone is in the certificate.
    pub(crate) fn sign(
        &self,
        request: &CertificateRequest,
        subject: &Subject,
        validity: Validity,
    ) -> Result<Signed, CaError> {
        let serial = serial();
        let mut params = CertificateParams::default();
        set_validity(&mut params, validity);
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        params.distinguished_name = name(subject.uri.station_id(), &subject.tenant_id);
        params.subject_alt_names = vec![SanType::URI(subject.uri.to_string().try_into()?)];
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        let leaf: Certificate = params.signed_by(request.key(), &self.issuer)?;
        Ok(Signed {
            serial: hex(&serial),
            chain: format!("{}{}", leaf.pem(), self.intermediate),
        })
    }
}

/// SHA-256 of a certificate in PEM, in lower-case hexadecimal: what people compare.
pub(crate) fn fingerprint(certificate: &str) -> Result<String, CaError> {
    let der = CertificateDer::from_pem_slice(certificate.as_bytes()).map_err(|_| CaError::Root)?;
    Ok(hex(&sha256(&der)))
}

fn authority_params(common: &str, domain: &str, validity: Validity) -> Result<CertificateParams, CaError> {
    let mut params = CertificateParams::default();
    set_validity(&mut params, validity);
    params.serial_number = Some(SerialNumber::from_slice(&serial()));
    params.distinguished_name = name(common, domain);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    Ok(params)
}

/// It makes no further authority, no server, and nothing that has the name of a host or an address.
fn intermediate_params(domain: &str, validity: Validity) -> Result<CertificateParams, CaError> {
    let mut params = authority_params("Denro controllers", domain, validity)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: Vec::new(),
        excluded_subtrees: vec![
            GeneralSubtree::DnsName(String::new()),
            GeneralSubtree::IpAddress(CidrSubnet::V4([0; 4], [0; 4])),
            GeneralSubtree::IpAddress(CidrSubnet::V6([0; 16], [0; 16])),
        ],
    });
    Ok(params)
}

fn name(common: &str, organisation: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, organisation);
    name.push(DnType::CommonName, common);
    name
}

fn set_validity(params: &mut CertificateParams, validity: Validity) {
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let at = |us: i64| epoch + Duration::from_secs(u64::try_from(us / SECOND_US).unwrap_or(0));
    params.not_before = at(validity.not_before_us);
    params.not_after = at(validity.not_after_us);
}

/// 128 random bits but for the first two, so that every program writes it as the same 32 digits (RFC 5280 §4.1.2.2).
fn serial() -> [u8; 16] {
    let mut serial: [u8; 16] = foundation::ids::random();
    if let Some(first) = serial.first_mut() {
        *first = *first & 0x3f | 0x40;
    }
    serial
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
