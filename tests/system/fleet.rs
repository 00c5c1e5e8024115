//! A controller that is started anew by the API, and an outlet that is taken out of use, with the real programs.

use serde_json::{Value, json};
use system_tests::world::{Options, World};

async fn ask(world: &World, path: &str, body: Value) -> String {
    let answer = world.api.post(path, &body).await;
    assert_eq!(answer.status, 202, "{:#}", answer.body);
    world.remember(&answer.body);
    answer.body["command"]["id"].as_str().unwrap().to_owned()
}

/// A controller that comes in may tell the same of a moment ago.
async fn until_told_last(world: &World, cleared: bool) {
    let outlet_id = world.outlet_id(1);
    let of_outlet = |event: &&Value| event["type"] == "outlet.fault" && event["outlet_id"] == outlet_id;
    world
        .until("whether the outlet is in use", |events| {
            let told = &events.iter().rfind(of_outlet)?["data"];
            (told["fault"] == "unavailable" && told["cleared"] == cleared).then_some(())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_ends_the_charge_and_is_confirmed_when_the_controller_is_back() {
    let mut world = World::start(Options::default()).await;
    let charge = world.charging(1, json!({"duration_s": 7200})).await;
    world.pass_minutes(2).await;
    let path = format!("/v1/controllers/{}/reset-requests", world.controller_id);
    let command_id = ask(&world, &path, json!({"when": "immediate"})).await;
    world.until_online(false).await;
    world.stop_controller().await;
    world.restart_controller().await;
    world.until_online(true).await;
    assert_eq!(world.until_outcome(&command_id).await["state"], "confirmed");
    let session = world.until_ended(&charge).await;
    assert_eq!(session["ended_reason"], "reset");
    assert!(session["energy_wh"].as_i64().unwrap() > 0, "{session}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outlet_out_of_use_takes_no_start_until_it_is_back() {
    let world = World::start(Options::default()).await;
    let path = format!("/v1/outlets/{}/availability-changes", world.outlet_id(1));
    let off = ask(&world, &path, json!({"available": false})).await;
    assert_eq!(world.until_outcome(&off).await["state"], "confirmed");
    until_told_last(&world, false).await;
    let refused = world.try_start(1, json!({})).await;
    assert_eq!(refused.problem(), (409, "outlet-disabled"));
    ask(&world, &path, json!({"available": true})).await;
    until_told_last(&world, true).await;
    let charge = world.start_charge(1, json!({})).await;
    world.until_session_event(&charge, "session.energized").await;
    world.stop_charge(&charge).await;
    world.until_ended(&charge).await;
    world.finish().await;
}
