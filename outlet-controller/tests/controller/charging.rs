//! Charges from start to end.

use std::sync::{Arc, Mutex};

use diesel::prelude::*;
use serde_json::{Value, json};

use super::server::Heard;
use super::world::{World, assert_numbered};

fn hour() -> Value {
    json!({"duration_ms": 3_600_000})
}

#[tokio::test]
async fn a_charge_is_told_from_the_closed_breaker_to_the_closing_register() {
    let world = World::start().await;
    let transaction = world.charge(3, 7, hour()).await;
    assert!(world.house.is_closed(3));
    world.until_state(3, "Occupied").await;
    world.house.change(3, |outlet| {
        outlet.current_a = 15.0;
        outlet.register_wh += 2;
    });
    world.until_event(&transaction, "Updated").await;

    assert_eq!(world.stop(&transaction).await["status"], "Accepted");
    let ended = world.until_event(&transaction, "Ended").await;
    assert!(!world.house.is_closed(3));
    assert_eq!(ended["transactionInfo"]["stoppedReason"], "Remote");
    assert_eq!(ended["customData"]["reason"], "remote");
    assert_eq!(ended["meterValue"][0]["sampledValue"][0]["value"], 3_002.0);
    world.until_state(3, "Available").await;

    let events = world.events(&transaction);
    assert_numbered(&events);
    let told: Vec<_> = events
        .iter()
        .map(|event| event["transactionInfo"]["chargingState"].as_str().unwrap())
        .collect();
    assert_eq!(told, ["EVConnected", "Charging", "Idle"]);
    assert_eq!(events[0]["transactionInfo"]["remoteStartId"], 7);
    assert_eq!(world.stop(&transaction).await["status"], "Rejected");
}

#[derive(QueryableByName)]
struct Saved {
    #[diesel(sql_type = diesel::sql_types::Text)]
    saved: String,
}

#[tokio::test]
async fn the_limits_are_on_disk_before_the_breaker_closes() {
    let world = World::start().await;
    let file = world.folder.join("data/controller.db");
    let found = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&found);
    world.house.on_coil(move |number, on| {
        let mut c = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
        let query = format!("SELECT saved FROM outlets WHERE number = {number}");
        let row: Saved = diesel::sql_query(query).get_result(&mut c).unwrap();
        sink.lock()
            .unwrap()
            .push((on, serde_json::from_str::<Value>(&row.saved).unwrap()));
    });
    let transaction = world
        .charge(5, 1, json!({"duration_ms": 60_000, "energy_wh": 500}))
        .await;
    let written = found.lock().unwrap();
    let (_, saved) = written.iter().find(|(on, _)| *on).unwrap();
    assert_eq!(saved["charge"]["transaction"], transaction);
    assert_eq!(saved["charge"]["energy_limit"], 500);
    assert!(saved["charge"]["deadline"]["tick"].is_u64());
}

#[tokio::test]
async fn a_start_that_comes_again_is_the_same_charge_and_never_a_second_one() {
    let world = World::start().await;
    let before = world.house.writes();
    let transaction = world.charge(1, 11, hour()).await;
    let again = world.ask_start(1, 11, hour()).await;
    assert_eq!(
        (&again["status"], &again["transactionId"]),
        (&json!("Accepted"), &json!(transaction))
    );
    let other = world.ask_start(1, 12, hour()).await;
    assert_eq!(
        (&other["status"], &other["statusInfo"]["reasonCode"]),
        (&json!("Rejected"), &json!("Busy"))
    );

    world.stop(&transaction).await;
    world.until_event(&transaction, "Ended").await;
    // Its first answer may have been lost, and its time may be over by now.
    for limits in [hour(), json!({"until": "2020-01-01T00:00:00Z"})] {
        let late = world.ask_start(1, 11, limits).await;
        assert_eq!(
            (&late["status"], &late["transactionId"]),
            (&json!("Accepted"), &json!(transaction))
        );
    }
    assert_eq!(world.house.writes() - before, 2);
}

/// Lets half a minute pass within one minute of the wall clock, so that no meter is read for a sample.
async fn pass_half_a_minute(world: &World) {
    let second = world.clock.now_us() / 1_000_000 % 60;
    if second > 20 {
        world.pass(61 - u64::try_from(second).unwrap());
        world.settle().await;
        world.settle().await;
    }
    world.pass(30);
    world.settle().await;
}

#[tokio::test]
async fn a_register_that_caught_up_before_a_start_is_read_for_it_and_billed_to_nobody() {
    let world = World::start().await;
    pass_half_a_minute(&world).await;
    world.house.change(1, |outlet| outlet.register_wh += 20);
    let transaction = world.charge(1, 1, hour()).await;
    world.house.change(1, |outlet| outlet.register_wh += 2);
    world.pass(2);
    world.settle().await;
    world.stop(&transaction).await;
    world.until_event(&transaction, "Ended").await;
    let told = world.events(&transaction);
    let register = |event: &Value| event["meterValue"][0]["sampledValue"][0]["value"].clone();
    let ends = (register(&told[0]), register(told.last().unwrap()));
    assert_eq!(ends, (json!(1_020.0), json!(1_022.0)));
}

#[tokio::test]
async fn a_charge_ends_at_its_energy() {
    let world = World::start().await;
    let transaction = world
        .charge(2, 1, json!({"duration_ms": 3_600_000, "energy_wh": 3}))
        .await;
    world.house.change(2, |outlet| outlet.register_wh += 2);
    world.pass(10);
    world.house.change(2, |outlet| outlet.register_wh += 1);
    let ended = world.until_event(&transaction, "Ended").await;
    assert_eq!(ended["customData"]["reason"], "energy_limit");
    assert!(!world.house.is_closed(2));
}

#[tokio::test]
async fn a_breaker_that_does_not_close_is_told_as_started_and_ended() {
    let world = World::start().await;
    world.house.change(4, |outlet| outlet.stuck = true);
    let answer = world.ask_start(4, 1, hour()).await;
    let transaction = answer["transactionId"].as_str().unwrap();
    let ended = world.until_event(transaction, "Ended").await;
    assert_eq!(ended["customData"]["reason"], "did_not_close");
    let events = world.events(transaction);
    assert_numbered(&events);
    assert_eq!(events.len(), 2);
    world.until_state(4, "Faulted").await;
}

#[tokio::test]
async fn a_tripped_breaker_stays_open_until_a_person_clears_it() {
    let world = World::start().await;
    let transaction = world.charge(6, 1, hour()).await;
    world.house.change(6, |outlet| {
        outlet.tripped = true;
        outlet.closed = false;
    });
    let ended = world.until_event(&transaction, "Ended").await;
    assert_eq!(ended["customData"]["reason"], "tripped");
    world.until_state(6, "Faulted").await;
    world.pass(60);
    let refused = world.ask_start(6, 2, hour()).await;
    assert_eq!(refused["statusInfo"]["reasonCode"], "Faulted");

    let clear = json!({"setVariableData": [{
        "attributeValue": "false",
        "component": {"name": "PowerContactor", "evse": {"id": 6}},
        "variable": {"name": "Tripped"},
    }]});
    let still = world.csms.call("SetVariables", clear.clone()).await[2].clone();
    assert_eq!(still["setVariableResult"][0]["attributeStatus"], "Rejected");
    world.house.change(6, |outlet| outlet.tripped = false);
    let is_of_6 = |heard: &&Heard| {
        heard.action == "NotifyEvent" && heard.payload["eventData"][0]["component"]["evse"]["id"] == 6
    };
    let looked = |heard: &[Heard]| {
        let last = heard.iter().rev().find(is_of_6)?;
        (last.payload["customData"]["tripped"] == false).then_some(())
    };
    world.csms.until("outlet 6 is not tripped", looked).await;
    let cleared = world.csms.call("SetVariables", clear).await[2].clone();
    assert_eq!(cleared["setVariableResult"][0]["attributeStatus"], "Accepted");
    world.charge(6, 3, hour()).await;
}

#[tokio::test]
async fn starts_that_make_no_sense_are_refused_with_a_reason() {
    let world = World::start().await;
    let before = world.house.writes();
    for (number, limits, reason) in [
        (9, hour(), "UnknownEvse"),
        (1, json!({"duration_ms": 0}), "InvalidLimits"),
        (1, json!({"duration_ms": 86_400_001}), "InvalidLimits"),
        (1, json!({"duration_ms": 1000, "energy_wh": -1}), "InvalidLimits"),
    ] {
        let answer = world.ask_start(number, 5, limits).await;
        assert_eq!(
            (&answer["status"], &answer["statusInfo"]["reasonCode"]),
            (&json!("Rejected"), &json!(reason))
        );
    }
    assert_eq!(world.house.writes(), before);
}

#[tokio::test]
async fn a_jump_of_the_wall_clock_neither_ends_a_charge_nor_lengthens_it() {
    const DAY_MS: i64 = 86_400_000;
    let world = World::start().await;
    let transaction = world.charge(1, 1, json!({"duration_ms": 600_000})).await;
    world.clock.step_wall_ms(DAY_MS);
    // The next minute's sample shows that the jump was seen.
    let updated = world.until_event(&transaction, "Updated").await;
    assert_eq!(updated["triggerReason"], "MeterValuePeriodic");
    assert!(world.house.is_closed(1));
    world.clock.step_wall_ms(-2 * DAY_MS);
    world.pass(601);
    let ended = world.until_event(&transaction, "Ended").await;
    assert_eq!(ended["customData"]["reason"], "time_limit");
}

/// Limits that were told `late_s` ago, for ten minutes from then.
fn told(world: &World, late_s: i64) -> Value {
    let until_us = world.clock.now_us() + (600 - late_s) * 1_000_000;
    let until = jiff::Timestamp::from_microsecond(until_us).unwrap();
    json!({"duration_ms": 600_000, "until": until})
}

#[tokio::test]
async fn a_start_that_was_under_way_for_a_while_ends_on_time() {
    let world = World::start().await;
    let transaction = world.charge(1, 1, told(&world, 20)).await;
    world.pass(581);
    let ended = world.until_event(&transaction, "Ended").await;
    assert_eq!(ended["customData"]["reason"], "time_limit");
}

#[tokio::test]
async fn a_start_is_taken_as_told_where_the_wall_clock_is_a_day_off() {
    const DAY_MS: i64 = 86_400_000;
    let world = World::start().await;
    let limits = told(&world, 0);
    for (number, step_ms) in [(1, DAY_MS), (2, -2 * DAY_MS)] {
        world.clock.step_wall_ms(step_ms);
        world.charge(number, number, limits.clone()).await;
    }
    world.pass(601);
    world.until_breaker(1, false).await;
    world.until_breaker(2, false).await;
}

#[tokio::test]
async fn a_stop_that_names_its_start_is_obeyed_before_the_start_was_answered() {
    let world = World::start().await;
    let stop = json!({"transactionId": "7", "customData": {"vendorId": "denro", "remoteStartId": 7}});
    let (started, stopped) = tokio::join!(
        world.ask_start(1, 7, hour()),
        world.csms.call("RequestStopTransaction", stop),
    );
    assert_eq!(
        (&started["status"], &stopped[2]["status"]),
        (&json!("Accepted"), &json!("Accepted"))
    );
    let transaction = started["transactionId"].as_str().unwrap();
    let ended = world.until_event(transaction, "Ended").await;
    assert_eq!(ended["customData"]["reason"], "remote");
    assert!(!world.house.is_closed(1));
}
