//! A certificate of ours as a client shows it, after TLS has verified it.

use api_spec::station_uri::StationUri;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

use super::authority::hex;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShownCertificate {
    /// Lower-case hexadecimal.
    pub(crate) serial: String,
    pub(crate) uri: StationUri,
    /// `x5t#S256` (RFC 8705 §3.1).
    pub(crate) thumbprint: String,
}

impl ShownCertificate {
    /// `None` for a certificate that is no controller's: it has one name, the station's.
    pub(crate) fn read(der: &[u8], thumbprint: String) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let names = certificate.subject_alternative_name().ok()??;
        let uri = match names.value.general_names.as_slice() {
            [GeneralName::URI(uri)] => uri.parse().ok()?,
            _ => return None,
        };
        Some(Self {
            serial: hex(certificate.raw_serial()),
            uri,
            thumbprint,
        })
    }
}
