//! A circuit: a branch with a current limit. A site's circuits are a tree; its root is the main circuit.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Time;
use super::outlet::even_null;

/// A branch of a site's wiring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Circuit {
    #[schema(example = "cir_01kab3y7kq8w4nd2fv6h9tr5ce")]
    pub id: String,
    pub site_id: String,
    /// The circuit that feeds it; null: it is the site's main circuit.
    #[schema(required)]
    pub parent_id: Option<String>,
    /// The panel that it is in.
    #[schema(required)]
    pub controller_id: Option<String>,
    #[schema(example = "主幹")]
    pub name: String,
    #[schema(required, example = 150_000)]
    pub limit_ma: Option<i64>,
    /// The outlets that it feeds itself, by panel and place.
    pub outlet_ids: Vec<String>,
    pub created_at: Time,
    pub updated_at: Time,
}

/// A circuit to make.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCircuit {
    pub site_id: String,
    #[schema(min_length = 1, max_length = 100, example = "B1 駐車場")]
    pub name: String,
    /// The main circuit where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controller_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, example = 60_000)]
    pub limit_ma: Option<i64>,
}

/// What of a circuit is to change; what is left out stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CircuitChange {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    /// Null: no limit is known.
    #[serde(
        default,
        deserialize_with = "even_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<i64>, minimum = 1)]
    pub limit_ma: Option<Option<i64>>,
    /// Another circuit of the same site, and none that this one feeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
}
