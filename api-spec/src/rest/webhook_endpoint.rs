//! Where events are sent.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Time;
use crate::webhook::EventType;

/// An address that events are sent to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookEndpoint {
    #[schema(example = "whe_01kab3y7kq8w4nd2fv6h9tr5ce")]
    pub id: String,
    pub url: String,
    /// Empty: all.
    pub types: Vec<EventType>,
    /// Why nothing is sent any more.
    #[schema(required)]
    pub disabled_reason: Option<String>,
    pub created_at: Time,
    pub updated_at: Time,
}

/// An endpoint just made, with what is shown only once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookEndpointCreated {
    #[serde(flatten)]
    pub endpoint: WebhookEndpoint,
    /// Signs what is sent (Standard Webhooks, `v1`). Shown now and never again.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=")]
    pub secret: String,
}

/// An endpoint to make.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhookEndpoint {
    #[schema(max_length = 2000)]
    pub url: String,
    /// Empty or left out: all.
    #[serde(default)]
    pub types: Vec<EventType>,
}

/// Where a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    Pending,
    Delivered,
    /// Given up after the last attempt, or because the endpoint was disabled.
    Failed,
}

/// One event on its way to one endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Delivery {
    pub event_id: String,
    pub event_type: EventType,
    pub state: DeliveryState,
    pub attempts: i32,
    /// When the next attempt is due, where pending.
    #[schema(required)]
    pub next_attempt_at: Option<Time>,
    /// The HTTP status of the last attempt.
    #[schema(required)]
    pub last_status: Option<i32>,
    #[schema(required)]
    pub last_error: Option<String>,
    #[schema(required)]
    pub completed_at: Option<Time>,
}
