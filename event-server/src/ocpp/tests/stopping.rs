//! A stop while its start has no answer: at once where the station knows a delivery by its start.

use serde_json::{Value, json};

use super::station::{event, with};
use super::world::World;
use crate::store::commands;

fn of_start(kind: &str, seq_no: u32, start: &Value, more: Value) -> Value {
    let info = json!({"transactionId": "tx-1", "remoteStartId": start[3]["remoteStartId"]});
    let report = with(
        event(kind, seq_no, 1000),
        json!({"transactionInfo": with(info, more)}),
    );
    with(
        report,
        json!({"customData": {"vendorId": "denro", "breaker": "open", "tripped": false}}),
    )
}

async fn state(world: &World, command_id: &str) -> String {
    let id = command_id.to_owned();
    let found = world.until(move |conn| commands::find(conn, &id), |_| true).await;
    found.unwrap().state
}

#[tokio::test]
async fn our_own_controller_is_stopped_though_the_answer_to_its_start_was_lost() {
    let world = World::start().await;
    let mut station = world.booted_ours("st_1").await;
    let asked = world.start_session("out_1_1").await;
    let start = station.called("RequestStartTransaction").await;
    let stop = world.stop_session(&asked.session.id).await.unwrap();
    let call = station.called("RequestStopTransaction").await;
    let ours = &call[3]["customData"];
    assert_eq!(
        (&ours["vendorId"], &ours["remoteStartId"]),
        (&json!("denro"), &start[3]["remoteStartId"])
    );
    station.answer(&call, json!({"status": "Accepted"})).await;
    let begun = of_start("Started", 0, &start, json!({"chargingState": "Idle"}));
    station.transaction_event(begun).await;
    let over = of_start("Ended", 1, &start, json!({"stoppedReason": "Remote"}));
    station.transaction_event(over).await;
    world.command_until(&stop.command.id, "confirmed").await;
    let begun = world.command_until(&asked.command.id, "failed").await;
    assert_eq!(begun.reason.as_deref(), Some("remote"));
    assert_eq!(world.session(&asked.session.id).await.state, "failed");
}

#[tokio::test]
async fn another_makers_station_is_stopped_once_it_has_answered_the_start() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let asked = world.start_session("out_1_1").await;
    let start = station.called("RequestStartTransaction").await;
    let stop = world.stop_session(&asked.session.id).await.unwrap();
    // So that a look at the commands would have found it.
    station.call("Heartbeat", json!({})).await;
    assert_eq!(state(&world, &stop.command.id).await, "accepted");
    let accepted = json!({"status": "Accepted", "transactionId": "tx-1"});
    station.answer(&start, accepted).await;
    let call = station.called("RequestStopTransaction").await;
    assert_eq!(call[3]["transactionId"], "tx-1");
}

#[tokio::test]
async fn a_stop_that_was_refused_before_its_start_was_accepted_is_sent_again() {
    let world = World::start().await;
    let mut station = world.booted_ours("st_1").await;
    let asked = world.start_session("out_1_1").await;
    let start = station.called("RequestStartTransaction").await;
    world.stop_session(&asked.session.id).await.unwrap();
    let early = station.called("RequestStopTransaction").await;
    let unknown = json!({"status": "Rejected", "statusInfo": {"reasonCode": "UnknownTransaction"}});
    station.answer(&early, unknown).await;
    let accepted = json!({"status": "Accepted", "transactionId": "tx-1"});
    station.answer(&start, accepted).await;
    let again = station.called("RequestStopTransaction").await;
    assert_eq!(again[3]["transactionId"], "tx-1");
}

#[tokio::test]
async fn where_the_start_is_refused_there_is_nothing_to_stop() {
    let world = World::start().await;
    let mut station = world.booted_ours("st_1").await;
    let asked = world.start_session("out_1_1").await;
    let start = station.called("RequestStartTransaction").await;
    let stop = world.stop_session(&asked.session.id).await.unwrap();
    let call = station.called("RequestStopTransaction").await;
    station.answer(&call, json!({"status": "Rejected"})).await;
    station.answer(&start, json!({"status": "Rejected"})).await;
    world.command_until(&asked.command.id, "refused").await;
    world.command_until(&stop.command.id, "confirmed").await;
    assert_eq!(world.session(&asked.session.id).await.state, "failed");
}

#[tokio::test]
async fn a_start_that_waits_to_be_sent_is_not_overtaken_by_its_stop() {
    let world = World::start().await;
    let mut station = world.booted_ours("st_1").await;
    world.start_session("out_1_2").await;
    let other = station.called("RequestStartTransaction").await;
    let asked = world.start_session("out_1_1").await;
    let stop = world.stop_session(&asked.session.id).await.unwrap();
    station.call("Heartbeat", json!({})).await;
    assert_eq!(state(&world, &stop.command.id).await, "accepted");
    station.answer(&other, json!({"status": "Rejected"})).await;
    let start = station.called("RequestStartTransaction").await;
    assert_eq!(start[3]["evseId"], 1);
    let call = station.called("RequestStopTransaction").await;
    assert_eq!(call[3]["customData"]["remoteStartId"], start[3]["remoteStartId"]);
}
