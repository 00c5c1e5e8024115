//! Programs are killed with -9 in the middle of a charge and started again. Cars charge 600 times faster here.

use denro::simulator::What;
use serde_json::{Value, json};
use system_tests::world::{Options, World};

/// The register moves by 0.5 Wh in a millisecond at this speed; between the last look and the opening lie a few.
fn assert_billed_about(world: &World, session: &Value) {
    let (billed, flowed) = (
        session["energy_wh"].as_i64().unwrap(),
        world.panel.delivered_mwh(World::number(1)) / 1000,
    );
    assert!(
        billed > 0 && billed <= flowed + 1,
        "{billed} Wh billed, {flowed} Wh flowed: {session}"
    );
    assert!(
        flowed - billed <= 1 + flowed / 100,
        "{billed} Wh billed, {flowed} Wh flowed: {session}"
    );
}

async fn until_delivered(world: &World, wh: i64) {
    let enough = |panel: &denro::simulator::SimulatedPanel| {
        (panel.delivered_mwh(World::number(1)) >= wh * 1000).then_some(())
    };
    world.until_panel("energy", enough).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_in_the_middle_of_a_charge_loses_nothing() {
    let mut world = World::start(Options::processes()).await;
    let charge = world.charging(1, json!({})).await;
    until_delivered(&world, 500).await;
    world.kill_server();
    until_delivered(&world, 1_000).await;
    world.restart_server().await;
    assert_eq!(world.session(&charge).await["state"], "charging");
    world.stop_charge(&charge).await;
    let session = world.until_ended(&charge).await;
    assert_eq!(session["ended_reason"], "remote");
    assert_billed_about(&world, &session);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_controller_killed_in_the_middle_of_a_charge_takes_it_up_again() {
    let mut world = World::start(Options::processes()).await;
    let charge = world.charging(1, json!({})).await;
    until_delivered(&world, 500).await;
    world.kill_controller();
    until_delivered(&world, 1_000).await;
    assert_eq!(
        world.panel.position(World::number(1)),
        domain::observation::Position::Closed
    );
    world.restart_controller().await;
    until_delivered(&world, 1_500).await;
    world.until_online(true).await;
    world.stop_charge(&charge).await;
    let session = world.until_ended(&charge).await;
    assert_eq!(session["ended_reason"], "remote");
    assert_billed_about(&world, &session);
    let closings = world
        .panel
        .history()
        .iter()
        .filter(|h| h.what == What::Closed)
        .count();
    assert_eq!(closings, 1, "the breaker stayed closed throughout");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_charge_whose_time_is_over_ends_as_soon_as_its_killed_controller_is_back() {
    let mut world = World::start(Options::processes()).await;
    let charge = world.charging(1, json!({"duration_s": 6})).await;
    world.kill_controller();
    let until = system_tests::checker::seconds(&world.session(&charge).await["limits"]["until"]).unwrap();
    let over = |_: &denro::simulator::SimulatedPanel| {
        (world.clock.now_us() as f64 / 1e6 > until + 1.0).then_some(())
    };
    world.until_panel("the end of the time", over).await;
    world.restart_controller().await;
    let back = world.clock.tick_ms();
    let session = world.until_ended(&charge).await;
    assert_eq!(session["ended_reason"], "time_limit");
    let opened = world
        .panel
        .history()
        .into_iter()
        .rfind(|h| h.what == What::Opened)
        .unwrap();
    assert!(
        opened.tick_ms.saturating_sub(back) <= 2_000,
        "{opened:?}, back at {back}"
    );
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_accepted_start_is_remembered_by_a_server_killed_at_once() {
    let mut world = World::start(Options::processes()).await;
    let body = world.start_body(1, json!({"duration_s": 60}));
    let accepted = world
        .api
        .post_with_key("/v1/sessions", &body, "one-key")
        .await
        .unwrap();
    world.kill_server();
    world.remember(&accepted.body);
    world.restart_server().await;
    let again = world
        .api
        .post_with_key("/v1/sessions", &body, "one-key")
        .await
        .unwrap();
    assert_eq!(again.status, 202, "{:#}", again.body);
    assert_eq!(again.body["session"]["id"], accepted.body["session"]["id"]);
    assert_eq!(again.header("idempotency-replayed"), "true");
    let id = accepted.body["session"]["id"].as_str().unwrap();
    let of_session = |data: &Value| data["session"]["id"] == id;
    world.until_event("session.energized", 1, of_session).await;
    let stop = world
        .api
        .post(&format!("/v1/sessions/{id}/stop"), &json!({}))
        .await;
    world.remember(&stop.body);
    world.until_event("session.ended", 1, of_session).await;
    let closings = world
        .panel
        .history()
        .iter()
        .filter(|h| h.what == What::Closed)
        .count();
    assert_eq!(closings, 1);
    world.finish().await;
}
