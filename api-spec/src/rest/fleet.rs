//! What is asked of a controller as a whole, or of an outlet, besides charging.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Time;

/// Whether starts are to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AvailabilityChange {
    /// A charge that runs goes on to its end in any case.
    #[schema(example = false)]
    pub available: bool,
}

/// When a controller is to start anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResetWhen {
    /// Once its charges have ended; it takes no new ones until then.
    OnIdle,
    /// Now: charges end with the reason `reset` and their closing registers.
    Immediate,
}

/// A controller to start anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetRequest {
    pub when: ResetWhen,
}

/// Signed firmware for a controller to install.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FirmwareUpdate {
    /// Where the controller gets it.
    #[schema(
        min_length = 1,
        max_length = 512,
        example = "https://firmware.example.com/outlet-controller_1.4.0_arm64.deb"
    )]
    pub location: String,
    /// Not before this; at once where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retrieve_at: Option<Time>,
    /// Not before this; as soon as it may where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub install_at: Option<Time>,
    /// PEM: the certificate that the firmware is signed with, and those between it and the root that the controller trusts.
    #[schema(
        max_length = 5500,
        pattern = "-----BEGIN CERTIFICATE-----",
        example = "-----BEGIN CERTIFICATE-----\nMIIB…\n-----END CERTIFICATE-----\n"
    )]
    pub signing_certificate: String,
    /// Of the whole file by SHA-256, in Base64: ECDSA in DER, or RSA-PSS.
    #[schema(
        min_length = 1,
        max_length = 800,
        pattern = "^[A-Za-z0-9+/]+=*$",
        example = "MEUCIQDq…"
    )]
    pub signature: String,
}

/// What a controller keeps a log of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogKind {
    /// Whatever it does.
    Diagnostics,
    /// What concerns its security.
    Security,
}

/// A log for a controller to send somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogUpload {
    pub kind: LogKind,
    /// Where the controller sends it. Our own ones use `PUT`, with the name of the file behind a URL that ends with `/`.
    #[schema(
        min_length = 1,
        max_length = 512,
        example = "https://logs.example.com/panels/"
    )]
    pub location: String,
    /// Nothing older.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Time>,
    /// Nothing newer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Time>,
}
