//! Limits of money: what is asked of the station, and the reason of the end.

use serde_json::json;

use super::station::{event, with};
use super::world::World;

/// How a charge ends of which the station says that its energy limit was reached.
async fn ended_reason(world: &World, cost_yen: Option<i64>) -> String {
    let mut station = world.booted("st_1").await;
    let asked = match cost_yen {
        Some(yen) => world.start_session_for_yen("out_1_1", yen).await,
        None => world.start_session("out_1_1").await,
    };
    let call = station.called("RequestStartTransaction").await;
    let limits = &call[3]["customData"]["limits"];
    assert_eq!(limits["energy_wh"], json!(asked.session.limits.energy_wh));
    assert_eq!(limits.get("cost_yen"), None);
    station.answer(&call, json!({"status": "Accepted"})).await;
    let info = |more| with(json!({"transactionId": "tx-1"}), more);
    let begun = info(json!({"remoteStartId": call[3]["remoteStartId"]}));
    station
        .transaction_event(with(event("Started", 0, 1000), json!({"transactionInfo": begun})))
        .await;
    let over = info(json!({"stoppedReason": "EnergyLimitReached"}));
    station
        .transaction_event(with(event("Ended", 1, 1032), json!({"transactionInfo": over})))
        .await;
    let session = world.session(&asked.session.id).await;
    session.ended_reason.unwrap()
}

#[tokio::test]
async fn what_the_money_buys_is_asked_as_energy_and_ends_by_the_cost() {
    let world = World::start().await;
    assert_eq!(ended_reason(&world, Some(1)).await, "cost_limit");
    let told = world.events("session.ended").await;
    let limits = &told[0]["data"]["session"]["limits"];
    assert_eq!(
        (&limits["energy_wh"], &limits["cost_yen"]),
        (&json!(32), &json!(1))
    );
}

#[tokio::test]
async fn energy_that_was_asked_for_as_such_ends_by_the_energy() {
    let world = World::start().await;
    assert_eq!(ended_reason(&world, None).await, "energy_limit");
}
