//! Limits that the server changes while a charge runs.

use diesel::prelude::*;
use serde_json::{Value, json};

use super::world::World;

#[derive(QueryableByName)]
struct Saved {
    #[diesel(sql_type = diesel::sql_types::Text)]
    saved: String,
}

fn on_disk(world: &World, number: i64) -> Value {
    let file = world.folder.join("data/controller.db");
    let mut c = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    let query = format!("SELECT saved FROM outlets WHERE number = {number}");
    let row: Saved = diesel::sql_query(query).get_result(&mut c).unwrap();
    serde_json::from_str(&row.saved).unwrap()
}

fn profile(transaction: &str, limits: Value) -> Value {
    let schedule = json!({"id": 1, "chargingRateUnit": "A", "duration": 600,
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 20.0}]});
    json!({
        "evseId": 1,
        "chargingProfile": {"id": 1, "stackLevel": 0, "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Absolute", "transactionId": transaction, "chargingSchedule": [schedule]},
        "customData": {"vendorId": "denro", "limits": limits},
    })
}

async fn change(world: &World, transaction: &str, limits: Value) -> Value {
    let answer = world
        .csms
        .call("SetChargingProfile", profile(transaction, limits))
        .await;
    answer[2].clone()
}

#[tokio::test]
async fn new_limits_are_on_disk_when_they_are_accepted() {
    let world = World::start().await;
    let transaction = world.charge(1, 1, json!({"duration_ms": 60_000})).await;
    let answer = change(
        &world,
        &transaction,
        json!({"duration_ms": 7_200_000, "energy_wh": 500}),
    )
    .await;
    assert_eq!(answer["status"], "Accepted", "{answer}");
    let saved = on_disk(&world, 1);
    assert_eq!(saved["charge"]["energy_limit"], 500);
    let left_ms = saved["charge"]["deadline"]["left"].as_u64().unwrap();
    assert!((7_190_000..=7_200_000).contains(&left_ms), "{left_ms}");
}

#[tokio::test]
async fn a_new_end_holds_after_a_crash_with_the_server_gone() {
    let mut world = World::start().await;
    let transaction = world.charge(1, 1, json!({"duration_ms": 7_200_000})).await;
    change(&world, &transaction, json!({"duration_ms": 600_000})).await;
    world.csms.behave(|manner| manner.reachable = false);
    world.crash();
    world.start_controller().await;
    world.settle().await;
    world.pass(500);
    world.settle().await;
    assert!(world.house.is_closed(1));
    world.pass(101);
    world.until_breaker(1, false).await;
    world.csms.behave(|manner| manner.reachable = true);
    let ended = world.until_event(&transaction, "Ended").await;
    assert_eq!(ended["customData"]["reason"], "time_limit");
}

#[tokio::test]
async fn a_limit_that_is_passed_already_opens_the_breaker_now() {
    let world = World::start().await;
    let transaction = world.charge(1, 1, json!({"duration_ms": 7_200_000})).await;
    let answer = change(&world, &transaction, json!({"duration_ms": 0})).await;
    assert_eq!(answer["status"], "Accepted", "{answer}");
    let ended = world.until_event(&transaction, "Ended").await;
    assert!(!world.house.is_closed(1));
    assert_eq!(ended["customData"]["reason"], "time_limit");
}

#[tokio::test]
async fn limits_that_cannot_be_are_refused_with_the_reason_and_change_nothing() {
    let world = World::start().await;
    let transaction = world.charge(1, 1, json!({"duration_ms": 7_200_000})).await;
    let before = on_disk(&world, 1)["charge"]["energy_limit"].clone();
    let mut foreign = profile(&transaction, json!({"duration_ms": 1_000}));
    foreign["customData"]["vendorId"] = json!("somebody");
    let mut power = profile(&transaction, json!({"duration_ms": 1_000}));
    power["chargingProfile"]["chargingProfilePurpose"] = json!("TxDefaultProfile");
    for (payload, code) in [
        (foreign, "NoLimits"),
        (power, "UnsupportedPurpose"),
        (
            profile("t-unknown", json!({"duration_ms": 1_000})),
            "UnknownTransaction",
        ),
        (
            profile(&transaction, json!({"duration_ms": 90_000_000})),
            "InvalidLimits",
        ),
        (
            profile(&transaction, json!({"duration_ms": 1_000, "energy_wh": 0})),
            "InvalidLimits",
        ),
    ] {
        let answer = world.csms.call("SetChargingProfile", payload).await[2].clone();
        assert_eq!(
            (&answer["status"], &answer["statusInfo"]["reasonCode"]),
            (&json!("Rejected"), &json!(code)),
            "{answer}"
        );
    }
    world.pass(10);
    world.settle().await;
    assert!(world.house.is_closed(1));
    assert_eq!(on_disk(&world, 1)["charge"]["energy_limit"], before);
}
