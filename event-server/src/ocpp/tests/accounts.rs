//! Whose the energy is: every watt-hour that a register moves by has one account, whatever befalls the session.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::station::{event, with};
use super::world::World;

fn sample(minute: u32, register_wh: i64) -> Value {
    let at = format!("2026-11-20T07:{minute:02}:00Z");
    json!({"evseId": 1, "meterValue": [{"timestamp": at, "sampledValue": [{"value": register_wh}]}]})
}

/// What each account comes to, and all of them together.
async fn accounts(world: &World) -> (BTreeMap<i64, i64>, i64) {
    let mut accounts: BTreeMap<i64, i64> = BTreeMap::new();
    for (account, moved_wh) in world.movements().await {
        *accounts.entry(account).or_default() += moved_wh;
    }
    let all = accounts.values().sum();
    (accounts, all)
}

#[tokio::test]
async fn what_a_register_moves_by_is_a_sessions_or_nobodys_and_nothing_is_lost() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    station.call("MeterValues", sample(0, 1000)).await;
    station.call("MeterValues", sample(1, 1003)).await;
    station.transaction_event(event("Started", 2, 1010)).await;
    station.transaction_event(event("Updated", 3, 1060)).await;
    station.transaction_event(event("Ended", 4, 1070)).await;
    station.call("MeterValues", sample(5, 1075)).await;
    let session = world.sessions().await.remove(0);
    assert_eq!(session.energy_wh, 60);
    let (accounts, all) = accounts(&world).await;
    assert_eq!(accounts, BTreeMap::from([(0, 15), (session.number, 60)]));
    assert_eq!(all, 75);
}

#[tokio::test]
async fn energy_of_a_session_without_a_load_becomes_nobodys() {
    let world = World::start().await;
    let mut station = world.booted_ours("st_1").await;
    station.transaction_event(event("Started", 0, 1000)).await;
    station.transaction_event(event("Updated", 1, 1002)).await;
    let ours = json!({"vendorId": "denro", "breaker": "open", "tripped": false, "reason": "no_load"});
    station
        .transaction_event(with(event("Ended", 2, 1003), json!({"customData": ours})))
        .await;
    let session = world.sessions().await.remove(0);
    assert_eq!(session.energy_wh, 0);
    let (accounts, all) = accounts(&world).await;
    assert_eq!(accounts, BTreeMap::from([(0, 3), (session.number, 0)]));
    assert_eq!(all, 3);
}

#[tokio::test]
async fn a_beginning_that_is_told_late_takes_back_what_came_before_it() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    station.call("MeterValues", sample(0, 1000)).await;
    station.transaction_event(event("Updated", 2, 1030)).await;
    let known = json!({"idToken": {"idToken": "driver-9", "type": "Central"}});
    station
        .transaction_event(with(event("Started", 1, 1020), known))
        .await;
    station.transaction_event(event("Ended", 3, 1050)).await;
    let session = world.sessions().await.remove(0);
    assert_eq!((session.driver_id.as_str(), session.energy_wh), ("driver-9", 30));
    let (accounts, all) = accounts(&world).await;
    assert_eq!(accounts, BTreeMap::from([(0, 20), (session.number, 30)]));
    assert_eq!(all, 50);
}

#[tokio::test]
async fn a_meter_that_is_exchanged_gives_energy_to_nobody() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    station.transaction_event(event("Started", 0, 1000)).await;
    for (seq_no, register_wh) in [(1, 1010), (2, 5), (3, 8), (4, 12), (5, 20)] {
        station
            .transaction_event(event("Updated", seq_no, register_wh))
            .await;
    }
    let session = world.sessions().await.remove(0);
    let (accounts, all) = accounts(&world).await;
    assert_eq!(accounts.get(&session.number), Some(&session.energy_wh));
    assert_eq!((session.energy_wh, accounts.get(&-1)), (18, Some(&(12 - 1010))));
    assert_eq!(all, 20 - 1000);
}
