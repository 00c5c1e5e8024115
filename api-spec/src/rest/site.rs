//! A site: one utility contract.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Time;
use super::outlet::even_null;

/// A place with one utility contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Site {
    #[schema(example = "sit_01kab3y7kq8w4nd2fv6h9tr5ce")]
    pub id: String,
    pub name: String,
    #[schema(required)]
    pub address: Option<String>,
    /// An IANA time zone: what local times people are shown, and when a day ends.
    #[schema(example = "Asia/Tokyo")]
    pub time_zone: String,
    /// What a limit of money is counted by.
    #[schema(required, example = 31)]
    pub energy_yen_per_kwh: Option<i64>,
    pub created_at: Time,
    pub updated_at: Time,
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
    /// An IANA time zone; `Asia/Tokyo` where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Needed for limits of money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, example = 31)]
    pub energy_yen_per_kwh: Option<i64>,
}

/// What of a site is to change; what is left out stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteChange {
    /// For sessions that start from now on. Null: no session can be limited by money any more.
    #[serde(
        default,
        deserialize_with = "even_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<i64>, minimum = 1, example = 31)]
    pub energy_yen_per_kwh: Option<Option<i64>>,
}
