//! Webhooks, at a real receiver.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::world::{Caller, Received, Receiver, World, eventually};

pub(crate) async fn subscribe(caller: &Caller<'_>, receiver: &Receiver, types: &[&str]) -> Value {
    let body = json!({ "url": receiver.url(), "types": types });
    caller.post("/v1/webhook-endpoints", &body).await.expect(201)
}

pub(crate) async fn deliveries(caller: &Caller<'_>, endpoint: &Value) -> Vec<Value> {
    let path = format!(
        "/v1/webhook-endpoints/{}/deliveries",
        endpoint["id"].as_str().unwrap()
    );
    caller.get(&path).await.expect(200)["data"]
        .as_array()
        .unwrap()
        .clone()
}

pub(crate) async fn send_test(caller: &Caller<'_>, endpoint: &Value) -> String {
    let path = format!("/v1/webhook-endpoints/{}/test", endpoint["id"].as_str().unwrap());
    let sent = caller.post(&path, &json!({})).await.expect(201);
    sent["event_id"].as_str().unwrap().to_owned()
}

/// Whether one of the signatures is of this secret.
pub(crate) fn is_signed(received: &Received, secret: &str) -> bool {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let signed = format!("{}.{}.{}", received.id, received.timestamp, received.text);
    let mut signatures = received.signature.split(' ').map(|signature| {
        let signature = signature.strip_prefix("v1,").unwrap();
        STANDARD.decode(signature).unwrap()
    });
    signatures.any(|signature| hmac::verify(&key, signed.as_bytes(), &signature).is_ok())
}

/// Waits until the delivery has failed `count` times.
pub(crate) async fn failed(caller: &Caller<'_>, endpoint: &Value, count: i64) -> Value {
    eventually(|| async {
        let all = deliveries(caller, endpoint).await;
        let last = all.last().cloned().unwrap_or_default();
        (last["attempts"] == count).then_some(last)
    })
    .await
}

#[tokio::test]
async fn a_delivery_is_signed_and_is_the_event_itself() {
    let world = World::start().await;
    let (owner, receiver) = (world.owner(), Receiver::start().await);
    let endpoint = subscribe(&owner, &receiver, &["session.ended"]).await;
    let id = send_test(&owner, &endpoint).await;
    let received = receiver.first(1).await;
    assert!(is_signed(&received[0], endpoint["secret"].as_str().unwrap()));
    assert_eq!(
        (received[0].id.as_str(), &received[0].event["id"]),
        (id.as_str(), &json!(id))
    );
    let logged = owner.get("/v1/events").await.expect(200);
    assert_eq!(logged["data"][0], received[0].event);
    let done = eventually(|| async {
        let all = deliveries(&owner, &endpoint).await;
        (all[0]["state"] == "delivered").then(|| all[0].clone())
    })
    .await;
    assert_eq!(
        (&done["attempts"], &done["last_status"], &done["event_id"]),
        (&json!(1), &json!(204), &json!(id))
    );
    let shown = owner
        .get(&format!(
            "/v1/webhook-endpoints/{}",
            endpoint["id"].as_str().unwrap()
        ))
        .await
        .expect(200);
    assert!(shown.get("secret").is_none());
    world.stop().await;
}

#[tokio::test]
async fn a_failing_delivery_is_repeated_by_the_schedule_with_the_same_id_and_body() {
    let world = World::start().await;
    let (owner, receiver) = (world.owner(), Receiver::start().await);
    let endpoint = subscribe(&owner, &receiver, &[]).await;
    receiver.answer_next([500, 302]);
    send_test(&owner, &endpoint).await;
    let first = failed(&owner, &endpoint, 1).await;
    assert_eq!(
        (&first["state"], &first["last_status"]),
        (&json!("pending"), &json!(500))
    );
    world.clock.advance(Duration::from_secs(6));
    failed(&owner, &endpoint, 2).await;
    world.clock.advance(Duration::from_secs(34));
    let received = receiver.first(3).await;
    let same: BTreeSet<(&str, &str)> = received
        .iter()
        .map(|r| (r.id.as_str(), r.text.as_str()))
        .collect();
    assert_eq!(same.len(), 1);
    let stamps: BTreeSet<&str> = received.iter().map(|r| r.timestamp.as_str()).collect();
    assert_eq!(stamps.len(), 3);
    world.stop().await;
}

#[tokio::test]
async fn a_lane_keeps_its_order_through_failures_while_other_lanes_go_on() {
    let world = World::start().await;
    let (owner, receiver) = (world.owner(), Receiver::start().await);
    let panel = owner.panel(2).await;
    subscribe(&owner, &receiver, &["command.completed", "session.ended"]).await;
    receiver.answer_next([503]);
    owner.start_session(&panel.outlets[0], "a").await.expect(202);
    world.clock.advance(Duration::from_secs(31));
    receiver.first(1).await;
    owner.start_session(&panel.outlets[1], "b").await.expect(202);
    // One step short of the first lane's retry.
    world.sql("UPDATE commands SET expires_at = 0 WHERE completed_at IS NULL");
    let received = receiver.first(3).await;
    assert!(
        received[1..3]
            .iter()
            .all(|r| r.event["outlet_id"] == *panel.outlets[1])
    );
    world.clock.advance(Duration::from_secs(6));
    let received = receiver.first(5).await;
    for outlet in &panel.outlets {
        let own = received.iter().filter(|r| r.event["outlet_id"] == **outlet);
        let mut sequence: Vec<i64> = own.map(|r| r.event["sequence"].as_i64().unwrap()).collect();
        sequence.dedup();
        assert_eq!(sequence, [1, 3]);
    }
    world.stop().await;
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_sent_nothing_more() {
    let world = World::start().await;
    let (owner, receiver) = (world.owner(), Receiver::start().await);
    let endpoint = subscribe(&owner, &receiver, &[]).await;
    receiver.answer_next([410]);
    send_test(&owner, &endpoint).await;
    let path = format!("/v1/webhook-endpoints/{}", endpoint["id"].as_str().unwrap());
    eventually(|| async {
        let shown = owner.get(&path).await.expect(200);
        shown["disabled_reason"].as_str().map(str::to_owned)
    })
    .await;
    owner
        .post(&format!("{path}/test"), &json!({}))
        .await
        .is_problem(409, "endpoint-disabled");
    assert_eq!(deliveries(&owner, &endpoint).await[0]["state"], "failed");
    world.stop().await;
}

#[tokio::test]
async fn a_deleted_endpoint_hears_nothing() {
    let world = World::start().await;
    let (owner, receiver, other) = (world.owner(), Receiver::start().await, Receiver::start().await);
    let panel = owner.panel(1).await;
    let endpoint = subscribe(&owner, &receiver, &[]).await;
    subscribe(&owner, &other, &["session.ended"]).await;
    let path = format!("/v1/webhook-endpoints/{}", endpoint["id"].as_str().unwrap());
    assert_eq!(owner.delete(&path).await.status, 204);
    owner.get(&path).await.is_problem(404, "not-found");
    owner.start_session(&panel.outlets[0], "k").await.expect(202);
    world.clock.advance(Duration::from_secs(31));
    let heard = other.first(1).await;
    assert_eq!(heard[0].event["type"], "session.ended");
    assert!(receiver.received().is_empty());
    world.stop().await;
}

#[tokio::test]
async fn private_addresses_and_clear_text_are_refused_unless_allowed() {
    let world = World::start_with(|config| {
        config.webhooks.allow_http = false;
        config.webhooks.allow_private_addresses = false;
    })
    .await;
    let owner = world.owner();
    for url in [
        "http://app.example.com/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://10.0.0.1/",
        "nonsense",
    ] {
        let refused = owner.post("/v1/webhook-endpoints", &json!({ "url": url })).await;
        refused.is_problem(422, "invalid-request");
        assert_eq!(refused.body["errors"][0]["pointer"], "/url");
    }
    // A name is checked when it is resolved.
    let inside = json!({ "url": "https://localhost/" });
    let endpoint = owner.post("/v1/webhook-endpoints", &inside).await.expect(201);
    send_test(&owner, &endpoint).await;
    let failed = failed(&owner, &endpoint, 1).await;
    let told = failed["last_error"].as_str().unwrap();
    assert!(told.starts_with("leads to a private address"), "{told}");
    world.stop().await;
}

#[tokio::test]
async fn a_tenant_has_so_many_endpoints_and_no_more() {
    let world = World::start().await;
    let owner = world.owner();
    let receiver = Receiver::start().await;
    for _ in 0..20 {
        subscribe(&owner, &receiver, &[]).await;
    }
    let body = json!({ "url": receiver.url(), "types": [] });
    let refused = owner.post("/v1/webhook-endpoints", &body).await;
    refused.is_problem(409, "too-many-endpoints");
    subscribe(&world.caller("t2", crate::world::ALL_SCOPES), &receiver, &[]).await;
    world.stop().await;
}
