//! Limits that are changed while a charge runs, with the real controller: the new ones end it, the server there or not.

use std::time::Duration;

use domain::observation::Position;
use reqwest::Method;
use serde_json::{Value, json};
use system_tests::api::answer;
use system_tests::checker::seconds;
use system_tests::world::{Charge, Options, World};

/// Changes the limits and waits until they hold; answers with the session.
async fn change(world: &World, charge: &Charge, limits: Value) -> Value {
    let path = format!("/v1/sessions/{}", charge.session_id);
    let request = world.api.request(Method::PATCH, &path).await;
    let key = format!("{}-{}", charge.session_id, world.clock.now_us());
    let request = request
        .header("idempotency-key", key)
        .header("if-match", "*")
        .json(&json!({"limits": limits}));
    let answer = answer(request).await.unwrap();
    assert_eq!(answer.status, 202, "{:#}", answer.body);
    world.remember(&answer.body);
    let command_id = answer.body["command"]["id"].as_str().unwrap().to_owned();
    let command = world.until_outcome(&command_id).await;
    assert_eq!(command["state"], "confirmed", "{command:#}");
    world.session(charge).await
}

fn is_closed(world: &World, n: usize) -> bool {
    world.panel.position(World::number(n)) == Position::Closed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_longer_charge_ends_at_its_new_time_after_a_restart_and_with_the_server_gone() {
    let mut world = World::start(Options::default()).await;
    let charge = world.charging(1, json!({"duration_s": 300})).await;
    let session = change(&world, &charge, json!({"duration_s": 1200})).await;
    let until = seconds(&session["limits"]["until"]).unwrap();
    world.stop_server().await;
    world.stop_controller().await;
    world.restart_controller().await;
    world.pass(Duration::from_secs(600)).await;
    assert!(
        is_closed(&world, 1),
        "the first end is past, and the new one ahead"
    );
    let left_s = until - world.clock.now_us() as f64 / 1e6;
    world.pass(Duration::from_secs_f64(left_s + 1.0)).await;
    world
        .until_panel("an open breaker", |panel| {
            (panel.position(World::number(1)) == Position::Open).then_some(())
        })
        .await;
    // The controller has seen it, too.
    world.pass(Duration::ZERO).await;
    world.restart_server().await;
    let session = world.until_ended(&charge).await;
    assert_eq!(session["ended_reason"], "time_limit");
    let late_s = seconds(&session["ended_at"]).unwrap() - until;
    assert!(
        (-2.0..=3.0).contains(&late_s),
        "{late_s} s after its new limit: {session}"
    );
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_of_energy_that_has_been_delivered_already_ends_the_charge_now() {
    let world = World::start(Options::default()).await;
    let charge = world.charging(1, json!({"duration_s": 7200})).await;
    world.pass_minutes(3).await;
    change(&world, &charge, json!({"energy_wh": 10})).await;
    let session = world.until_ended(&charge).await;
    assert_eq!(session["ended_reason"], "energy_limit");
    assert_eq!(session["limits"]["energy_wh"], 10);
    assert!(session["energy_wh"].as_i64().unwrap() > 10, "{session}");
    world.finish().await;
}
