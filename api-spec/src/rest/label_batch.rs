//! Labels that are printed before anybody knows for which outlets.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Time;

/// Labels to make codes for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLabelBatch {
    /// For outlets of this site alone; of any where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_id: Option<String>,
    #[schema(minimum = 1, maximum = 500, example = 100)]
    pub count: u32,
}

/// Codes that belong to no outlet until they are bound to one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LabelBatch {
    #[schema(example = "lab_01kab3y7kq8w4nd2fv6h9tr5ce")]
    pub id: String,
    #[schema(required)]
    pub site_id: Option<String>,
    pub labels: Vec<BatchLabel>,
    pub created_at: Time,
}

/// One label of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BatchLabel {
    #[schema(example = "7k3m9qxwc")]
    pub public_code: String,
    /// As people read it.
    #[schema(example = "7K3-M9Q-XWC")]
    pub shown: String,
    /// What the label's QR code says.
    #[schema(example = "https://events.example.com/o/7k3m9qxwc")]
    pub url: String,
    /// The outlet that it was bound to, though that may have another code by now.
    #[schema(required)]
    pub outlet_id: Option<String>,
    #[schema(required)]
    pub bound_at: Option<Time>,
}

/// The label that was stuck beside an outlet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCodeBinding {
    /// What it says; hyphens and upper case are taken too.
    #[schema(min_length = 1, max_length = 40, example = "7K3-M9Q-XWC")]
    pub code: String,
}
