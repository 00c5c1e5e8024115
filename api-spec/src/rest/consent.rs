//! What a driver has agreed to before being charged by energy.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Time;

/// A driver has agreed to a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Consent {
    #[schema(example = "con_01kab3y7kq8w4nd2fv6h9tr5ce")]
    pub id: String,
    pub driver_id: String,
    pub site_id: String,
    /// Which text it was, by the app backend's own name for it.
    #[schema(example = "tokutei-keiryo-2026-04")]
    pub text_version: String,
    pub consented_at: Time,
    pub created_at: Time,
}

/// That a driver has agreed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConsent {
    pub site_id: String,
    #[schema(min_length = 1, max_length = 100, example = "tokutei-keiryo-2026-04")]
    pub text_version: String,
    /// Now where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consented_at: Option<Time>,
}
