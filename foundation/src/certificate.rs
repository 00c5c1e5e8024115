//! What a certificate (X.509, RFC 5280) says, as far as a controller's identity needs it.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use webpki::EndEntityCert;

/// Of a certificate's text; whether anybody vouches for it is not asked here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The number in lower-case hexadecimal, without zeros before it.
    pub serial: String,
    /// The one URI among its names; `None` where it has none, several, or other names besides.
    pub uri: Option<String>,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
}

/// Something that is no certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no certificate (X.509 version 3)")]
pub struct NoCertificate;

impl Certificate {
    /// Reads DER.
    ///
    /// # Errors
    /// [`NoCertificate`].
    pub fn read(der: &[u8]) -> Result<Self, NoCertificate> {
        let der = CertificateDer::from(der);
        let certificate = EndEntityCert::try_from(&der).map_err(|_| NoCertificate)?;
        let mut uris = certificate.valid_uri_names();
        let only = uris
            .next()
            .filter(|_| uris.next().is_none() && certificate.valid_dns_names().next().is_none());
        let (not_before, not_after) = validity(&der).ok_or(NoCertificate)?;
        Ok(Self {
            serial: serial_text(certificate.serial()),
            uri: only.map(str::to_owned),
            not_before,
            not_after,
        })
    }
}

impl Certificate {
    /// Reads every certificate of a text in PEM.
    ///
    /// # Errors
    /// [`NoCertificate`].
    pub fn read_pem(text: &str) -> Result<Vec<Self>, NoCertificate> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
        let found = found.map_err(|_| NoCertificate)?;
        found.iter().map(|der| Self::read(der)).collect()
    }
}

/// Lower-case hexadecimal without zeros before it.
pub(crate) fn serial_text(number: &[u8]) -> String {
    let text: String = number.iter().map(|byte| format!("{byte:02x}")).collect();
    canonical_serial(&text)
}

/// One way of writing for one number: lower case, without zeros before it.
pub fn canonical_serial(text: &str) -> String {
    text.trim_start_matches('0').to_ascii_lowercase()
}

pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// RFC 5280 §4.1: `tbsCertificate` begins with version, serial number, signature algorithm, issuer and validity.
fn validity(der: &[u8]) -> Option<(Timestamp, Timestamp)> {
    let (certificate, _) = element(der, SEQUENCE)?;
    let (mut rest, _) = element(certificate, SEQUENCE)?;
    for tag in [VERSION, INTEGER, SEQUENCE, SEQUENCE] {
        (_, rest) = element(rest, tag)?;
    }
    let (times, _) = element(rest, SEQUENCE)?;
    let (not_before, rest) = time(times)?;
    let (not_after, _) = time(rest)?;
    Some((not_before, not_after))
}

/// The content of the first element, which has this tag, and what follows it.
pub(crate) fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81..=0x83 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            (length, rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length).filter(|_| *found == tag)
}

/// RFC 5280 §4.1.2.5: two digits of the year until 2049, four from then on.
fn time(der: &[u8]) -> Option<(Timestamp, &[u8])> {
    let utc = element(der, UTC_TIME);
    let (text, rest) = utc.or_else(|| element(der, GENERALIZED_TIME))?;
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let text = match utc {
        Some(_) if text < "50" => format!("20{text}"),
        Some(_) => format!("19{text}"),
        None => text.to_owned(),
    };
    let time = DateTime::strptime("%Y%m%d%H%M%S", &text).ok()?;
    Some((time.to_zoned(TimeZone::UTC).ok()?.timestamp(), rest))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, SanType, SerialNumber, date_time_ymd};

    use super::*;

    fn made(change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
        let mut params = CertificateParams::default();
        params.serial_number = Some(SerialNumber::from(vec![0x00, 0xab, 0x01]));
        params.not_before = date_time_ymd(2026, 11, 30);
        params.not_after = date_time_ymd(2056, 1, 2);
        params.subject_alt_names = vec![uri("spiffe://d/site/s/controller/c")];
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    fn uri(text: &str) -> SanType {
        SanType::URI(text.try_into().unwrap())
    }

    #[test]
    fn number_name_and_times_are_read_on_both_sides_of_2050() {
        let read = Certificate::read(&made(|_| {})).unwrap();
        assert_eq!(read.serial, "ab01");
        assert_eq!(read.uri.as_deref(), Some("spiffe://d/site/s/controller/c"));
        assert_eq!(read.not_before.to_string(), "2026-11-30T00:00:00Z");
        assert_eq!(read.not_after.to_string(), "2056-01-02T00:00:00Z");
    }

    #[test]
    fn a_name_beside_the_one_uri_is_no_identity() {
        let names = |names: Vec<SanType>| {
            let der = made(|params| params.subject_alt_names = names);
            Certificate::read(&der).unwrap().uri
        };
        assert_eq!(names(vec![]), None);
        assert_eq!(names(vec![uri("spiffe://d/a"), uri("spiffe://d/b")]), None);
        let dns = SanType::DnsName("example.com".try_into().unwrap());
        assert_eq!(names(vec![uri("spiffe://d/a"), dns]), None);
    }

    #[test]
    fn what_is_cut_off_anywhere_is_no_certificate() {
        let whole = made(|_| {});
        for length in 0..whole.len() {
            assert_eq!(
                Certificate::read(&whole[..length]),
                Err(NoCertificate),
                "{length}"
            );
        }
    }

    #[test]
    fn one_number_is_written_in_one_way() {
        assert_eq!(canonical_serial("00AB01"), "ab01");
    }
}
