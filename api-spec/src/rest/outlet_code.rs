//! What an outlet's label says, and what it leads to.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Outlet, PostalAddress, TariffTerms, Time};

/// An outlet that somebody stands before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScannedOutlet {
    #[serde(flatten)]
    pub outlet: Outlet,
    pub site: ScannedSite,
    /// What a session costs that begins now; null: there is no price.
    #[schema(required)]
    pub terms: Option<TariffTerms>,
    /// Where `driver_id` was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<DriverAnswer>,
}

/// Where the outlet is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScannedSite {
    pub name: String,
    #[schema(required)]
    pub address: Option<String>,
    #[schema(required)]
    pub postal_address: Option<PostalAddress>,
    #[schema(example = "Asia/Tokyo")]
    pub time_zone: String,
}

/// Whether a driver may use an outlet, whatever it is doing now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DriverAnswer {
    pub driver_id: String,
    pub may_start: bool,
    /// Why not.
    #[schema(required)]
    pub reason: Option<String>,
}

/// An outlet's new code; the old one is unknown from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutletCode {
    pub outlet_id: String,
    /// Eight random characters and one that checks them; without 0, 1, i, l and o.
    #[schema(example = "7k3m9qxwc")]
    pub public_code: String,
    /// As people read it; hyphens and upper case are taken too.
    #[schema(example = "7K3-M9Q-XWC")]
    pub shown: String,
    /// What the label's QR code says.
    #[schema(example = "https://events.example.com/o/7k3m9qxwc")]
    pub url: String,
    pub public_code_since: Time,
}

/// What a display at the outlet makes its codes with (OCPP 2.1 C25: HMAC-SHA256 over the number of the slot); told this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PresenceSecret {
    pub outlet_id: String,
    #[schema(example = "bm90IGEgcmVhbCBzZWNyZXQsIGJ1dCBhcyBsb25nLi4")]
    pub secret: String,
    /// What the display's QR code says, with its code for `{totp}`.
    #[schema(example = "https://events.example.com/o/7k3m9qxwc?presence={totp}")]
    pub url_template: String,
    /// For how long a display shows a code; the one before and the next are taken as well.
    #[schema(example = 30)]
    pub slot_s: i64,
    /// Characters of the code in the link: digits, small letters, capital letters, in this order.
    #[schema(example = 12)]
    pub link_length: i64,
    /// Digits of the code that people type, where the display is too small for a QR code.
    #[schema(example = 6)]
    pub typed_length: i64,
}
