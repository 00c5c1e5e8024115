//! A driver: who may charge where, by the app backend's own name.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Time;
use super::outlet::even_null;

/// Who may charge, and where. A site with `drivers` `open` asks for none; whoever is written down is bound by it there too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Driver {
    /// The app backend's own, opaque name.
    #[schema(example = "resident-204-a")]
    pub id: String,
    /// For the building's managers; gone with the driver.
    #[schema(required)]
    pub name: Option<String>,
    /// The dwelling that charges are counted for.
    #[schema(required, example = "204")]
    pub unit: Option<String>,
    /// May use every outlet of these sites …
    pub sites: Vec<String>,
    /// … and these outlets.
    pub outlets: Vec<String>,
    /// Starts nothing anywhere; what runs goes on.
    pub blocked: bool,
    #[schema(required)]
    pub valid_from: Option<Time>,
    /// The first moment at which the right is over.
    #[schema(required)]
    pub valid_until: Option<Time>,
    pub created_at: Time,
    pub updated_at: Time,
}

/// A driver as it is to be, whole: what is left out is empty, or not so.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"unit": "204", "sites": ["sit_01kab3y7kq8w4nd2fv6h9tr5ce"]}))]
pub struct NewDriver {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 50)]
    pub unit: Option<String>,
    #[serde(default)]
    #[schema(max_items = 100)]
    pub sites: Vec<String>,
    #[serde(default)]
    #[schema(max_items = 100)]
    pub outlets: Vec<String>,
    #[serde(default)]
    pub blocked: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Time>,
}

/// What of a driver is to change; what is left out stays, null takes away.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"blocked": true}))]
pub struct DriverChange {
    #[serde(
        default,
        deserialize_with = "even_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    pub name: Option<Option<String>>,
    #[serde(
        default,
        deserialize_with = "even_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 50)]
    pub unit: Option<Option<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 100)]
    pub sites: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 100)]
    pub outlets: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<bool>,
    #[serde(
        default,
        deserialize_with = "even_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Time>)]
    pub valid_from: Option<Option<Time>>,
    #[serde(
        default,
        deserialize_with = "even_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Time>)]
    pub valid_until: Option<Option<Time>>,
}
