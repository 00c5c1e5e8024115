//! What is asked of a controller as a whole, or of an outlet, besides charging.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
