//! The committed API document is the one that the server shows. `UPDATE_OPENAPI=1` rewrites it.

use std::path::Path;

use crate::world::{World, answer};

#[test]
fn the_committed_documents_are_current() {
    for (name, document) in [
        ("openapi.json", event_server::openapi_document()),
        ("asyncapi.json", event_server::asyncapi_document()),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../api-spec")
            .join(name);
        let text = format!("{}\n", serde_json::to_string_pretty(&document).unwrap());
        if std::env::var_os("UPDATE_OPENAPI").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == text,
            "{name}: run UPDATE_OPENAPI=1 cargo test -p event-server the_committed_document"
        );
    }
}

#[test]
fn every_operation_says_what_it_does_and_what_it_answers() {
    let document = event_server::openapi_document();
    assert_eq!(document["openapi"], "3.1.0");
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let what = format!("{method} {path}");
            assert!(
                !operation["summary"].as_str().unwrap_or_default().is_empty(),
                "{what}"
            );
            assert!(!operation["tags"].as_array().unwrap().is_empty(), "{what}");
            for (status, response) in operation["responses"].as_object().unwrap() {
                assert!(
                    !response["description"].as_str().unwrap_or_default().is_empty(),
                    "{what} {status}"
                );
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(parameter["description"].is_string(), "{what}: {parameter}");
                let named = parameter["in"] == "path";
                assert!(!named || parameter["example"].is_string(), "{what}: {parameter}");
            }
            let tag = &operation["tags"][0];
            let told = document["tags"].as_array().unwrap().iter();
            assert!(told.clone().any(|known| known["name"] == *tag), "{what}: {tag}");
            let of_all = operation["responses"].get("429").is_some();
            assert_ne!(of_all, ["/livez", "/readyz"].contains(&path.as_str()), "{what}");
            let open = ["/livez", "/readyz"].contains(&path.as_str());
            assert_eq!(operation.get("security").is_none(), open, "{what}");
            assert_eq!(operation["responses"].get("401").is_none(), open, "{what}");
        }
    }
}

#[test]
fn every_type_of_event_has_its_webhook_and_every_reference_leads_somewhere() {
    let document = event_server::openapi_document();
    for kind in api_spec::webhook::EventType::ALL {
        assert!(
            document["webhooks"][kind.name()]["post"].is_object(),
            "{}",
            kind.name()
        );
    }
    for kind in api_spec::webhook::EventType::ALL {
        let example = &document["webhooks"][kind.name()]["post"]["requestBody"]["content"]["application/json"]
            ["example"];
        assert_eq!(example["type"], kind.name());
    }
    let asynchronous = event_server::asyncapi_document();
    assert_eq!(
        asynchronous["components"]["messages"].as_object().unwrap().len(),
        api_spec::webhook::EventType::ALL.len()
    );
    for document in [&document, &asynchronous] {
        every_reference_leads_somewhere(document);
    }
}

fn every_reference_leads_somewhere(document: &serde_json::Value) {
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}

#[tokio::test]
async fn every_operation_is_served_and_guarded() {
    let world = World::start().await;
    let mut document = answer(world.http.get(world.url("/openapi.json")))
        .await
        .expect(200);
    let token_url = document
        .pointer_mut("/components/securitySchemes/oauth2/flows/clientCredentials/tokenUrl")
        .unwrap();
    assert_eq!(*token_url, format!("{}/oauth2/token", world.issuer.url()));
    *token_url = "/oauth2/token".into();
    assert_eq!(document, event_server::openapi_document());
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let url = world.url(&path.replace("{id}", "x").replace("{code}", "x"));
            let method = method.to_uppercase().parse().unwrap();
            let answer = answer(world.http.request(method, url)).await;
            let expected = if operation.get("security").is_none() {
                200
            } else {
                401
            };
            assert_eq!(answer.status.as_u16(), expected, "{path}");
        }
    }
    world.stop().await;
}
