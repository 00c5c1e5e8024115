//! A site: one utility contract.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Time;

/// A place with one utility contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Site {
    #[schema(example = "sit_01kab3y7kq8w4nd2fv6h9tr5ce")]
    pub id: String,
    pub name: String,
    #[schema(required)]
    pub address: Option<String>,
    /// An IANA time zone: what local times people are shown.
    #[schema(example = "Asia/Tokyo")]
    pub time_zone: String,
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
}
