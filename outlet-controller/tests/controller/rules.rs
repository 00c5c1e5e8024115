//! The rules of the panel file, seen from outside.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::server::Heard;
use super::world::World;

fn hour() -> Value {
    json!({"duration_ms": 3_600_000})
}

/// Lets minutes pass in steps in which everything is looked at.
async fn pass_minutes(world: &World, minutes: u64) {
    for _ in 0..2 * minutes {
        let before = world.house.reads();
        world.pass(30);
        // Two rounds of the shipped panel's reads: one of them began after the step.
        while world.house.reads() < before + 40 {
            tokio::task::yield_now().await;
        }
    }
}

fn notice(heard: &[Heard], name: &str) -> Option<()> {
    let is_it = |heard: &Heard| {
        let data = &heard.payload["eventData"][0];
        data["variable"]["name"] == "Notice" && data["actualValue"] == name
    };
    heard.iter().any(is_it).then_some(())
}

#[tokio::test]
async fn a_panel_that_nobody_commissioned_closes_nothing_and_says_why() {
    let mut world = World::prepare().await;
    world.change_panel(&[(
        "[commissioned]\nat = \"2026-01-01T00:00:00Z\"\nby = \"the test\"\noutlets = [1, 2, 3, 4, 5, 6, 7, 8]\n",
        "",
    )]);
    world.start_controller().await;
    world.until_available().await;
    let refused = world.ask_start(1, 1, hour()).await;
    assert_eq!(refused["statusInfo"]["reasonCode"], "NotCommissioned");
    assert!(!world.house.is_closed(1));
}

#[tokio::test]
async fn an_outlet_that_was_left_out_at_commissioning_stays_off_beside_others_that_were_not() {
    let mut world = World::prepare().await;
    world.change_panel(&[("outlets = [1, 2, 3, 4, 5, 6, 7, 8]", "outlets = [1, 3]")]);
    world.start_controller().await;
    world.until_available().await;
    let refused = world.ask_start(2, 1, hour()).await;
    assert_eq!(refused["statusInfo"]["reasonCode"], "NotCommissioned");
    let answer = world.ask_start(3, 2, hour()).await;
    assert_eq!(answer["status"], "Accepted", "{answer}");
    assert!(!world.house.is_closed(2));
}

#[tokio::test]
async fn breakers_that_are_asked_for_together_close_one_after_the_other() {
    let world = World::start().await;
    let (clock, told) = (world.clock.clone(), Arc::new(Mutex::new(Vec::new())));
    let sink = Arc::clone(&told);
    world.house.on_coil(move |output, on| {
        if on {
            sink.lock().unwrap().push((output, clock.tick_ms()));
        }
    });
    for number in 1..=3 {
        let answer = world.ask_start(number, number, hour()).await;
        assert_eq!(answer["status"], "Accepted", "{answer}");
    }
    for number in 1..=3 {
        world.pass(1);
        world.until_breaker(number, true).await;
    }
    let told = told.lock().unwrap().clone();
    let outputs: Vec<_> = told.iter().map(|(output, _)| *output).collect();
    assert_eq!(outputs, [1, 2, 3]);
    assert!(
        told.windows(2).all(|pair| pair[1].1 - pair[0].1 >= 2_000),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_charge_without_a_load_is_warned_of_and_ended() {
    let world = World::start().await;
    let transaction = world.charge(1, 1, hour()).await;
    pass_minutes(&world, 4).await;
    world
        .csms
        .until("a warning", |heard| notice(heard, "no_load"))
        .await;
    assert!(world.house.is_closed(1));
    pass_minutes(&world, 12).await;
    let ended = world.until_event(&transaction, "Ended").await;
    assert_eq!(ended["customData"]["reason"], "no_load");
    assert!(!world.house.is_closed(1));
}

#[tokio::test]
async fn an_over_current_opens_the_breaker_and_locks_the_outlet_out() {
    let world = World::start().await;
    let transaction = world.charge(2, 1, hour()).await;
    world.house.change(2, |outlet| outlet.current_a = 31.0);
    world.until_breaker(2, false).await;
    let ended = world.until_event(&transaction, "Ended").await;
    assert_eq!(ended["customData"]["reason"], "over_current");
    world.until_state(2, "Faulted").await;
    let refused = world.ask_start(2, 2, hour()).await;
    assert_eq!(refused["statusInfo"]["reasonCode"], "Faulted");
}

#[tokio::test]
async fn a_breaker_closed_by_hand_is_told_and_opened() {
    let world = World::start().await;
    world.house.change(3, |outlet| outlet.closed = true);
    world.until_breaker(3, false).await;
    world
        .csms
        .until("a notice", |heard| notice(heard, "closed_by_hand"))
        .await;
}
