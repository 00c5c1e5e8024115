//! Reading variables of a controller, by the names that its maker gave them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The variables to be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VariableRequest {
    #[schema(min_items = 1, max_items = 20)]
    pub variables: Vec<VariableName>,
}

/// A variable by its OCPP names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VariableName {
    #[schema(min_length = 1, max_length = 50, example = "PowerContactor")]
    pub component: String,
    #[schema(min_length = 1, max_length = 50, example = "Active")]
    pub variable: String,
    /// The place in the panel; left out for what belongs to the whole controller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 8)]
    pub outlet_number: Option<i32>,
}

/// What a controller answered about one variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VariableRead {
    pub component: String,
    pub variable: String,
    #[schema(required)]
    pub outlet_number: Option<i64>,
    /// OCPP's word: `Accepted`, `Rejected`, `UnknownComponent`, `UnknownVariable` or `NotSupportedAttributeType`.
    #[schema(example = "Accepted")]
    pub status: String,
    #[schema(required, example = "true")]
    pub value: Option<String>,
}

/// The variables to be set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VariableChange {
    #[schema(min_items = 1, max_items = 20)]
    pub variables: Vec<VariableValue>,
}

/// A variable by its OCPP names, and what it is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VariableValue {
    #[schema(min_length = 1, max_length = 50, example = "OCPPCommCtrlr")]
    pub component: String,
    #[schema(min_length = 1, max_length = 50, example = "HeartbeatInterval")]
    pub variable: String,
    /// The place in the panel; left out for what belongs to the whole controller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 8)]
    pub outlet_number: Option<i32>,
    #[schema(max_length = 1000, example = "300")]
    pub value: String,
}

/// What a controller answered about one variable that was to be set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VariableSet {
    pub component: String,
    pub variable: String,
    #[schema(required)]
    pub outlet_number: Option<i64>,
    /// OCPP's word: `Accepted`, `RebootRequired`, `Rejected`, `UnknownComponent`, `UnknownVariable` or
    /// `NotSupportedAttributeType`.
    #[schema(example = "Accepted")]
    pub status: String,
    /// The controller's reason, for programs.
    #[schema(required, example = "ReadOnly")]
    pub reason: Option<String>,
}
