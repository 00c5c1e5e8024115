//! Webhooks: in order, complete, and byte for byte the same when they are repeated.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use system_tests::receiver::{Delivery, Receiver};
use system_tests::world::{DEADLINE, Options, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_was_down_gets_everything_in_order() {
    let world = World::start(Options::default()).await;
    let charge = world.charging(1, json!({"duration_s": 3600})).await;
    world.receiver.go_down();
    world.pass_minutes(4).await;
    world.stop_charge(&charge).await;
    world.until_ended(&charge).await;
    let before = world.receiver.deliveries().len();
    world.receiver.come_up();
    world
        .until_delivered("session.ended", |d| d.event()["type"] == "session.ended")
        .await;
    assert!(world.receiver.deliveries().len() > before);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_refuses_gets_the_same_bytes_again_and_the_outlet_waits_its_turn() {
    let world = World::start(Options::default()).await;
    world.receiver.answer(503);
    let charge = world.start_charge(1, json!({"duration_s": 3600})).await;
    world.until_session_event(&charge, "session.energized").await;
    let tries = |deliveries: &[Delivery]| {
        let mut bodies: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
        for delivery in deliveries
            .iter()
            .filter(|d| d.status == 503 && d.event()["outlet_id"] == charge.outlet_id)
        {
            bodies
                .entry(delivery.id().to_owned())
                .or_default()
                .push(delivery.body.clone());
        }
        bodies
    };
    while tries(&world.receiver.deliveries())
        .values()
        .all(|bodies| bodies.len() < 3)
    {
        world.pass(Duration::from_secs(5)).await;
    }
    let tried = tries(&world.receiver.deliveries());
    assert_eq!(
        tried.len(),
        1,
        "the events of an outlet behind one that is refused wait"
    );
    assert!(
        tried
            .values()
            .all(|bodies| bodies.iter().all(|body| *body == bodies[0]))
    );
    world.receiver.answer(204);
    world
        .until_delivered("energized", |d| {
            d.status == 204 && d.event()["type"] == "session.energized"
        })
        .await;
    world.stop_charge(&charge).await;
    world.until_ended(&charge).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_the_list_and_the_stream_tell_the_same() {
    let world = World::start(Options::default()).await;
    let stream = world.api.request(reqwest::Method::GET, "/v1/events/stream").await;
    let mut stream = stream.send().await.unwrap();
    assert_eq!(stream.status(), 200);
    let charge = world.start_charge(1, json!({"duration_s": 3600})).await;
    world.stop_charge(&charge).await;
    let ended = world.until_ended(&charge).await;
    let mut text = String::new();
    let read = async {
        while !text.contains("session.ended") || !text.ends_with("\n\n") {
            text.push_str(&String::from_utf8_lossy(
                &stream.chunk().await.unwrap().expect("the stream goes on"),
            ));
        }
    };
    tokio::time::timeout(DEADLINE, read)
        .await
        .expect("the end of the charge in the stream");
    let data = text
        .lines()
        .filter_map(|line| line.strip_prefix("data:"))
        .map(str::trim);
    let streamed: Vec<serde_json::Value> = data.map(|line| serde_json::from_str(line).unwrap()).collect();
    let listed = world.events().await;
    for event in &streamed {
        assert!(listed.contains(event), "streamed and not listed: {event}");
    }
    assert!(streamed.iter().any(|event| event["data"]["session"] == ended));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_is_gone_for_a_day_gets_everything_in_order_and_nobody_else_waits() {
    let world = World::start(Options::default()).await;
    let other = Receiver::start().await;
    subscribe(&world, &other).await;
    let charge = world.charging(1, json!({"duration_s": 7200})).await;
    world.receiver.go_down();
    world.pass_minutes(3).await;
    world.stop_charge(&charge).await;
    world.until_ended(&charge).await;
    let has_ended = |all: &[Delivery]| {
        all.iter()
            .any(|d| d.event()["type"] == "session.ended")
            .then_some(())
    };
    other
        .until("the end, while the first receiver is gone", DEADLINE, has_ended)
        .await;
    world.pass(Duration::from_secs(24 * 3600)).await;
    let day = world.until_event("outlet.status", 2, |_| true).await;
    assert!(!day.is_null());
    world.receiver.come_up();
    // Whatever it waits for by its schedule comes within the longest wait.
    world.pass(Duration::from_secs(26 * 3600)).await;
    world
        .until_delivered("session.ended", |d| d.event()["type"] == "session.ended")
        .await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receivers_that_are_wrong_or_slow_or_gone_delay_no_other() {
    let world = World::start(Options::default()).await;
    let mut bad = Vec::new();
    for status in [500, 302, 429, 204, 410] {
        let receiver = Receiver::start().await;
        receiver.answer(status);
        if status == 204 {
            receiver.answer_after(Duration::from_secs(10));
        }
        subscribe(&world, &receiver).await;
        bad.push(receiver);
    }
    let gone = Receiver::start().await;
    gone.go_down();
    subscribe(&world, &gone).await;
    let charge = world.start_charge(1, json!({"duration_s": 3600})).await;
    world.stop_charge(&charge).await;
    world.until_ended(&charge).await;
    // The first deliveries of all of it, before the slow one has answered its first.
    world
        .until_delivered("session.ended", |d| d.event()["type"] == "session.ended")
        .await;
    for receiver in &bad {
        let tried = |all: &[Delivery]| (!all.is_empty()).then_some(());
        receiver.until("an attempt", DEADLINE, tried).await;
    }
    world.finish().await;
}

async fn subscribe(world: &World, receiver: &Receiver) {
    let body = json!({"url": receiver.url(), "types": []});
    let made = world.api.post("/v1/webhook-endpoints", &body).await;
    assert_eq!(made.status, 201, "{:#}", made.body);
}
