//! Where events are sent.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Time;
use super::outlet::even_null;
use crate::webhook::EventType;

/// An address that events are sent to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookEndpoint {
    #[schema(example = "whe_01kab3y7kq8w4nd2fv6h9tr5ce")]
    pub id: String,
    #[schema(example = "https://app.example.com/webhooks")]
    pub url: String,
    /// Empty: all.
    pub types: Vec<EventType>,
    /// For people.
    #[schema(required, example = "production")]
    pub description: Option<String>,
    /// At most so many deliveries each second.
    #[schema(required)]
    pub rate_per_s: Option<i32>,
    /// How an access token for the receiver is got; its client secret is never shown.
    #[schema(required)]
    pub oauth2: Option<ReceiverClient>,
    pub enabled: bool,
    /// Why nothing is sent any more.
    #[schema(required)]
    pub disabled_reason: Option<String>,
    /// Since when every attempt has failed. After 120 hours the endpoint is disabled.
    #[schema(required)]
    pub failing_since: Option<Time>,
    /// Until when deliveries are signed with the secret before this one, too.
    #[schema(required)]
    pub previous_secret_until: Option<Time>,
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
    #[schema(max_length = 2000, example = "https://app.example.com/webhooks")]
    pub url: String,
    /// Empty or left out: all.
    #[serde(default)]
    pub types: Vec<EventType>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200, example = "production")]
    pub description: Option<String>,
    /// At most so many deliveries each second; without it, as many as the receiver answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1000)]
    pub rate_per_s: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oauth2: Option<NewReceiverClient>,
}

/// What of an endpoint is to change; what is left out stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"url": "https://app.example.com/webhooks", "enabled": true}))]
pub struct WebhookEndpointChange {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000)]
    pub url: Option<String>,
    /// Empty: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub types: Option<Vec<EventType>>,
    #[serde(
        default,
        deserialize_with = "even_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    pub description: Option<Option<String>>,
    /// False: nothing is sent, and what was to be sent is given up. True: begins anew; the first event of each outlet
    /// says `gap: true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    #[serde(
        default,
        deserialize_with = "even_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<i32>, minimum = 1, maximum = 1000)]
    pub rate_per_s: Option<Option<i32>>,
    #[serde(
        default,
        deserialize_with = "even_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<NewReceiverClient>)]
    pub oauth2: Option<Option<NewReceiverClient>>,
}

/// Who we are at the receiver: an access token is asked for with client credentials and sent as `Bearer`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReceiverClient {
    #[schema(example = "https://login.example.com/oauth2/token")]
    pub token_url: String,
    #[schema(example = "denro")]
    pub client_id: String,
    #[schema(required)]
    pub scope: Option<String>,
}

/// The same with the client's secret, which is never shown again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReceiverClient {
    #[schema(max_length = 2000, example = "https://login.example.com/oauth2/token")]
    pub token_url: String,
    #[schema(min_length = 1, max_length = 200, example = "denro")]
    pub client_id: String,
    #[schema(min_length = 1, max_length = 500)]
    pub client_secret: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 500)]
    pub scope: Option<String>,
}

/// A new secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SecretRotated {
    /// Shown now and never again.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=")]
    pub secret: String,
    /// Until then the secret before this one signs, too.
    pub previous_secret_until: Time,
}

/// Which events to send once more; from `since` or from behind `after`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"since": "2026-11-30T00:00:00Z", "types": ["session.ended"]}))]
pub struct NewReplay {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// The id of an event; what came after it is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Up to now where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
    /// Empty or left out: those that the endpoint hears.
    #[serde(default)]
    pub types: Vec<EventType>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlet_id: Option<String>,
}

/// What is sent once more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Replay {
    /// How many events; at most 10,000 at once.
    pub deliveries: i64,
    /// Where there is more: ask again with this as `after`.
    #[schema(required)]
    pub next_after: Option<String>,
}

/// Where a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    Pending,
    Delivered,
    /// Every attempt of the schedule has failed; the outlet's next event says `gap: true`.
    Parked,
    /// Given up because the endpoint was disabled.
    Failed,
}

/// One event on its way to one endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Delivery {
    #[schema(example = "dlv_000000000001k")]
    pub id: String,
    pub endpoint_id: String,
    pub event_id: String,
    pub event_type: EventType,
    pub state: DeliveryState,
    /// Whether it was sent with `gap: true`.
    pub gap: bool,
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

/// One attempt at a delivery, kept for 30 days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryAttempt {
    pub number: i32,
    pub attempted_at: Time,
    pub duration_ms: i64,
    /// Without what is secret.
    #[schema(example = json!({"content-type": "application/json", "webhook-id": "evt_000000000001k7kq8w4nd",
        "webhook-timestamp": "1796083200"}))]
    pub request_headers: std::collections::BTreeMap<String, String>,
    /// Null where there was no answer.
    #[schema(required)]
    pub status: Option<i32>,
    /// The first bytes of the answer.
    #[schema(required)]
    pub answer: Option<String>,
    /// Why it counts as failed.
    #[schema(required)]
    pub error: Option<String>,
}
