//! What a caller may know of the server: its version, its clock, and how much of everything it takes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Time;

/// The server, as this caller meets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Meta {
    /// Of the program.
    #[schema(example = "0.1.0")]
    pub version: String,
    /// Of the API, as in its paths. What is added to it later breaks no caller that ignores unknown members.
    #[schema(example = "v1")]
    pub api: String,
    /// The server's clock.
    pub time: Time,
    pub tenant_id: String,
    pub client_id: String,
    /// How often this caller may do what, whatever else goes on.
    pub quotas: Vec<Quota>,
    pub limits: Limits,
}

/// What `RateLimit-Policy` says: so many requests at once, which come back evenly within the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Quota {
    /// `acting`: whatever starts, stops, asks a controller or makes something new. `scanning`: codes of labels. Both are
    /// one client's. `tenant`: whatever the tenant's clients and people ask, together.
    #[schema(example = "acting")]
    pub policy: String,
    #[schema(example = 100)]
    pub requests: u32,
    #[schema(example = 2)]
    pub window_s: u32,
}

/// How much of everything there may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Limits {
    /// Rows of a page where `limit` is left out, and at most.
    pub page_default: i64,
    pub page_most: i64,
    /// The same for `GET /v1/events`.
    pub events_page_default: i64,
    pub events_page_most: i64,
    /// How long events and what became of their deliveries can be read.
    #[schema(example = 2_592_000)]
    pub events_kept_s: i64,
    /// How long the answer to an `Idempotency-Key` is remembered, at least.
    #[schema(example = 86_400)]
    pub idempotency_kept_s: i64,
    /// The longest that `Prefer: wait` holds an answer.
    pub wait_most_s: u64,
    /// The longest that a session lasts, and how long it does where no end is given.
    pub session_most_s: i64,
    /// The longest body of a request.
    pub body_most_bytes: usize,
    /// How many streams of events the tenant may have open at this server.
    pub streams_most: u32,
    /// How many outlets the tenant may have.
    pub outlets_most: u32,
    /// How many webhook endpoints the tenant may have.
    pub webhook_endpoints_most: i64,
}
