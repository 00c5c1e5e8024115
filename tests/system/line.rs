//! The line between controller and server: cut for hours, half-open, slow; nothing is lost on it.

use std::time::Duration;

use serde_json::json;
use system_tests::checker::minutes_measured;
use system_tests::world::{Options, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_hours_without_a_line_no_minute_is_missing() {
    let world = World::start(Options::default()).await;
    let charge = world.charging(1, json!({})).await;
    world.pass_minutes(2).await;
    world.cut_link();
    world.pass_minutes(150).await;
    world.restore_link().await;
    world.pass_minutes(1).await;
    let last_minute = world.clock.now_us() / 60_000_000;
    let all_told = |n: usize| {
        let world = &world;
        move |events: &[serde_json::Value]| {
            (minutes_measured(events, world.outlet_id(n)).last() >= Some(&last_minute)).then_some(())
        }
    };
    for n in [1, 2] {
        world.until("the last minute", all_told(n)).await;
        let minutes = minutes_measured(&world.events().await, world.outlet_id(n));
        let first = minutes[0];
        let gapless: Vec<i64> = (first..=*minutes.last().unwrap()).collect();
        assert_eq!(minutes, gapless, "outlet {n}: each minute once and in order");
        assert!(minutes.len() > 150, "{}", minutes.len());
    }
    world.stop_charge(&charge).await;
    world.until_ended(&charge).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_controller_whose_line_is_half_open_comes_back_and_is_obeyed() {
    let world = World::start(Options::default()).await;
    world.link.half_open();
    // Two pings without an answer are enough.
    for _ in 0..8 {
        world.pass(Duration::from_secs(15)).await;
    }
    world.until_online(true).await;
    world.cut_link();
    world.until_online(false).await;
    world.restore_link().await;
    assert!(world.link.connections() >= 2);
    let charge = world.start_charge(1, json!({"duration_s": 300})).await;
    world.until_session_event(&charge, "session.energized").await;
    world.stop_charge(&charge).await;
    world.until_ended(&charge).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_over_a_slow_line_is_confirmed() {
    let world = World::start(Options::default()).await;
    world.link.delay(Duration::from_millis(400));
    let charge = world.start_charge(2, json!({"duration_s": 300})).await;
    assert_eq!(
        world.until_outcome(&charge.command_id).await["state"],
        "confirmed"
    );
    world.stop_charge(&charge).await;
    world.until_ended(&charge).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outlet_is_shown_offline_and_online_again_with_events() {
    let world = World::start(Options::default()).await;
    world.cut_link();
    world.until_online(false).await;
    assert_eq!(world.outlet(1).await["state"], "offline");
    world.restore_link().await;
    assert_eq!(world.outlet(1).await["state"], "available");
    for kind in ["controller.offline", "controller.online"] {
        let of_ours = |events: &[serde_json::Value]| {
            let ours = |e: &&serde_json::Value| {
                e["type"] == kind && e["data"]["controller_id"] == world.controller_id
            };
            events.iter().find(ours).cloned()
        };
        let event = world.until(kind, of_ours).await;
        assert_eq!(event["data"]["station_id"], world.station_id);
    }
    world.finish().await;
}
