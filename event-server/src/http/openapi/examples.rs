//! Examples: of requests and answers as a server has taken and given them, and of every problem that is told of.

use serde_json::{Map, Value, json};

use super::super::language::Language;
use super::super::problems::Kind;
use super::super::texts;

/// By operation: what was asked, and what was answered. The tests write it.
const RECORDED: &str = include_str!("../../../../api-spec/examples.json");

const PROBLEM: &str = "/content/application~1problem+json";

/// Puts them into the document.
pub(super) fn add(document: &mut Value) {
    if let Some(components) = document.pointer_mut("/components").and_then(Value::as_object_mut) {
        components.insert("examples".to_owned(), problems().into());
    }
    let recorded: Value = serde_json::from_str(RECORDED).unwrap_or_default();
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let items = paths
        .into_iter()
        .flatten()
        .filter_map(|(_, item)| item.as_object_mut());
    for operation in items.flatten().map(|(_, operation)| operation) {
        let id = operation.get("operationId").and_then(Value::as_str);
        let example = id.and_then(|id| recorded.get(id)).cloned().unwrap_or_default();
        if let (Some(asked), Some(media)) = (
            example.get("request"),
            operation.pointer_mut("/requestBody/content/application~1json"),
        ) {
            set(media, asked.clone());
        }
        let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
        for (status, response) in responses.into_iter().flatten() {
            if status.starts_with('2') {
                add_answer(response, &example);
            } else {
                add_problems(status, response);
            }
        }
    }
}

fn add_answer(response: &mut Value, example: &Value) {
    let content = response.get_mut("content").and_then(Value::as_object_mut);
    for (kind, media) in content.into_iter().flatten() {
        if let (Some(answer), false) = (example.get("response"), is_picture(kind)) {
            set(media, answer.clone());
        }
    }
}

/// Names the problems that a status stands for, and shows each.
fn add_problems(status: &str, response: &mut Value) {
    if response.pointer(PROBLEM).is_none() {
        return;
    }
    let of_status = |kind: &Kind| kind.status().as_str() == status;
    let description = response.get("description").and_then(Value::as_str);
    let description = description.unwrap_or_default().to_owned();
    let told = |kind: &Kind| description.contains(&format!("`{}`", texts::code(*kind)));
    let mut kinds: Vec<Kind> = Kind::ALL.into_iter().filter(of_status).filter(told).collect();
    if kinds.is_empty() {
        kinds.extend(Kind::ALL.into_iter().find(of_status));
        let codes: Vec<&str> = kinds.iter().map(|kind| texts::code(*kind)).collect();
        if let Some(text) = response.get_mut("description") {
            *text = format!("`{}`: {description}", codes.join("`, `")).into();
        }
    }
    let shown = kinds.into_iter().map(|kind| {
        let code = texts::code(kind);
        let place = json!({ "$ref": format!("#/components/examples/{code}") });
        (code.to_owned(), place)
    });
    let shown: Map<String, Value> = shown.collect();
    if let Some(media) = response.pointer_mut(PROBLEM).and_then(Value::as_object_mut) {
        media.insert("examples".to_owned(), shown.into());
    }
}

/// Every problem there is, by its code.
fn problems() -> Map<String, Value> {
    let example = |kind: Kind| {
        let (code, title) = (texts::code(kind), texts::title(kind, Language::English));
        let problem = json!({
            "type": format!("urn:denro:problem:{code}"),
            "code": code,
            "title": title,
            "status": kind.status().as_u16(),
            "detail": "what it was this time",
            "errors": [],
            "request_id": "req_01kab3y7kq8w4nd2fv6h9tr5ce",
        });
        (code.to_owned(), json!({ "summary": title, "value": problem }))
    };
    Kind::ALL.into_iter().map(example).collect()
}

fn set(media: &mut Value, example: Value) {
    if let Some(media) = media.as_object_mut() {
        media.insert("example".to_owned(), example);
    }
}

/// What no example shows.
fn is_picture(media_type: &str) -> bool {
    media_type.starts_with("image/") || media_type == "application/pdf"
}
