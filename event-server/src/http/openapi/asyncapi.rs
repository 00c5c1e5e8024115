//! The same events as an AsyncAPI 3 document, from the same types.

use api_spec::webhook::{EventType, example};
use serde_json::{Map, Value, json};

use super::webhooks::{data, summary};

const TITLE: &str = "Denro events";
const DESCRIPTION: &str = "Sent as webhooks signed by Standard Webhooks 1.0.0, and as server-sent events.";

/// The document, from the schemas of the OpenAPI one.
pub(super) fn document(openapi: &Value) -> Value {
    let all = openapi
        .pointer("/components/schemas")
        .cloned()
        .unwrap_or_default();
    let mut schemas = Map::new();
    let (mut messages, mut refs) = (Map::new(), Map::new());
    for kind in EventType::ALL {
        let schema = format!("Event_{}", data(kind));
        take(&all, &schema, &mut schemas);
        messages.insert(kind.name().to_owned(), message(kind, &schema));
        let pointer = format!("#/components/messages/{}", kind.name());
        refs.insert(kind.name().to_owned(), json!({ "$ref": pointer }));
    }
    let operation = |channel: &str, summary: &str| json!({ "action": "send", "channel": { "$ref": format!("#/channels/{channel}") }, "summary": summary });
    json!({
        "asyncapi": "3.0.0",
        "info": { "title": TITLE, "version": env!("CARGO_PKG_VERSION"), "description": DESCRIPTION },
        "defaultContentType": "application/json",
        "channels": {
            "webhooks": { "address": null, "description": "The URL of a webhook endpoint", "messages": refs },
            "stream": { "address": "/v1/events/stream", "messages": refs },
        },
        "operations": {
            "sendWebhook": operation("webhooks", "At least once, in order for each outlet"),
            "sendOnStream": operation("stream", "As it happens; Last-Event-ID goes on after a cut"),
        },
        "components": { "messages": messages, "schemas": schemas },
    })
}

fn message(kind: EventType, schema: &str) -> Value {
    json!({
        "name": kind.name(),
        "summary": summary(kind),
        "payload": { "$ref": format!("#/components/schemas/{schema}") },
        "examples": [{ "payload": example(kind) }],
    })
}

/// The schema, and whatever it refers to.
fn take(all: &Value, name: &str, taken: &mut Map<String, Value>) {
    if taken.contains_key(name) {
        return;
    }
    let schema = all.get(name).cloned().unwrap_or_default();
    taken.insert(name.to_owned(), schema.clone());
    let text = schema.to_string();
    for rest in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
        if let Some(referred) = rest.split('"').next() {
            take(all, referred, taken);
        }
    }
}
