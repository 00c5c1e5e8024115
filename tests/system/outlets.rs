//! What an outlet tells between its minutes: current rise, a status that was asked for, trips, hands.

use std::time::Duration;

use domain::observation::Position;
use serde_json::{Value, json};
use system_tests::world::{Options, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_current_above_the_threshold_is_told_once_for_each_rise() {
    let options = Options {
        rise_threshold_ma: Some(6_000),
        ..Options::default()
    };
    let world = World::start(options).await;
    let charge = world.charging(1, json!({"duration_s": 3600})).await;
    world.pass_minutes(1).await;
    let rise = world.until_event("outlet.current_rise", 1, |_| true).await;
    let data = &rise["data"];
    assert!(data["current_ma"].as_i64().unwrap() >= 6_000, "{data}");
    assert_eq!(data["threshold_ma"], 6_000);
    assert_eq!(data["session_id"], charge.session_id.as_str());
    world.pass_minutes(2).await;
    world.stop_charge(&charge).await;
    world.until_ended(&charge).await;
    let events = world.events().await;
    assert_eq!(
        system_tests::checker::of_type(&events, "outlet.current_rise").count(),
        1
    );
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_is_told_when_it_is_asked_for_idle_and_charging() {
    let world = World::start(Options::default()).await;
    let command = world.ask_for_status(2).await;
    assert_eq!(world.until_outcome(&command).await["state"], "confirmed");
    let status = world
        .until_event("outlet.status", 2, |data| data["requested"] == true)
        .await;
    assert_eq!(status["data"]["breaker"], "open");
    let charge = world.charging(1, json!({"duration_s": 3600})).await;
    let command = world.ask_for_status(1).await;
    assert_eq!(world.until_outcome(&command).await["state"], "confirmed");
    let status = world
        .until_event("outlet.status", 1, |data| data["requested"] == true)
        .await;
    assert_eq!(
        (status["data"]["breaker"].as_str(), &status["data"]["session_id"]),
        (Some("closed"), &json!(charge.session_id))
    );
    world.stop_charge(&charge).await;
    world.until_ended(&charge).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tripped_breaker_ends_the_charge_locks_the_outlet_and_stays_open_until_it_is_cleared() {
    let world = World::start(Options::default()).await;
    let charge = world.charging(1, json!({"duration_s": 3600})).await;
    world.pass_minutes(2).await;
    world.panel.trip(World::number(1));
    let session = world.until_ended(&charge).await;
    assert_eq!(session["ended_reason"], "tripped");
    let flowed = world.panel.delivered_mwh(World::number(1));
    assert!(
        (session["energy_wh"].as_i64().unwrap() * 1000 - flowed).abs() <= 1000,
        "{flowed} mWh: {session}"
    );
    let fault = world
        .until_event("outlet.fault", 1, |data| data["fault"] == "tripped")
        .await;
    assert_eq!(fault["data"]["cleared"], false);
    world.pass_minutes(3).await;
    assert_eq!(
        world.panel.position(World::number(1)),
        Position::Open,
        "never closed again by itself"
    );
    world.panel.reset_trip(World::number(1));
    world.pass_minutes(1).await;
    let answer = world
        .api
        .post(
            &format!("/v1/outlets/{}/fault-clearings", world.outlet_id(1)),
            &json!({}),
        )
        .await;
    world.remember(&answer.clone().ok());
    let command = answer.body["command"]["id"].as_str().unwrap();
    assert_eq!(world.until_outcome(command).await["state"], "confirmed");
    let again = world.start_charge(1, json!({"duration_s": 600})).await;
    world.until_session_event(&again, "session.energized").await;
    world.stop_charge(&again).await;
    world.until_ended(&again).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_breaker_opened_by_hand_ends_the_charge_and_is_not_closed_against_the_hand() {
    let world = World::start(Options::default()).await;
    let charge = world.charging(1, json!({"duration_s": 3600})).await;
    world.panel.by_hand(World::number(1), Position::Open);
    let session = world.until_ended(&charge).await;
    assert_eq!(session["ended_reason"], "opened_by_hand");
    world.pass_minutes(2).await;
    assert_eq!(world.panel.position(World::number(1)), Position::Open);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_charge_that_a_power_cut_interrupts_is_told_of_and_goes_on() {
    let world = World::start(Options::default()).await;
    let charge = world.charging(1, json!({"duration_s": 72_000})).await;
    world.wire.cut();
    world.clock.advance(Duration::from_secs(5));
    let is_dark = |data: &Value| data["breaker"] == "unknown";
    world.until_event("outlet.status", 1, is_dark).await;
    world.clock.advance(Duration::from_secs(10));
    world.panel.by_hand(World::number(1), Position::Open);
    world.wire.restore();
    let lost = world.until_session_event(&charge, "session.power_lost").await;
    assert_eq!(lost["ended_at"], Value::Null);
    world.until_session_event(&charge, "session.power_resumed").await;
    assert_eq!(world.panel.position(World::number(1)), Position::Closed);
    world.stop_charge(&charge).await;
    let ended = world.until_ended(&charge).await;
    assert_eq!(ended["ended_reason"], "remote");
    world.finish().await;
}
