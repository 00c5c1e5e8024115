//! Deliveries that fail, are parked, looked at, and sent once more.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::webhooks::{deliveries, failed, send_test, subscribe};
use crate::world::{Caller, Received, Receiver, World, eventually};

/// A little more than each wait of the schedule can be.
const WAITS_S: [u64; 11] = [6, 34, 133, 331, 1981, 7921, 19801, 39601, 55441, 79201, 95041];

/// Fails through the whole schedule.
async fn exhaust(world: &World, owner: &Caller<'_>, endpoint: &Value) -> Value {
    for (attempt, wait_s) in (1..).zip(WAITS_S) {
        failed(owner, endpoint, attempt).await;
        world.clock.advance(Duration::from_secs(wait_s));
    }
    failed(owner, endpoint, 12).await
}

async fn shown(owner: &Caller<'_>, endpoint: &Value) -> Value {
    let id = endpoint["id"].as_str().unwrap();
    owner
        .get(&format!("/v1/webhook-endpoints/{id}"))
        .await
        .expect(200)
}

async fn change(owner: &Caller<'_>, endpoint: &Value, body: &Value) -> Value {
    let path = format!("/v1/webhook-endpoints/{}", endpoint["id"].as_str().unwrap());
    owner.patch(&path, body).await.expect(200)
}

fn bodies(received: &[Received]) -> BTreeSet<(&str, &str)> {
    received
        .iter()
        .map(|r| (r.id.as_str(), r.text.as_str()))
        .collect()
}

#[tokio::test]
async fn a_lane_whose_schedule_is_exhausted_is_parked_and_what_follows_says_so() {
    let world = World::start().await;
    let (owner, receiver, watcher) = (world.owner(), Receiver::start().await, Receiver::start().await);
    let endpoint = subscribe(&owner, &receiver, &["session.ended"]).await;
    subscribe(&owner, &watcher, &["endpoint.failing"]).await;
    receiver.answer_next([500; 13]);
    let lost = send_test(&owner, &endpoint).await;
    let last = exhaust(&world, &owner, &endpoint).await;
    assert_eq!(
        (&last["state"], &last["event_id"]),
        (&json!("parked"), &json!(lost))
    );
    let told = watcher.first(1).await[0].event.clone();
    assert_eq!(told["data"]["endpoint_id"], endpoint["id"]);
    assert_eq!(
        (&told["data"]["last_error"], &told["data"]["disabled_reason"]),
        (&json!("answered 500 Internal Server Error"), &Value::Null)
    );
    assert!(!shown(&owner, &endpoint).await["failing_since"].is_null());
    // The next one is marked, in every repeat; once it is delivered nothing is.
    let marked = send_test(&owner, &endpoint).await;
    receiver.first(13).await;
    world.clock.advance(Duration::from_secs(6));
    let received = receiver.first(14).await;
    assert_eq!(bodies(&received[12..]).len(), 1);
    assert_eq!(
        (&received[13].event["id"], &received[13].event["gap"]),
        (&json!(marked), &json!(true))
    );
    eventually(|| async {
        shown(&owner, &endpoint).await["failing_since"]
            .is_null()
            .then_some(())
    })
    .await;
    send_test(&owner, &endpoint).await;
    let received = receiver.first(15).await;
    assert!(received[14].event.get("gap").is_none());
    // What is missing is in the log, unmarked.
    let log = owner.get("/v1/events?types=webhook.test").await.expect(200);
    assert_eq!(log["data"][0]["id"], lost);
    assert!(log["data"][1].get("gap").is_none());
    let path = format!(
        "/v1/webhook-endpoints/{}/deliveries?state=",
        endpoint["id"].as_str().unwrap()
    );
    let parked = owner.get(&format!("{path}parked")).await.expect(200);
    assert_eq!(parked["data"].as_array().unwrap().len(), 1);
    let none = owner.get(&format!("{path}failed")).await.expect(200);
    assert_eq!(none["data"], json!([]));
    world.stop().await;
}

#[tokio::test]
async fn an_endpoint_that_fails_for_120_hours_is_disabled_and_begins_anew_when_it_is_enabled() {
    let world = World::start().await;
    let (owner, receiver, watcher) = (world.owner(), Receiver::start().await, Receiver::start().await);
    let panel = owner.panel(1).await;
    let endpoint = subscribe(&owner, &receiver, &["session.ended"]).await;
    subscribe(&owner, &watcher, &["endpoint.failing"]).await;
    receiver.answer_next([500; 20]);
    send_test(&owner, &endpoint).await;
    exhaust(&world, &owner, &endpoint).await;
    send_test(&owner, &endpoint).await;
    receiver.first(13).await;
    eventually(|| async {
        world.clock.advance(Duration::from_secs(8 * 3600));
        shown(&owner, &endpoint).await["disabled_reason"]
            .as_str()
            .map(str::to_owned)
    })
    .await;
    let told = watcher.first(2).await;
    assert_eq!(
        told[1].event["data"]["disabled_reason"],
        "every attempt has failed for 120 hours"
    );
    // Nothing is sent, and nothing waits, until somebody enables it.
    owner.start_session(&panel.outlets[0], "missed").await.expect(202);
    world.clock.advance(Duration::from_secs(31));
    eventually(|| async {
        let ended = owner.get("/v1/events?types=session.ended").await.expect(200);
        (!ended["data"].as_array().unwrap().is_empty()).then_some(())
    })
    .await;
    let all = deliveries(&owner, &endpoint).await;
    assert!(all.iter().all(|delivery| delivery["state"] != "pending"));
    let before = receiver.received().len();
    receiver.answer_next([]);
    let again = change(&owner, &endpoint, &json!({ "enabled": true })).await;
    assert_eq!(
        (&again["enabled"], &again["failing_since"]),
        (&json!(true), &Value::Null)
    );
    owner.start_session(&panel.outlets[0], "heard").await.expect(202);
    world.clock.advance(Duration::from_secs(31));
    let heard = eventually(|| async {
        let received = receiver.received();
        received[before..]
            .iter()
            .find(|r| r.event["type"] == "session.ended")
            .cloned()
    })
    .await;
    assert_eq!(heard.event["gap"], true);
    world.stop().await;
}

#[tokio::test]
async fn attempts_are_kept_with_what_came_back_and_without_what_is_secret() {
    let world = World::start().await;
    let (owner, receiver) = (world.owner(), Receiver::start().await);
    let endpoint = subscribe(&owner, &receiver, &[]).await;
    receiver.answer_without_end();
    receiver.answer_next([503]);
    let event_id = send_test(&owner, &endpoint).await;
    failed(&owner, &endpoint, 1).await;
    world.clock.advance(Duration::from_secs(6));
    let done = eventually(|| async {
        let first = deliveries(&owner, &endpoint).await.remove(0);
        (first["state"] == "delivered").then_some(first)
    })
    .await;
    let path = format!("/v1/deliveries/{}", done["id"].as_str().unwrap());
    assert_eq!(owner.get(&path).await.expect(200), done);
    let attempts = owner.get(&format!("{path}/attempts")).await.expect(200)["data"].clone();
    let attempts = attempts.as_array().unwrap();
    let seen: Vec<(&Value, &Value)> = attempts.iter().map(|a| (&a["number"], &a["status"])).collect();
    assert_eq!(seen, [(&json!(1), &json!(503)), (&json!(2), &json!(204))]);
    assert_eq!(attempts[0]["error"], "answered 503 Service Unavailable");
    assert_eq!(
        attempts[0]["answer"].as_str().unwrap().len(),
        1024,
        "the rest is not read"
    );
    let headers = attempts[0]["request_headers"].as_object().unwrap();
    assert_eq!(headers["webhook-id"], event_id);
    assert_eq!(headers["webhook-timestamp"], receiver.received()[0].timestamp);
    assert!(!headers.contains_key("webhook-signature") && !headers.contains_key("authorization"));
    world.stop().await;
}

#[tokio::test]
async fn a_receiver_that_is_overloaded_is_left_alone_for_as_long_as_it_says_and_no_other_waits() {
    for status in [429, 502, 503, 504] {
        let world = World::start().await;
        let (owner, receiver, other) = (world.owner(), Receiver::start().await, Receiver::start().await);
        let endpoint = subscribe(&owner, &receiver, &[]).await;
        let well = subscribe(&owner, &other, &["webhook.test"]).await;
        receiver.answer_next([status]);
        receiver.say_retry_after(Some("600"));
        send_test(&owner, &endpoint).await;
        failed(&owner, &endpoint, 1).await;
        let panel = owner.panel(1).await;
        // Another lane of the same endpoint waits as well.
        owner.start_session(&panel.outlets[0], "k").await.expect(202);
        world.clock.advance(Duration::from_secs(500));
        send_test(&owner, &well).await;
        other.first(1).await;
        assert_eq!(receiver.received().len(), 1, "{status}");
        world.clock.advance(Duration::from_secs(110));
        receiver.first(3).await;
        world.stop().await;
    }
}

#[tokio::test]
async fn a_delivery_is_sent_once_more_byte_for_byte() {
    let world = World::start().await;
    let (owner, receiver) = (world.owner(), Receiver::start().await);
    let endpoint = subscribe(&owner, &receiver, &[]).await;
    send_test(&owner, &endpoint).await;
    let first = receiver.first(1).await;
    let id = deliveries(&owner, &endpoint).await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let again = owner
        .post(&format!("/v1/deliveries/{id}/resends"), &json!({}))
        .await
        .expect(201);
    assert_ne!(again["id"], id);
    assert_eq!(again["event_id"], first[0].id);
    assert_eq!(bodies(&receiver.first(2).await).len(), 1);
    owner
        .post("/v1/deliveries/dlv_zzzzzzzzzzzzz/resends", &json!({}))
        .await
        .is_problem(404, "not-found");
    world.stop().await;
}

#[tokio::test]
async fn events_are_replayed_in_order_by_time_type_and_outlet_while_new_ones_go_on() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(2).await;
    for outlet in &panel.outlets {
        owner.start_session(outlet, outlet).await.expect(202);
    }
    world.clock.advance(Duration::from_secs(31));
    let log = eventually(|| async {
        let log = owner.get("/v1/events").await.expect(200)["data"].clone();
        (log.as_array().unwrap().len() == 6).then_some(log)
    })
    .await;
    let receiver = Receiver::start().await;
    let endpoint = subscribe(&owner, &receiver, &["session.ended", "command.completed"]).await;
    let path = format!(
        "/v1/webhook-endpoints/{}/replays",
        endpoint["id"].as_str().unwrap()
    );
    let replay = async |body: Value, count: i64| {
        let before = receiver.received().len();
        let answer = owner.post(&path, &body).await.expect(200);
        assert_eq!(
            answer,
            json!({ "deliveries": count, "next_after": null }),
            "{body}"
        );
        let received = receiver.first(before + usize::try_from(count).unwrap()).await;
        received[before..].to_vec()
    };
    let all = replay(json!({ "since": "2026-01-01T00:00:00Z" }), 4).await;
    for outlet in &panel.outlets {
        let of_outlet = |event: &&Value| event["outlet_id"] == **outlet;
        let heard: Vec<&Value> = all.iter().map(|r| &r.event).filter(of_outlet).collect();
        let logged = log.as_array().unwrap().iter().filter(of_outlet);
        let logged: Vec<&Value> = logged
            .filter(|event| event["type"] != "command.expired")
            .collect();
        assert_eq!(heard, logged);
    }
    let some = json!({ "since": "2026-01-01T00:00:00Z", "types": ["command.expired"], "outlet_id": panel.outlets[1] });
    let one = replay(some, 1).await;
    assert_eq!(one[0].event["outlet_id"], *panel.outlets[1]);
    replay(json!({ "after": log[5]["id"] }), 0).await;
    replay(
        json!({ "since": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z" }),
        0,
    )
    .await;
    world.stop().await;
}

#[tokio::test]
async fn a_replay_says_from_where_and_needs_an_endpoint_that_is_enabled() {
    let world = World::start().await;
    let (owner, receiver) = (world.owner(), Receiver::start().await);
    let endpoint = subscribe(&owner, &receiver, &[]).await;
    let known = send_test(&owner, &endpoint).await;
    let path = format!(
        "/v1/webhook-endpoints/{}/replays",
        endpoint["id"].as_str().unwrap()
    );
    for bad in [
        json!({}),
        json!({ "since": "2026-01-01T00:00:00Z", "after": known }),
        json!({ "after": "nonsense" }),
    ] {
        owner.post(&path, &bad).await.is_problem(422, "invalid-request");
    }
    change(&owner, &endpoint, &json!({ "enabled": false })).await;
    owner
        .post(&path, &json!({ "since": "2026-01-01T00:00:00Z" }))
        .await
        .is_problem(409, "endpoint-disabled");
    world.stop().await;
}

#[tokio::test]
async fn slow_endpoints_hold_up_no_other() {
    let world = World::start().await;
    let (owner, quick) = (world.owner(), Receiver::start().await);
    let panel = owner.panel(8).await;
    let mut slow = Vec::new();
    for _ in 0..10 {
        let receiver = Receiver::start().await;
        receiver.wait_for(usize::MAX);
        subscribe(&owner, &receiver, &[]).await;
        slow.push(receiver);
    }
    subscribe(&owner, &quick, &["session.ended"]).await;
    for outlet in &panel.outlets {
        owner.start_session(outlet, outlet).await.expect(202);
    }
    world.clock.advance(Duration::from_secs(31));
    // All of it, while every other endpoint has answered nothing yet.
    quick.first(8).await;
    for receiver in &slow {
        receiver.first(4).await;
        assert_eq!(
            receiver.received().len(),
            4,
            "as many as an unknown endpoint may hold"
        );
        receiver.wait_for(0);
    }
    world.stop().await;
}
