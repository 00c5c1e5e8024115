//! What the server does by itself.

use std::time::Duration;

use serde_json::json;

use crate::world::{World, eventually};

#[tokio::test]
async fn a_start_that_is_not_delivered_in_time_expires_and_frees_the_outlet() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let started = owner.start_session(&panel.outlets[0], "k1").await.expect(202);
    world.clock.advance(Duration::from_secs(31));
    let path = format!("/v1/sessions/{}", started["session"]["id"].as_str().unwrap());
    let session = eventually(|| async {
        let session = owner.get(&path).await.expect(200);
        (session["state"] == "failed").then_some(session)
    })
    .await;
    assert_eq!(session["ended_reason"], "expired");
    let events = owner.get("/v1/events").await.expect(200);
    let told: Vec<&str> = events["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(told, ["command.completed", "session.ended"]);
    owner.start_session(&panel.outlets[0], "k2").await.expect(202);
    world.stop().await;
}

#[tokio::test]
async fn a_session_past_its_end_is_told_to_stop_once() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let started = owner.start_session(&panel.outlets[0], "k1").await.expect(202);
    let id = started["session"]["id"].as_str().unwrap();
    // As if the controller had energized it and then never ended it.
    world.sql("UPDATE commands SET completed_at = 1, state = 'confirmed'");
    world.sql("UPDATE sessions SET state = 'charging', energized_at = requested_at");
    world.clock.advance(Duration::from_secs(604));
    let path = format!("/v1/sessions/{id}");
    assert_eq!(owner.get(&path).await.expect(200)["state"], "charging");
    world.clock.advance(Duration::from_secs(3));
    eventually(|| async { (owner.get(&path).await.expect(200)["state"] == "stopping").then_some(()) }).await;
    world.clock.advance(Duration::from_secs(62));
    let completed = eventually(|| async {
        let events = owner.get("/v1/events?types=command.completed").await.expect(200);
        let all = events["data"].as_array().unwrap().clone();
        (!all.is_empty()).then_some(all)
    })
    .await;
    assert_eq!(completed.len(), 1);
    assert_eq!(completed[0]["data"]["command"]["kind"], json!("stop_session"));
    world.stop().await;
}
