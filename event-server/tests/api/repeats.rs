//! Requests that name themselves: done once, and answered alike however often they are repeated.

use reqwest::Method;
use serde_json::json;

use crate::world::{ALL_SCOPES, Answer, Caller, Operation, World};

/// Without a key: what only reckons, what is simulated, and a controller, whose password is told once and kept nowhere.
const NAMELESS: [&str; 5] = [
    "preview_tariff",
    "create_controller",
    "create_simulated_panel",
    "happen_at_outlet",
    "happen_at_panel",
];

/// What was made is found there.
async fn leads_where_the_document_says(operation: &Operation, made: &Answer, owner: &Caller<'_>) {
    let told = operation.answer_header(made.status, "Location");
    let location = made.header("location");
    assert_eq!(told, !location.is_empty(), "{}: {location}", operation.id);
    if told {
        owner.get(location).await.expect(200);
    }
}

#[tokio::test]
async fn whatever_is_posted_twice_under_one_key_is_done_once_and_answered_alike() {
    let world = World::start().await;
    let mut posts = 0;
    for (number, operation) in Operation::all().into_iter().enumerate() {
        if operation.method != Method::POST || operation.is_of_all_tenants() {
            continue;
        }
        let Some(required) = operation.key() else {
            assert!(
                NAMELESS.contains(&operation.id.as_str()),
                "{} takes no key",
                operation.id
            );
            continue;
        };
        let owner = world.caller(&format!("owner-{number}"), ALL_SCOPES);
        let things = owner.things().await;
        let body = operation.body(&things);
        let ask = |key: Option<&'static str>| operation.ask_as(&owner, key, (&things, body.clone()));
        let first = ask(Some("k")).await;
        assert!(first.status.is_success(), "{}: {}", operation.id, first.body);
        assert_eq!(first.header("idempotency-replayed"), "", "{}", operation.id);
        let again = ask(Some("k")).await;
        assert_eq!(again.header("idempotency-replayed"), "true", "{}", operation.id);
        assert_eq!(
            (again.status, &again.body, again.header("location")),
            (first.status, &first.body, first.header("location")),
            "{}",
            operation.id
        );
        assert_eq!(
            again.header("etag"),
            "",
            "{} may have changed since",
            operation.id
        );
        leads_where_the_document_says(&operation, &first, &owner).await;
        ask(Some("two words"))
            .await
            .is_problem(400, "idempotency-key-missing");
        if required {
            ask(None).await.is_problem(400, "idempotency-key-missing");
        }
        let other = world.caller(&format!("other-{number}"), ALL_SCOPES);
        let theirs = other.things().await;
        let theirs = operation.ask_as(&other, Some("k"), (&theirs, operation.body(&theirs)));
        assert_eq!(
            theirs.await.header("idempotency-replayed"),
            "",
            "{}",
            operation.id
        );
        posts += 1;
    }
    assert!(posts > 20, "{posts}");
    world.stop().await;
}

#[tokio::test]
async fn a_key_that_was_used_for_something_else_is_refused() {
    let world = World::start().await;
    let owner = world.owner();
    owner
        .act("/v1/sites", "k", &json!({ "name": "A" }))
        .await
        .expect(201);
    owner
        .act("/v1/sites", "k", &json!({ "name": "B" }))
        .await
        .is_problem(422, "idempotency-key-reused");
    let listed = owner.get("/v1/sites").await.expect(200);
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    world.stop().await;
}
