//! A caller sees and touches only its tenant's objects; others answer as if they did not exist.

use serde_json::json;

use crate::world::{ALL_SCOPES, World};

#[tokio::test]
async fn whatever_is_another_tenants_is_not_found() {
    let world = World::start().await;
    let (owner, stranger) = (world.owner(), world.caller("t2", ALL_SCOPES));
    let panel = owner.panel(1).await;
    let outlet = &panel.outlets[0];
    let started = owner.start_session(outlet, "k1").await.expect(202);
    let endpoint = json!({ "url": "http://127.0.0.1:9/" });
    let endpoint = owner.post("/v1/webhook-endpoints", &endpoint).await.expect(201);
    let (session, command) = (
        started["session"]["id"].as_str().unwrap(),
        started["command"]["id"].as_str().unwrap(),
    );
    let endpoint = endpoint["id"].as_str().unwrap();
    let code = panel.controller["outlets"][0]["public_code"].as_str().unwrap();
    for path in [
        format!("/v1/sites/{}", panel.site_id),
        format!("/v1/controllers/{}", panel.controller["id"].as_str().unwrap()),
        format!("/v1/outlets/{outlet}"),
        format!("/v1/outlet-codes/{code}"),
        format!("/v1/sessions/{session}"),
        format!("/v1/commands/{command}"),
        format!("/v1/webhook-endpoints/{endpoint}"),
        format!("/v1/webhook-endpoints/{endpoint}/deliveries"),
    ] {
        owner.get(&path).await.expect(200);
        stranger.get(&path).await.is_problem(404, "not-found");
    }
    for path in [
        format!("/v1/sessions/{session}/stop"),
        format!("/v1/outlets/{outlet}/status-requests"),
        format!("/v1/outlets/{outlet}/fault-clearings"),
        format!("/v1/webhook-endpoints/{endpoint}/test"),
    ] {
        stranger
            .act(&path, &path, &json!({}))
            .await
            .is_problem(404, "not-found");
    }
    stranger
        .start_session(outlet, "s")
        .await
        .is_problem(404, "not-found");
    let path = format!("/v1/webhook-endpoints/{endpoint}");
    stranger.delete(&path).await.is_problem(404, "not-found");
    let path = format!("/v1/outlets/{outlet}");
    let patched = stranger.patch(&path, &json!({ "name": "mine" })).await;
    patched.is_problem(404, "not-found");
    let foreign_site = json!({ "site_id": panel.site_id, "name": "x", "outlets": [{ "name": "1" }] });
    stranger
        .post("/v1/controllers", &foreign_site)
        .await
        .is_problem(422, "invalid-request");
    world.stop().await;
}

#[tokio::test]
async fn what_was_sent_and_how_is_nobody_elses_business() {
    let world = World::start().await;
    let (owner, stranger) = (world.owner(), world.caller("t2", ALL_SCOPES));
    let endpoint = json!({ "url": "http://127.0.0.1:9/" });
    let endpoint = owner.post("/v1/webhook-endpoints", &endpoint).await.expect(201);
    let path = format!("/v1/webhook-endpoints/{}", endpoint["id"].as_str().unwrap());
    owner.post(&format!("{path}/test"), &json!({})).await.expect(201);
    let all = owner.get(&format!("{path}/deliveries")).await.expect(200);
    let delivery = format!("/v1/deliveries/{}", all["data"][0]["id"].as_str().unwrap());
    for path in [delivery.clone(), format!("{delivery}/attempts")] {
        owner.get(&path).await.expect(200);
        stranger.get(&path).await.is_problem(404, "not-found");
    }
    let nothing = json!({});
    for (path, body) in [
        (format!("{delivery}/resends"), &nothing),
        (format!("{path}/secret-rotations"), &nothing),
        (
            format!("{path}/replays"),
            &json!({ "since": "2026-01-01T00:00:00Z" }),
        ),
    ] {
        stranger.post(&path, body).await.is_problem(404, "not-found");
    }
    let patched = stranger.patch(&path, &json!({ "enabled": false })).await;
    patched.is_problem(404, "not-found");
    world.stop().await;
}

#[tokio::test]
async fn lists_hold_the_callers_own_alone() {
    let world = World::start().await;
    let (owner, stranger) = (world.owner(), world.caller("t2", ALL_SCOPES));
    let panel = owner.panel(2).await;
    owner.start_session(&panel.outlets[0], "k1").await.expect(202);
    world.clock.advance(std::time::Duration::from_secs(31));
    crate::world::eventually(|| async {
        let events = owner.get("/v1/events").await.expect(200);
        events["data"].get(0).cloned()
    })
    .await;
    let site_filter = format!("/v1/outlets?site_id={}", panel.site_id);
    for path in [
        "/v1/sites",
        "/v1/controllers",
        "/v1/outlets",
        "/v1/sessions",
        "/v1/events",
        &site_filter,
    ] {
        let seen = stranger.get(path).await.expect(200);
        assert_eq!(seen["data"], json!([]), "{path}");
    }
    world.stop().await;
}

#[tokio::test]
async fn one_key_of_two_clients_names_two_requests() {
    let world = World::start().await;
    let (owner, other) = (world.owner(), world.caller("t2", ALL_SCOPES));
    let (mine, theirs) = (owner.panel(1).await, other.panel(1).await);
    let one = owner.start_session(&mine.outlets[0], "k").await.expect(202);
    let two = other.start_session(&theirs.outlets[0], "k").await.expect(202);
    assert_ne!(one["session"]["id"], two["session"]["id"]);
    world.stop().await;
}
