//! What the server does by itself.

use std::time::Duration;

use serde_json::json;

use crate::world::{Receiver, World, eventually};

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
    assert_eq!(told, ["command.completed", "command.expired", "session.ended"]);
    owner.start_session(&panel.outlets[0], "k2").await.expect(202);
    world.stop().await;
}

#[tokio::test]
async fn a_session_that_its_station_never_stops_is_given_up_and_frees_the_outlet() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let started = owner.start_session(&panel.outlets[0], "k1").await.expect(202);
    let path = format!("/v1/sessions/{}", started["session"]["id"].as_str().unwrap());
    world.sql("UPDATE commands SET completed_at = 1, state = 'confirmed'");
    world.sql("UPDATE sessions SET state = 'charging', energized_at = requested_at");
    world.clock.advance(Duration::from_secs(606));
    eventually(|| async { (owner.get(&path).await.expect(200)["state"] == "stopping").then_some(()) }).await;
    // As if the station had been told twice, in vain, and had been silent about it for ten minutes.
    world.sql(
        "UPDATE commands SET state = 'expired', sent_at = created_at, completed_at = created_at \
         WHERE kind = 'stop_session'",
    );
    world.sql(
        "INSERT INTO commands (id, tenant_id, kind, controller_id, outlet_key, session_id, state, created_at, \
         sent_at, completed_at, expires_at) SELECT 'cmd_again', tenant_id, kind, controller_id, outlet_key, \
         session_id, state, created_at, sent_at, completed_at, expires_at FROM commands WHERE kind = 'stop_session'",
    );
    world.sql("UPDATE sessions SET updated_at = updated_at - 600000000");
    let session = eventually(|| async {
        world.clock.advance(Duration::from_secs(1));
        let session = owner.get(&path).await.expect(200);
        (session["state"] == "ended").then_some(session)
    })
    .await;
    assert_eq!(session["ended_reason"], "other");
    owner.start_session(&panel.outlets[0], "k2").await.expect(202);
    world.stop().await;
}

#[tokio::test]
async fn events_and_completed_deliveries_are_forgotten_after_30_days() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let receiver = Receiver::start().await;
    let body = json!({ "url": receiver.url(), "types": [] });
    let endpoint = owner.post("/v1/webhook-endpoints", &body).await.expect(201);
    owner.start_session(&panel.outlets[0], "k1").await.expect(202);
    world.clock.advance(Duration::from_secs(31));
    let count = async |path: &str| {
        let page = owner.get(path).await.expect(200);
        page["data"].as_array().unwrap().len()
    };
    eventually(|| async { (count("/v1/events").await == 3).then_some(()) }).await;
    let deliveries = format!(
        "/v1/webhook-endpoints/{}/deliveries",
        endpoint["id"].as_str().unwrap()
    );
    eventually(|| async {
        let all = owner.get(&deliveries).await.expect(200)["data"].clone();
        let mut all = all.as_array().unwrap().iter();
        all.all(|delivery| delivery["state"] == "delivered").then_some(())
    })
    .await;
    world.sql("UPDATE events SET appended_at = 1 WHERE seq = 1");
    world.sql("UPDATE deliveries SET completed_at = 1 WHERE event_seq = 1");
    world.clock.advance(Duration::from_secs(3601));
    eventually(|| async { (count("/v1/events").await == 2).then_some(()) }).await;
    assert_eq!(count(&deliveries).await, 2);
    world.sql("UPDATE events SET appended_at = 1");
    world.sql("UPDATE deliveries SET completed_at = 1");
    world.clock.advance(Duration::from_secs(3601));
    eventually(|| async { (count(&deliveries).await == 0).then_some(()) }).await;
    eventually(|| async { (count("/v1/events").await <= 1).then_some(()) }).await;
    let ids = async || {
        let page = owner.get("/v1/events").await.expect(200);
        let events = page["data"].as_array().unwrap().clone();
        let ids = events
            .iter()
            .map(|event| event["id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    let last = ids()
        .await
        .pop()
        .expect("the last event stays: no number is given twice");
    owner.start_session(&panel.outlets[0], "k2").await.expect(202);
    world.clock.advance(Duration::from_secs(31));
    let more = eventually(async || Some(ids().await).filter(|ids| ids.len() > 1)).await;
    assert!(more.iter().all(|id| *id >= last), "{more:?} after {last}");
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
