//! Who changed what over the API.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::Time;

/// Whether a program acted in its own name, or for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditActorKind {
    Client,
    Person,
}

/// Who made a change.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct AuditActor {
    pub kind: AuditActorKind,
    /// Of the client or the person, at the auth-server.
    #[schema(example = "cli_01k9zq3v7m2c4")]
    pub id: String,
    /// The client by which it came; the same as `id` where it acted in its own name.
    #[schema(example = "cli_01k9zq3v7m2c4")]
    pub client_id: String,
}

/// One member of a resource that was changed. Values of what is secret or a person's are left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditChange {
    #[schema(example = "energy_yen_per_kwh")]
    pub member: String,
    /// Null where there was nothing.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(example = 30)]
    pub before: Option<Value>,
    /// Null where there is nothing any more.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(example = 31)]
    pub after: Option<Value>,
}

/// A null that stands there is a value.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// One change that was made over the API; it is never edited, and never deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    #[schema(example = "aud_01k9zq7g3x5d2")]
    pub id: String,
    pub at: Time,
    pub actor: AuditActor,
    /// The scope by which it was allowed.
    #[schema(required, example = "sites:write")]
    pub scope: Option<String>,
    /// What was asked for, as it stands in this document.
    #[schema(example = "PATCH /v1/sites/{id}")]
    pub action: String,
    /// The path of what was changed, made or acted upon.
    #[schema(example = "/v1/sites/sit_01k9zq5b8w1e6")]
    pub resource: String,
    /// What follows from it, if it is for a controller to do.
    #[schema(required, example = json!(null))]
    pub command_id: Option<String>,
    /// In the order of the members' names; empty where the action says all.
    pub changes: Vec<AuditChange>,
    /// `X-Request-Id` of the answer.
    #[schema(example = "req_01k9zq7g3w0b9")]
    pub request_id: String,
    /// Of W3C Trace Context: all that follows from the request has it.
    #[schema(required, example = "4bf92f3577b34da6a3ce929d0e0e4736")]
    pub trace_id: Option<String>,
    /// SHA-256 of the entry as it is kept, which the next one of this server names: whoever notes it elsewhere can have it
    /// looked for later.
    #[schema(example = "3vwQd0kq9o0l1wq9J3h7rjv2b2gE3l0f6t9nYx8mKcA")]
    pub hash: String,
}
