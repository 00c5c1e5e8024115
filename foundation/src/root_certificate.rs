//! A root: the certificate of an authority, which nobody else vouches for.

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::certificate::{BIT_STRING, Certificate, INTEGER, SEQUENCE, VERSION, element, serial_text};
use crate::secrets::sha256;

/// A certificate that names itself as its issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    der: CertificateDer<'static>,
    hash: CertificateHash,
    pub not_after: Timestamp,
}

/// What names a certificate in OCPP, as in OCSP (RFC 6960 §4.1.1): SHA-256 and the number in lower-case hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateHash {
    pub issuer_name: String,
    pub issuer_key: String,
    pub serial: String,
}

/// Why something is no root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRoot {
    #[error("expected one certificate in PEM")]
    NotOne,
    #[error("the certificate (X.509 version 3) cannot be read")]
    Unreadable,
    #[error("this is no root: another authority has issued it")]
    OtherIssuer,
}

impl Root {
    /// Reads PEM with one certificate; whatever else is in the text is left out.
    ///
    /// # Errors
    /// [`NoRoot`].
    pub fn read_pem(text: &str) -> Result<Self, NoRoot> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
        let found = <[_; 1]>::try_from(found.map_err(|_| NoRoot::NotOne)?);
        let [der] = found.map_err(|_| NoRoot::NotOne)?;
        Self::read(der)
    }

    /// Reads DER.
    ///
    /// # Errors
    /// [`NoRoot::Unreadable`] and [`NoRoot::OtherIssuer`].
    pub fn read(der: CertificateDer<'static>) -> Result<Self, NoRoot> {
        let read = Certificate::read(&der).map_err(|_| NoRoot::Unreadable)?;
        webpki::anchor_from_trusted_cert(&der).map_err(|_| NoRoot::Unreadable)?;
        let parts = Parts::read(&der).ok_or(NoRoot::Unreadable)?;
        if parts.issuer != parts.subject {
            return Err(NoRoot::OtherIssuer);
        }
        let hash = CertificateHash {
            issuer_name: hex(&sha256(parts.issuer)),
            issuer_key: hex(&sha256(parts.key)),
            serial: serial_text(parts.serial),
        };
        Ok(Self {
            der,
            hash,
            not_after: read.not_after,
        })
    }

    pub fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    pub fn hash(&self) -> &CertificateHash {
        &self.hash
    }

    /// SHA-256 of the whole, in lower-case hexadecimal.
    pub fn fingerprint(&self) -> String {
        hex(&sha256(&self.der))
    }

    pub fn pem(&self) -> String {
        const LINE: usize = 64;
        let text: Vec<char> = STANDARD.encode(&self.der).chars().collect();
        let lines: Vec<String> = text.chunks(LINE).map(|line| line.iter().collect()).collect();
        format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            lines.join("\n")
        )
    }
}

/// The bits of a certificate's key.
pub(crate) fn key_bits(der: &[u8]) -> Option<&[u8]> {
    Some(Parts::read(der)?.key)
}

/// What a hash is made of.
struct Parts<'a> {
    serial: &'a [u8],
    /// With tag and length.
    issuer: &'a [u8],
    /// With tag and length.
    subject: &'a [u8],
    /// The bits alone.
    key: &'a [u8],
}

impl<'a> Parts<'a> {
    /// RFC 5280 §4.1.
    fn read(der: &'a [u8]) -> Option<Self> {
        let (certificate, _) = element(der, SEQUENCE)?;
        let (content, _) = element(certificate, SEQUENCE)?;
        let (_version, rest) = element(content, VERSION)?;
        let (serial, rest) = element(rest, INTEGER)?;
        let (_algorithm, rest) = element(rest, SEQUENCE)?;
        let (issuer, rest) = whole(rest)?;
        let (_validity, rest) = element(rest, SEQUENCE)?;
        let (subject, rest) = whole(rest)?;
        let (key_info, _) = element(rest, SEQUENCE)?;
        let (_algorithm, bits) = element(key_info, SEQUENCE)?;
        let (_unused, key) = element(bits, BIT_STRING)?.0.split_first()?;
        Some(Self {
            serial,
            issuer,
            subject,
            key,
        })
    }
}

/// The first sequence with its tag and length, and what follows it.
fn whole(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_content, rest) = element(der, SEQUENCE)?;
    der.split_at_checked(der.len() - rest.len())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, CertifiedIssuer, DnType, KeyPair, SerialNumber};

    use super::*;

    fn root() -> CertifiedIssuer<'static, KeyPair> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Root");
        params.serial_number = Some(SerialNumber::from(vec![0x00, 0xab, 0x01]));
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    }

    #[test]
    fn a_root_is_read_written_and_hashed_as_ocsp_does() {
        let made = root();
        let read = Root::read_pem(&made.pem()).unwrap();
        assert_eq!(Root::read_pem(&read.pem()).unwrap(), read);
        assert_eq!(read.hash().serial, "ab01");
        // SEQUENCE of a SET of a SEQUENCE of OID 2.5.4.3 and the UTF8String "Root".
        let name = b"\x30\x0f\x31\x0d\x30\x0b\x06\x03\x55\x04\x03\x0c\x04Root";
        assert_eq!(read.hash().issuer_name, hex(&sha256(name)));
        let key = rcgen::PublicKeyData::der_bytes(made.key());
        assert_eq!(read.hash().issuer_key, hex(&sha256(key)));
    }

    #[test]
    fn what_another_authority_has_issued_or_is_not_one_certificate_is_no_root() {
        let made = root();
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::default().signed_by(&key, &made).unwrap();
        for (text, expected) in [
            (leaf.pem(), NoRoot::OtherIssuer),
            (made.pem() + &made.pem(), NoRoot::NotOne),
            (String::new(), NoRoot::NotOne),
            (key.serialize_pem(), NoRoot::NotOne),
            (
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".into(),
                NoRoot::Unreadable,
            ),
        ] {
            assert_eq!(Root::read_pem(&text), Err(expected), "{text}");
        }
    }

    #[test]
    fn a_key_beside_the_certificate_is_not_kept() {
        let made = root();
        let read = Root::read_pem(&(made.key().serialize_pem() + &made.pem())).unwrap();
        assert!(!read.pem().contains("PRIVATE"));
    }
}
