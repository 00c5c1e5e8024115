//! Meters that answer nonsense or nothing: such values are told of and never billed.

use denro::simulator::MeterFault;
use serde_json::{Value, json};
use system_tests::world::{Options, World};

/// A charge during which the meter has `fault` for two of six minutes; answers with its session and the anomaly.
async fn charge_with(fault: MeterFault, lasting: bool) -> (World, Value, Value) {
    let world = World::start(Options::default()).await;
    world.doubt_the_meter(1);
    let charge = world.charging(1, json!({"duration_s": 7200})).await;
    world.pass_minutes(2).await;
    world.panel.meter_fault(World::number(1), Some(fault));
    world.pass_minutes(2).await;
    let anomaly = world.until_event("meter.anomaly", 1, |_| true).await;
    if lasting {
        world.panel.meter_fault(World::number(1), None);
    }
    world.pass_minutes(2).await;
    world.stop_charge(&charge).await;
    let session = world.until_ended(&charge).await;
    (world, session, anomaly["data"].clone())
}

fn billed_and_flowed_wh(world: &World, session: &Value) -> (i64, i64) {
    (
        session["energy_wh"].as_i64().unwrap(),
        world.panel.delivered_mwh(World::number(1)) / 1000,
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_that_are_no_numbers_are_not_used() {
    let (world, session, anomaly) = charge_with(MeterFault::Nan, true).await;
    assert_eq!(
        (anomaly["kind"].as_str(), anomaly["why"].as_str()),
        (Some("unusable"), Some("invalid")),
        "{anomaly}"
    );
    let (billed, flowed) = billed_and_flowed_wh(&world, &session);
    assert!(billed <= flowed + 1 && billed > 0, "{billed} of {flowed}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_register_that_starts_again_at_zero_bills_nothing_twice() {
    let (world, session, anomaly) = charge_with(MeterFault::Reset, false).await;
    assert_eq!(anomaly["kind"], "back", "{anomaly}");
    let (billed, flowed) = billed_and_flowed_wh(&world, &session);
    assert!(billed <= flowed + 1 && billed > 0, "{billed} of {flowed}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_register_that_leaps_bills_nobody_for_the_leap() {
    let (world, session, anomaly) = charge_with(MeterFault::Jump { energy_wh: 900_000 }, false).await;
    assert_eq!(anomaly["kind"], "too_fast", "{anomaly}");
    let (billed, flowed) = billed_and_flowed_wh(&world, &session);
    assert!(billed <= flowed + 1 && billed > 0, "{billed} of {flowed}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_meter_that_is_silent_is_told_of_and_its_charge_goes_on_to_its_end() {
    let (world, session, anomaly) = charge_with(MeterFault::Silent, true).await;
    assert_eq!(
        (anomaly["kind"].as_str(), anomaly["why"].as_str()),
        (Some("unusable"), Some("silent")),
        "{anomaly}"
    );
    assert_eq!(session["ended_reason"], "remote");
    let (billed, flowed) = billed_and_flowed_wh(&world, &session);
    assert!(billed <= flowed + 1 && billed > 0, "{billed} of {flowed}");
    world.finish().await;
}
