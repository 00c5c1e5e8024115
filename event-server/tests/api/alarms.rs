//! Alarms by the API: listed, acknowledged by whoever asks, and those of controllers that nobody hears of any more.

use std::time::Duration;

use serde_json::{Value, json};

use crate::world::{Answer, Caller, World, eventually};

fn state(alarm: &Value) -> &str {
    alarm["state"].as_str().unwrap()
}

async fn list(owner: &Caller<'_>, query: &str) -> Vec<Value> {
    let page = owner.get(&format!("/v1/alarms?{query}")).await.expect(200);
    page["data"].as_array().unwrap().clone()
}

async fn acknowledge(owner: &Caller<'_>, id: &str, key: &str, body: &Value) -> Answer {
    let path = format!("/v1/alarms/{id}/acknowledgement");
    owner.act(&path, key, body).await
}

/// The types of the events about alarms, in order.
async fn told(owner: &Caller<'_>) -> Vec<String> {
    let events = owner.get("/v1/events?limit=200").await.expect(200);
    let types = events["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["type"].as_str().unwrap().to_owned());
    types.filter(|kind| kind.starts_with("alarm.")).collect()
}

#[tokio::test]
async fn an_alarm_is_acknowledged_once_by_whoever_was_first_and_stays_until_it_closes() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    world.alarm("alm_1", &panel.outlets[0]);
    let open = list(&owner, "state=open").await;
    assert_eq!(
        (&open[0]["kind"], &open[0]["cause"], &open[0]["outlet_id"]),
        (
            &json!("outlet.fault"),
            &json!("tripped"),
            &json!(panel.outlets[0])
        )
    );
    let note = json!({ "note": "電気工事士に連絡しました" });
    let seen = acknowledge(&owner, "alm_1", "k1", &note).await.expect(200);
    assert_eq!((state(&seen), &seen["note"]), ("acknowledged", &note["note"]));
    assert!(seen["acknowledged_by"].as_str().unwrap().starts_with("client-"));
    assert_eq!(owner.get("/v1/alarms/alm_1").await.expect(200), seen);
    let later = json!({ "note": "another" });
    let again = acknowledge(&owner, "alm_1", "k2", &later).await.expect(200);
    assert_eq!(again, seen, "whoever was first stays so");
    assert_eq!(told(&owner).await, ["alarm.acknowledged"]);
    assert!(list(&owner, "state=open").await.is_empty());
    let here = format!("state=acknowledged&site_id={}", panel.site_id);
    assert_eq!(list(&owner, &here).await, [seen]);
    let elsewhere = list(&owner, "site_id=sit_x").await;
    assert!(elsewhere.is_empty());
    acknowledge(&owner, "alm_1", "k3", &json!({ "note": "" }))
        .await
        .is_problem(422, "invalid-request");
    acknowledge(&owner, "alm_x", "k4", &json!({}))
        .await
        .is_problem(404, "not-found");
    world.stop().await;
}

#[tokio::test]
async fn a_problem_whose_end_is_never_told_closes_with_its_acknowledgement() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    for (id, cause) in [("alm_1", "journal_thinned"), ("alm_2", "disk_failed")] {
        world.alarm(id, &panel.outlets[0]);
        world.sql(&format!(
            "UPDATE alarms SET kind = 'controller.problem', cause = '{cause}', outlet_key = NULL WHERE id = '{id}'"
        ));
    }
    let ended = acknowledge(&owner, "alm_1", "k1", &json!({})).await.expect(200);
    let stands = acknowledge(&owner, "alm_2", "k2", &json!({})).await.expect(200);
    assert_eq!((state(&ended), state(&stands)), ("closed", "acknowledged"));
    assert_eq!(
        told(&owner).await,
        ["alarm.acknowledged", "alarm.closed", "alarm.acknowledged"]
    );
    assert_eq!(list(&owner, "state=closed").await, [ended]);
    world.stop().await;
}

#[tokio::test]
async fn a_controller_that_stays_away_is_an_alarm_after_five_minutes_and_one_alone() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let gone_us = world.clock.now_us();
    world.sql(&format!(
        "UPDATE controllers SET online = (1 = 0), online_changed_at = {gone_us}"
    ));
    // Long enough for the job to have run meanwhile: what it does with time is its answer to `advance`.
    world.clock.advance(Duration::from_secs(290));
    owner
        .start_session(&panel.outlets[0], "k")
        .await
        .is_problem(409, "controller-offline");
    assert!(list(&owner, "").await.is_empty());
    world.clock.advance(Duration::from_secs(11));
    let alarm = eventually(|| async { list(&owner, "state=open").await.pop() }).await;
    assert_eq!(
        (&alarm["kind"], &alarm["controller_id"], &alarm["outlet_id"]),
        (
            &json!("controller.offline"),
            &panel.controller["id"],
            &Value::Null
        )
    );
    world.clock.advance(Duration::from_secs(600));
    owner.get("/v1/meta").await.expect(200);
    assert_eq!(list(&owner, "").await.len(), 1);
    assert_eq!(told(&owner).await, ["alarm.opened"]);
    world.stop().await;
}

#[tokio::test]
async fn an_outlet_that_is_on_a_minute_past_its_end_and_the_stop_in_vain_are_alarms() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let started = owner.start_session(&panel.outlets[0], "k").await.expect(202);
    world.sql("UPDATE commands SET completed_at = 1, state = 'confirmed'");
    world.sql("UPDATE sessions SET state = 'charging', energized_at = requested_at");
    world.sql("UPDATE outlet_current SET breaker = 'closed'");
    let path = format!("/v1/sessions/{}", started["session"]["id"].as_str().unwrap());
    world.clock.advance(Duration::from_secs(606));
    eventually(|| async { (owner.get(&path).await.expect(200)["state"] == "stopping").then_some(()) }).await;
    assert!(list(&owner, "").await.is_empty());
    world.clock.advance(Duration::from_secs(60));
    let both = eventually(|| async {
        let open = list(&owner, "state=open").await;
        (open.len() == 2).then_some(open)
    });
    let both = both.await;
    let mut kinds: Vec<&str> = both.iter().map(|alarm| alarm["kind"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["outlet.on_past_end", "stop.not_confirmed"]);
    for alarm in &both {
        assert_eq!(
            (&alarm["severity"], &alarm["session_id"]),
            (&json!("critical"), &started["session"]["id"])
        );
    }
    world.stop().await;
}
