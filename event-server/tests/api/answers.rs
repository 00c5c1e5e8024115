//! What every answer has in common.

use reqwest::Method;
use serde_json::json;

use crate::world::{World, answer};

#[tokio::test]
async fn faults_in_bodies_are_told_with_their_place() {
    let world = World::start().await;
    let owner = world.owner();
    let post = |body: &'static str| {
        let request = owner
            .request(Method::POST, "/v1/sites")
            .header("content-type", "application/json");
        answer(request.body(body))
    };
    let malformed = post("{\"name\": \"x\",\n oops}").await;
    malformed.is_problem(400, "malformed-json");
    assert!(
        malformed.body["detail"]
            .as_str()
            .unwrap()
            .starts_with("line 2, column 2"),
        "{}",
        malformed.body
    );
    for (body, pointer) in [
        ("{\"name\": 1}", "/name"),
        ("{}", "/name"),
        ("{\"name\": \"x\", \"colour\": 1}", "/colour"),
        ("{\"name\": \"\"}", "/name"),
        ("{\"name\": \"x\", \"time_zone\": \"Mars\"}", "/time_zone"),
    ] {
        let wrong = post(body).await;
        wrong.is_problem(422, "invalid-request");
        assert_eq!(wrong.body["errors"][0]["pointer"], pointer, "{}", wrong.body);
    }
    let bare = answer(owner.request(Method::POST, "/v1/sites").body("{}")).await;
    bare.is_problem(415, "unsupported-media-type");
    let big = answer(
        owner
            .request(Method::POST, "/v1/sites")
            .json(&json!({ "name": "x".repeat(70_000) })),
    )
    .await;
    big.is_problem(413, "body-too-large");
    world.stop().await;
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems_too() {
    let world = World::start().await;
    let owner = world.owner();
    owner.get("/v1/nothing").await.is_problem(404, "not-found");
    owner
        .get("/v1/sites/sit_unknown")
        .await
        .is_problem(404, "not-found");
    let put = answer(owner.request(Method::PUT, "/v1/sites")).await;
    put.is_problem(405, "method-not-allowed");
    assert_eq!(put.header("allow"), "GET, POST");
    owner
        .get("/v1/sites?limit=0")
        .await
        .is_problem(400, "invalid-query");
    for (query, detail) in [
        ("limit=x", "limit: expected a whole number"),
        ("limit=1&limit=2", "limit: is there twice"),
        ("available=perhaps", "available: expected true or false"),
    ] {
        let refused = owner.get(&format!("/v1/sites?{query}")).await;
        refused.is_problem(400, "invalid-query");
        assert_eq!(refused.body["detail"], detail);
    }
    let missing = owner.get("/v1/exports/sessions.csv?from=2026-11-01").await;
    assert_eq!(missing.body["detail"], "to: is missing");
    owner
        .get("/v1/sites?limt=1")
        .await
        .is_problem(400, "invalid-query");
    owner
        .get("/v1/sites?cursor=%21")
        .await
        .is_problem(400, "invalid-query");
    world.stop().await;
}

#[tokio::test]
async fn titles_speak_the_callers_language() {
    let world = World::start().await;
    for (language, title) in [("ja-JP", "見つかりません"), ("fr", "Not found")] {
        let request = world
            .owner()
            .request(Method::GET, "/v1/nothing")
            .header("accept-language", language);
        assert_eq!(answer(request).await.body["title"], title);
    }
    world.stop().await;
}

#[tokio::test]
async fn an_unchanged_resource_is_not_sent_again() {
    let world = World::start().await;
    let owner = world.owner();
    let site = owner.post("/v1/sites", &json!({ "name": "A" })).await.expect(201);
    let path = format!("/v1/sites/{}", site["id"].as_str().unwrap());
    let first = owner.get(&path).await;
    let again = owner
        .request(Method::GET, &path)
        .header("if-none-match", first.header("etag"));
    assert_eq!(answer(again).await.status, 304);
    let other = owner
        .request(Method::GET, &path)
        .header("if-none-match", "\"other\"");
    assert_eq!(answer(other).await.status, 200);
    world.stop().await;
}

#[tokio::test]
async fn who_acts_too_often_is_told_to_wait() {
    let one = std::num::NonZeroU32::MIN;
    let world = World::start_with(|config| {
        config.limits.acting_per_second = one;
        config.limits.acting_burst = one;
    })
    .await;
    let owner = world.owner();
    let first = owner.act("/v1/sessions/ses_x/stop", "k1", &json!({})).await;
    first.is_problem(404, "not-found");
    let mut last = owner.act("/v1/sessions/ses_x/stop", "k2", &json!({})).await;
    for n in 3..20 {
        if last.status == 429 {
            break;
        }
        last = owner
            .act("/v1/sessions/ses_x/stop", &format!("k{n}"), &json!({}))
            .await;
    }
    last.is_problem(429, "too-many-requests");
    assert!(last.header("retry-after").parse::<u64>().unwrap() >= 1);
    owner.get("/v1/sites").await.expect(200);
    world.stop().await;
}

#[tokio::test]
async fn control_characters_are_refused_wherever_they_come() {
    let world = World::start().await;
    let owner = world.owner();
    let body = json!({ "name": "a\u{0}b" });
    owner
        .post("/v1/sites", &body)
        .await
        .is_problem(422, "invalid-request");
    owner.get("/v1/sites/a%00").await.is_problem(404, "not-found");
    // U+0085 is a control character, U+00A5 is none.
    let site = owner.post("/v1/sites", &json!({ "name": "A" })).await.expect(201);
    let consent = json!({ "site_id": site["id"], "text_version": "v" });
    let path = |driver: &str| format!("/v1/drivers/{driver}/consents");
    let refused = owner.post(&path("a%C2%85"), &consent).await;
    refused.is_problem(404, "not-found");
    owner.post(&path("a%C2%A5"), &consent).await.expect(201);
    owner
        .get("/v1/sites?cursor=%c2%9f")
        .await
        .is_problem(400, "invalid-query");
    owner
        .get("/v1/sites?cursor=%00")
        .await
        .is_problem(400, "invalid-query");
    world.stop().await;
}

#[tokio::test]
async fn a_driver_id_has_sixty_four_characters_at_most() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let start = |driver_id: String| json!({ "outlet_id": panel.outlets[0], "driver_id": driver_id });
    let refused = owner.act("/v1/sessions", "k1", &start("d".repeat(65))).await;
    assert_eq!(refused.body["errors"][0]["pointer"], "/driver_id");
    refused.is_problem(422, "invalid-request");
    owner
        .act("/v1/sessions", "k2", &start("d".repeat(64)))
        .await
        .expect(202);
    world.stop().await;
}
