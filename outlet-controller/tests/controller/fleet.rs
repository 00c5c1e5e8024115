//! Out of use, and starting anew, as the server asks for it.

use serde_json::{Value, json};

use super::server::Heard;
use super::world::World;

fn hour() -> Value {
    json!({"duration_ms": 3_600_000})
}

async fn ask(world: &World, action: &str, payload: Value) -> Value {
    world.csms.call(action, payload).await[2].clone()
}

fn out_of_use(number: i64) -> Value {
    json!({"operationalStatus": "Inoperative", "evse": {"id": number}})
}

/// The reasons of the registrations so far.
fn boots(heard: &[Heard]) -> usize {
    heard
        .iter()
        .filter(|heard| heard.action == "BootNotification")
        .count()
}

#[tokio::test]
async fn an_outlet_out_of_use_takes_no_start_also_after_a_restart() {
    let mut world = World::start().await;
    let answer = ask(&world, "ChangeAvailability", out_of_use(1)).await;
    assert_eq!(answer["status"], "Accepted", "{answer}");
    world.until_state(1, "Unavailable").await;
    let refused = world.ask_start(1, 1, hour()).await;
    assert_eq!(
        (&refused["status"], &refused["statusInfo"]["reasonCode"]),
        (&json!("Rejected"), &json!("Unavailable"))
    );
    world.charge(2, 2, hour()).await;
    world.crash();
    world.start_controller().await;
    world.csms.until_connected(2).await;
    world.settle().await;
    assert_eq!(world.ask_start(1, 3, hour()).await["status"], "Rejected");
    ask(
        &world,
        "ChangeAvailability",
        json!({"operationalStatus": "Operative"}),
    )
    .await;
    world.until_state(1, "Available").await;
    world.charge(1, 4, hour()).await;
}

#[tokio::test]
async fn a_charge_goes_on_at_an_outlet_that_is_taken_out_of_use_and_is_the_last() {
    let world = World::start().await;
    let transaction = world.charge(1, 1, hour()).await;
    let answer = ask(&world, "ChangeAvailability", out_of_use(1)).await;
    assert_eq!(answer["status"], "Scheduled", "{answer}");
    world.settle().await;
    assert!(world.house.is_closed(1));
    world.stop(&transaction).await;
    world.until_event(&transaction, "Ended").await;
    world.until_state(1, "Unavailable").await;
    let unknown = ask(&world, "ChangeAvailability", out_of_use(9)).await;
    assert_eq!(unknown["status"], "Rejected");
}

#[tokio::test]
async fn a_reset_at_once_ends_charges_with_their_registers_and_then_the_program() {
    let mut world = World::start().await;
    let transaction = world.charge(1, 1, hour()).await;
    world.house.change(1, |outlet| outlet.register_wh += 7);
    let answer = ask(&world, "Reset", json!({"type": "Immediate"})).await;
    assert_eq!(answer["status"], "Accepted", "{answer}");
    world.until_ended().await;
    assert!(!world.house.is_closed(1));
    let before = boots(&world.csms.heard());
    world.crash();
    world.start_controller().await;
    let again = |heard: &[Heard]| (boots(heard) > before).then_some(());
    world.csms.until("a registration", again).await;
    let ended = world.until_event(&transaction, "Ended").await;
    assert_eq!(ended["customData"]["reason"], "reset");
    assert_eq!(ended["transactionInfo"]["stoppedReason"], "ImmediateReset");
    assert_eq!(ended["meterValue"][0]["sampledValue"][0]["value"], 1_007.0);
}

#[tokio::test]
async fn a_reset_on_idle_takes_no_start_and_waits_for_the_end_of_the_last_charge() {
    let world = World::start().await;
    let transaction = world.charge(1, 1, hour()).await;
    let answer = ask(&world, "Reset", json!({"type": "OnIdle"})).await;
    assert_eq!(answer["status"], "Scheduled", "{answer}");
    let refused = world.ask_start(2, 2, hour()).await;
    assert_eq!(refused["statusInfo"]["reasonCode"], "Resetting", "{refused}");
    world.settle().await;
    assert!(world.house.is_closed(1));
    world.stop(&transaction).await;
    world.until_ended().await;
    assert!(!world.house.is_closed(1));
}

#[tokio::test]
async fn a_reset_of_one_outlet_is_refused() {
    let world = World::start().await;
    let answer = ask(&world, "Reset", json!({"type": "Immediate", "evseId": 1})).await;
    assert_eq!(answer["status"], "Rejected", "{answer}");
}
