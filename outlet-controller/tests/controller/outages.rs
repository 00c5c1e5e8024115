//! The server gone, the controller gone, the line dead.

use serde_json::{Value, json};

use foundation::Clock;
use outlet_controller::store::{Answered, Found, Store};

use super::server::Heard;
use super::world::{World, assert_numbered};

fn minutes(minutes: u64) -> Value {
    json!({"duration_ms": minutes * 60_000})
}

#[tokio::test]
async fn a_charge_ends_in_time_without_the_server_and_is_told_when_it_is_back() {
    let world = World::start().await;
    let transaction = world.charge(1, 1, minutes(10)).await;
    world.csms.behave(|server| server.reachable = false);
    world.csms.until_turned_away().await;
    world.pass(300);
    assert!(world.house.is_closed(1));
    world.pass(301);
    let store = Store::open(&world.folder.join("data")).unwrap();
    until_more_on_disk(&store, "\"time_limit\"", 0).await;
    assert!(!world.house.is_closed(1));
    world.csms.behave(|server| server.reachable = true);
    world.pass(60);
    let ended = world.until_event(&transaction, "Ended").await;
    assert_eq!(
        (&ended["customData"]["reason"], &ended["offline"]),
        (&json!("time_limit"), &json!(true))
    );
    assert_numbered(&world.events(&transaction));
}

#[tokio::test]
async fn after_a_crash_a_charge_goes_on_and_ends_at_its_first_deadline() {
    let mut world = World::start().await;
    let transaction = world.charge(2, 1, minutes(10)).await;
    world.crash();
    world.pass(300);
    world.start_controller().await;
    world.csms.until_connected(2).await;
    world.until_state(2, "Occupied").await;
    let again = world.ask_start(2, 1, minutes(10)).await;
    assert_eq!(again["transactionId"], transaction);
    assert!(world.house.is_closed(2));
    world.pass(301);
    let ended = world.until_event(&transaction, "Ended").await;
    assert_eq!(ended["customData"]["reason"], "time_limit");
    assert!(!world.house.is_closed(2));
    let events = world.events(&transaction);
    assert_numbered(&events);
    assert_eq!(
        events
            .iter()
            .filter(|event| event["eventType"] == "Started")
            .count(),
        1
    );
}

#[tokio::test]
async fn a_charge_whose_time_passed_while_the_controller_was_gone_ends_at_once() {
    let mut world = World::start().await;
    let transaction = world.charge(2, 1, minutes(10)).await;
    world.stop_controller().await;
    assert!(world.house.is_closed(2));
    world.pass(700);
    world.start_controller().await;
    world.until_breaker(2, false).await;
    let ended = world.until_event(&transaction, "Ended").await;
    assert_eq!(ended["customData"]["reason"], "time_limit");
}

#[tokio::test]
async fn after_a_power_cut_a_charge_keeps_what_was_left_though_the_clock_says_1970() {
    let mut world = World::start().await;
    let transaction = world.charge(2, 1, minutes(10)).await;
    let store = Store::open(&world.folder.join("data")).unwrap();
    world.pass(300);
    let passed = world.clock.tick_ms();
    let noted = async {
        let is_new = |found: Found| found.time.is_some_and(|note| note.at.tick.0 >= passed);
        while !is_new(store.load().await.unwrap()) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), noted)
        .await
        .unwrap();
    world.crash();
    world.clock = Clock::simulated("the-next-boot", 0);
    world.start_controller().await;
    world.csms.until_connected(2).await;
    world.until_state(2, "Occupied").await;
    world.pass(200);
    world.settle().await;
    assert!(world.house.is_closed(2));
    world.pass(100);
    let ended = world.until_event(&transaction, "Ended").await;
    assert_eq!(ended["customData"]["reason"], "time_limit");
    assert!(!world.house.is_closed(2));
}

#[tokio::test]
async fn a_stop_that_was_accepted_is_not_forgotten_by_a_crash() {
    let mut world = World::start().await;
    let transaction = world.charge(3, 1, minutes(10)).await;
    world.house.change(3, |outlet| outlet.stuck = true);
    assert_eq!(world.stop(&transaction).await["status"], "Accepted");
    world.crash();
    world.house.change(3, |outlet| outlet.stuck = false);
    world.start_controller().await;
    let ended = world.until_event(&transaction, "Ended").await;
    assert_eq!(ended["customData"]["reason"], "remote");
    assert!(!world.house.is_closed(3));
}

#[tokio::test]
async fn the_journal_keeps_everything_in_order_across_outage_and_restart() {
    let mut world = World::start().await;
    let transaction = world.charge(4, 1, minutes(60)).await;
    let store = Store::open(&world.folder.join("data")).unwrap();
    world.csms.behave(|server| server.reachable = false);
    world.csms.until_turned_away().await;
    for _ in 0..3 {
        let before = on_disk(&store, "MeterValuePeriodic").await;
        world.pass(60);
        until_more_on_disk(&store, "MeterValuePeriodic", before).await;
    }
    world.crash();
    world.start_controller().await;
    let before = on_disk(&store, "MeterValuePeriodic").await;
    world.pass(60);
    until_more_on_disk(&store, "MeterValuePeriodic", before).await;

    world.csms.behave(|server| server.reachable = true);
    world.pass(60);
    let enough = |heard: &[Heard]| {
        let samples = heard
            .iter()
            .filter(|heard| heard.payload["triggerReason"] == "MeterValuePeriodic");
        (samples.count() >= 4).then_some(())
    };
    world.csms.until("four samples", enough).await;
    let events = world.events(&transaction);
    assert_numbered(&events);
    let times: Vec<&str> = events
        .iter()
        .map(|event| event["timestamp"].as_str().unwrap())
        .collect();
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!(events[1]["offline"], true);
}

/// How many messages in the journal contain this text.
async fn on_disk(store: &Store, text: &str) -> usize {
    let (mut answered, mut count) = (Answered::default(), 0);
    while let Some(entry) = store.oldest(answered).await.unwrap() {
        answered.add(entry.id);
        count += usize::from(entry.payload.contains(text));
    }
    count
}

async fn until_more_on_disk(store: &Store, text: &str, before: usize) {
    let grown = async {
        while on_disk(store, text).await <= before {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), grown)
        .await
        .unwrap();
}

async fn until(condition: impl Fn() -> bool) {
    let fulfilled = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), fulfilled)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_line_that_is_dead_without_a_word_is_given_up() {
    let world = World::start().await;
    world.csms.behave(|server| server.deaf = true);
    for _ in 0..2 {
        world.pass(25);
    }
    assert_eq!(world.csms.connections(), 1);
    until(|| {
        world.pass(25);
        world.csms.connections() > 1
    })
    .await;
}

#[tokio::test]
async fn a_disk_that_takes_nothing_keeps_no_breaker_closed_and_lets_none_close() {
    let world = World::start().await;
    let transaction = world.charge(1, 1, minutes(10)).await;
    let disk = world.lock_disk();

    let refused = world.csms.call(
        "RequestStartTransaction",
        json!({
            "evseId": 2, "remoteStartId": 2, "idToken": {"idToken": "driver-2", "type": "Central"},
        }),
    );
    assert_eq!(refused.await[2], "InternalError");
    world.pass(601);
    world.until_breaker(1, false).await;
    assert!(!world.house.is_closed(2));

    drop(disk);
    world.until_event(&transaction, "Ended").await;
    assert_numbered(&world.events(&transaction));
    assert!(!world.house.is_closed(2));
}
