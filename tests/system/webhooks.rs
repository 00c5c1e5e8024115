//! Webhooks: in order, complete, and byte for byte the same when they are repeated.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use system_tests::receiver::Delivery;
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
