//! A site: one utility contract.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::outlet::even_null;
use super::{Position, Time};

/// Whom a site lets charge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SiteDrivers {
    /// Whoever the app backend names, unless written down as blocked or no longer valid.
    #[default]
    Open,
    /// Drivers with a right to the outlet or to the site alone.
    Listed,
}

/// Who must show that they stand at the outlet, by the code that its display shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SitePresence {
    /// Nobody; a code that is shown must be right nevertheless.
    #[default]
    None,
    /// Whoever starts on a page of this server. App backends answer for their own users.
    Pages,
    /// App backends as well.
    All,
}

/// A place with one utility contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Site {
    #[schema(example = "sit_01kab3y7kq8w4nd2fv6h9tr5ce")]
    pub id: String,
    pub name: String,
    /// As people write it.
    #[schema(required, example = "東京都千代田区丸の内1-9-1 1階駐車場")]
    pub address: Option<String>,
    /// The same in parts, for programs.
    #[schema(required)]
    pub postal_address: Option<PostalAddress>,
    #[schema(required)]
    pub position: Option<Position>,
    /// An IANA time zone: what local times people are shown, and when a day ends.
    #[schema(example = "Asia/Tokyo")]
    pub time_zone: String,
    /// What energy costs where no tariff says otherwise, and what a limit of money is counted by then.
    #[schema(required, example = 31)]
    pub energy_yen_per_kwh: Option<i64>,
    /// What the utility contract allows to be drawn.
    #[schema(required, example = 49_000)]
    pub contracted_demand_w: Option<i64>,
    /// The root of the site's circuits; its limit is changed there.
    pub main_circuit_id: String,
    #[schema(required, example = 150_000)]
    pub main_limit_ma: Option<i64>,
    /// What the outlets are doing now.
    pub outlets: OutletCounts,
    /// From the place that `near` names; in answers to it alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = 420)]
    pub distance_m: Option<i64>,
    /// What sessions cost at the outlets that have no tariff of their own.
    #[schema(required)]
    pub tariff_id: Option<String>,
    /// Whom it lets charge.
    pub drivers: SiteDrivers,
    /// Who must show that they stand at the outlet.
    pub presence: SitePresence,
    pub created_at: Time,
    pub updated_at: Time,
}

/// How many outlets there are, and how many of them can be used now. Each is counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutletCounts {
    pub total: i64,
    /// A session can start now.
    pub available: i64,
    /// A session holds it, or it is switched on at the panel.
    pub in_use: i64,
    /// Locked out by a fault, or disabled.
    pub out_of_order: i64,
    /// Its controller is not connected.
    pub offline: i64,
}

/// An address in parts; what is not known is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostalAddress {
    /// Seven digits with a hyphen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[0-9]{3}-[0-9]{4}$", example = "100-0005")]
    pub postal_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 20, example = "東京都")]
    pub prefecture: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 50, example = "千代田区")]
    pub city: Option<String>,
    /// The rest, as it stands on an envelope.
    #[serde(default)]
    #[schema(max_items = 4, example = json!(["丸の内1-9-1", "1階駐車場"]))]
    pub lines: Vec<String>,
}

/// A site to make.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSite {
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 300)]
    pub address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_address: Option<PostalAddress>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// An IANA time zone; `Asia/Tokyo` where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Needed for limits of money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, example = 31)]
    pub energy_yen_per_kwh: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, example = 49_000)]
    pub contracted_demand_w: Option<i64>,
    /// Of the main circuit, which is made with the site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, example = 150_000)]
    pub main_limit_ma: Option<i64>,
    /// `open` where left out.
    #[serde(default)]
    pub drivers: SiteDrivers,
}

/// What of a site is to change; what is left out stays, and null takes away.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteChange {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    #[serde(
        default,
        deserialize_with = "even_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>, max_length = 300)]
    pub address: Option<Option<String>>,
    /// Replaces the whole of it.
    #[serde(
        default,
        deserialize_with = "even_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<PostalAddress>)]
    pub postal_address: Option<Option<PostalAddress>>,
    #[serde(
        default,
        deserialize_with = "even_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Position>)]
    pub position: Option<Option<Position>>,
    /// An IANA time zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// For sessions that start from now on. Null: no session can be limited by money any more.
    #[serde(
        default,
        deserialize_with = "even_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<i64>, minimum = 1, example = 31)]
    pub energy_yen_per_kwh: Option<Option<i64>>,
    #[serde(
        default,
        deserialize_with = "even_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<i64>, minimum = 1, example = 49_000)]
    pub contracted_demand_w: Option<Option<i64>>,
    /// For sessions that start from now on.
    #[serde(
        default,
        deserialize_with = "even_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>)]
    pub tariff_id: Option<Option<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drivers: Option<SiteDrivers>,
    /// Give the outlets' displays their secrets first: `POST /v1/outlets/{id}/presence-secrets`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<SitePresence>,
}
