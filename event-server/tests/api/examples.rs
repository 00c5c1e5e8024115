//! The examples of the document: recorded from a server, and good by their schemas. `UPDATE_EXAMPLES=1` records them anew.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::world::{ALL_SCOPES, Operation, World};

/// What comes a quarter of an hour later, when days have been added up.
const USAGE: &str = "key,energy_wh,unattributed_wh,sessions,cost_yen\r\nroom-301,48250,0,9,1495\r\n";

/// What tests say, and what is shown instead.
const SHOWN: [(&str, &str); 6] = [
    (
        "http://127.0.0.1:9/?token=s3cr3t-url",
        "https://app.example.com/webhooks",
    ),
    ("http://127.0.0.1:9/token", "https://app.example.com/oauth2/token"),
    ("http://127.0.0.1:9/", "https://app.example.com/webhooks"),
    ("s3cr3t-client", "bm90IGEgcmVhbCBzZWNyZXQ"),
    ("s3cr3t-value", "60"),
    ("鈴木 一郎", "利用者 301"),
];
fn shown(value: Value, things: &[(String, &str)]) -> Value {
    let mut text = value.to_string();
    for (from, to) in SHOWN {
        text = text.replace(from, to);
    }
    for (from, to) in things {
        text = text.replace(from, to);
    }
    let mut value: Value = serde_json::from_str(&text).unwrap();
    for (member, secret) in [
        ("password", "not-a-real-password"),
        ("secret", "whsec_bm90IGEgcmVhbCBzZWNyZXQsIGJ1dCBhcyBsb25nLi4="),
    ] {
        if value.get(member).is_some() {
            value[member] = json!(secret);
        }
    }
    if value.get("url_template").is_some() {
        value["secret"] = json!("bm90IGEgcmVhbCBzZWNyZXQsIGJ1dCBhcyBsb25nLi4");
    }
    value
}

/// What no example shows.
fn is_picture(media_type: &str) -> bool {
    media_type.starts_with("image/") || media_type == "application/pdf"
}

async fn record(world: &World) -> Map<String, Value> {
    let mut examples = Map::new();
    for operation in Operation::all() {
        let id = operation.id.clone();
        if id == "stream_events" {
            let hook = &event_server::openapi_document()["webhooks"]["session.ended"]["post"];
            let event = &hook["requestBody"]["content"]["application/json"]["example"];
            let shown = json!({ "id": event["id"], "event": event["type"], "data": event.to_string() });
            examples.insert(id, json!({ "response": shown }));
            continue;
        }
        let tenant = format!("ten_{id}");
        let scopes = format!("{ALL_SCOPES} tenants:read tenants:write");
        let owner = world.caller(&tenant, &scopes);
        let things = owner.things().await;
        let written =
            json!({ "id": tenant, "name": "みどり管理株式会社", "contact": "ev@midori.example.com" });
        owner.post("/v1/tenants", &written).await.expect(201);
        let mut answer = operation.ask(&owner, &things).await;
        assert!(answer.status.is_success(), "{id}: {}", answer.body);
        match id.as_str() {
            "export_usage" => answer.body = USAGE.into(),
            "list_usage" => {
                answer.body["data"] = json!([{
                    "key": "room-301", "energy_wh": 48_250, "unattributed_wh": 0, "sessions": 9, "cost_yen": 1_495,
                }]);
            }
            _ => {}
        }
        let names = [
            (things.driver.clone(), "room-301"),
            ("driver-1".to_owned(), "room-301"),
            (format!("client-{tenant}"), "cli_01kab3y7kq8w4nd2fv6h9tr5ce"),
            (tenant, "ten_01kab3y7kq8w4nd2fv6h9tr5ce"),
        ];
        let mut example = Map::new();
        if let Some(body) = operation.body(&things) {
            example.insert("request".into(), shown(body, &names));
        }
        let is_picture = is_picture(answer.header("content-type"));
        if !is_picture && answer.body != "" {
            example.insert("response".into(), shown(answer.body, &names));
        }
        examples.insert(id, Value::Object(example));
    }
    examples
}

#[tokio::test]
async fn the_examples_are_recorded_when_asked_for() {
    if std::env::var_os("UPDATE_EXAMPLES").is_none() {
        return;
    }
    let world = World::start_in_sandbox().await;
    let examples = record(&world).await;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../api-spec/examples.json");
    let text = serde_json::to_string_pretty(&examples).unwrap();
    std::fs::write(path, format!("{text}\n")).unwrap();
    world.stop().await;
}

/// Whether the document's schema takes a value.
fn check(document: &Value, schema: &Value, example: &Value, what: &str) {
    let whole = json!({ "allOf": [schema], "components": document["components"] });
    let validator = jsonschema::validator_for(&whole).unwrap();
    let faults: Vec<String> = validator
        .iter_errors(example)
        .map(|fault| format!("{} {fault}", fault.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{what}: {faults:?}");
}

#[test]
fn every_operation_has_examples_of_what_it_takes_and_answers_and_they_are_good() {
    let document = event_server::openapi_document();
    let mut checked = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let what = format!("{method} {path}");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                if let Some(example) = parameter.get("example") {
                    check(&document, &parameter["schema"], example, &what);
                }
            }
            let asked = operation.get("requestBody").map(|body| ("request", body));
            let answered = operation["responses"].as_object().unwrap().iter();
            let answered = answered.map(|(status, response)| (status.as_str(), response));
            for (name, one) in asked.into_iter().chain(answered) {
                for (kind, media) in one["content"].as_object().into_iter().flatten() {
                    let what = format!("{what} {name} {kind}");
                    if is_picture(kind) || what.starts_with("get /readyz 503") {
                        continue;
                    }
                    let named = media["examples"].as_object().into_iter().flatten();
                    let named = named.map(|(code, _)| &document["components"]["examples"][code]["value"]);
                    let examples: Vec<&Value> = media.get("example").into_iter().chain(named).collect();
                    assert!(!examples.is_empty(), "no example of {what}");
                    for example in examples {
                        check(&document, &media["schema"], example, &what);
                    }
                    checked += 1;
                }
            }
        }
    }
    for (name, hook) in document["webhooks"].as_object().unwrap() {
        let media = &hook["post"]["requestBody"]["content"]["application/json"];
        check(&document, &media["schema"], &media["example"], name);
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        if let Some(example) = schema.get("example") {
            check(&document, schema, example, name);
        }
    }
    assert!(checked > 400, "{checked}");
}

#[test]
fn every_error_names_its_problems_and_each_of_them_has_a_page() {
    let document = event_server::openapi_document();
    let page = include_str!("../../../docs/problems.md");
    let mut told = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                let Some(problem) = response["content"].get("application/problem+json") else {
                    let fine = status.starts_with('2') || status == "304" || path == "/readyz";
                    assert!(fine, "{method} {path} {status}");
                    continue;
                };
                let what = format!("{method} {path} {status}");
                let description = response["description"].as_str().unwrap();
                for code in problem["examples"].as_object().unwrap().keys() {
                    let example = &document["components"]["examples"][code]["value"];
                    assert!(
                        description.contains(&format!("`{code}`")),
                        "{what}: {description}"
                    );
                    assert_eq!(example["status"].to_string(), *status, "{what}");
                    assert!(
                        page.contains(&format!("| `{code}` | {status} |")),
                        "{code} is not on the page"
                    );
                }
                told += 1;
            }
        }
    }
    assert!(told > 400, "{told}");
}
