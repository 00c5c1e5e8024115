//! The certificates that a controller trusts.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A root for a controller to trust.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTrustedCertificate {
    /// One certificate in PEM, which is its own issuer.
    #[schema(
        max_length = 5500,
        pattern = "-----BEGIN CERTIFICATE-----",
        example = "-----BEGIN CERTIFICATE-----\nMIIB…\n-----END CERTIFICATE-----\n"
    )]
    pub certificate: String,
    /// `server_root` where left out.
    #[serde(default)]
    pub purpose: CertificatePurpose,
}

/// What a root is trusted for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CertificatePurpose {
    /// The server's own certificate, and those that the controller gets (OCPP: `CSMSRootCertificate`).
    #[default]
    ServerRoot,
    /// Firmware (OCPP: `ManufacturerRootCertificate`); our own controllers know theirs by their configuration alone.
    ManufacturerRoot,
}

/// What names a certificate to a controller: its hashes as in RFC 6960 §4.1.1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CertificateHash {
    pub hash_algorithm: HashAlgorithm,
    /// Hexadecimal.
    #[schema(min_length = 1, max_length = 128)]
    pub issuer_name_hash: String,
    /// Hexadecimal.
    #[schema(min_length = 1, max_length = 128)]
    pub issuer_key_hash: String,
    /// Hexadecimal.
    #[schema(min_length = 1, max_length = 40, example = "3b9a73f0")]
    pub serial_number: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum HashAlgorithm {
    Sha256,
    Sha384,
    Sha512,
}

/// A certificate that a controller has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrustedCertificate {
    /// OCPP's word, such as `CSMSRootCertificate`.
    #[schema(example = "CSMSRootCertificate")]
    pub purpose: String,
    pub hash: CertificateHash,
}
