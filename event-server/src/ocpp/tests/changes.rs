//! Limits that are changed while a delivery runs: what the station is told, and when they hold.

use api_spec::rest::{LimitsChange, SessionAccepted, WhenIdle};
use serde_json::{Value, json};

use super::station::{Station, event, with};
use super::world::{TENANT, World};
use crate::error::Refusal;
use crate::operations::change_limits::change_limits;
use crate::operations::expected::Expected;

async fn change(world: &World, id: &str, limits: LimitsChange) -> Result<SessionAccepted, Refusal> {
    let named = (TENANT.to_owned(), id.to_owned());
    world
        .context
        .transact(move |tx| change_limits(tx, &named, &Expected::Any, &limits))
        .await
}

/// A delivery under way at outlet 1 of a station of ours.
async fn charging(world: &World) -> (Station, SessionAccepted) {
    let mut station = world.booted_ours("st_1").await;
    let asked = world.start_session("out_1_1").await;
    let call = station.called("RequestStartTransaction").await;
    let accepted = json!({"status": "Accepted", "transactionId": "tx-1"});
    station.answer(&call, accepted).await;
    let info = json!({"transactionId": "tx-1", "remoteStartId": call[3]["remoteStartId"]});
    station
        .transaction_event(with(event("Started", 0, 1000), json!({"transactionInfo": info})))
        .await;
    world.command_until(&asked.command.id, "confirmed").await;
    (station, asked)
}

fn hour_without_energy() -> LimitsChange {
    LimitsChange {
        duration_s: Some(7_200),
        energy_wh: Some(None),
        when_idle: Some(WhenIdle::Keep),
        ..LimitsChange::default()
    }
}

#[tokio::test]
async fn new_limits_are_told_whole_and_hold_once_the_station_has_them() {
    let world = World::start().await;
    let (mut station, asked) = charging(&world).await;
    let changed = change(&world, &asked.session.id, hour_without_energy())
        .await
        .unwrap();
    assert_eq!(changed.session.limits, asked.session.limits);
    let call = station.called("SetChargingProfile").await;
    assert_eq!(call[3]["evseId"], 1);
    let profile = &call[3]["chargingProfile"];
    assert_eq!(
        (&profile["transactionId"], &profile["chargingProfilePurpose"]),
        (&json!("tx-1"), &json!("TxProfile"))
    );
    let schedule = &profile["chargingSchedule"][0];
    assert!(
        (7_190..=7_200).contains(&schedule["duration"].as_i64().unwrap()),
        "{schedule}"
    );
    assert!(schedule["startSchedule"].is_string(), "{schedule}");
    let limits = &call[3]["customData"]["limits"];
    assert_eq!(
        (&limits["energy_wh"], &limits["when_idle"]),
        (&Value::Null, &json!("keep"))
    );
    let twice = change(&world, &asked.session.id, hour_without_energy()).await;
    assert!(matches!(twice, Err(Refusal::CommandInFlight)), "{twice:?}");

    station.answer(&call, json!({"status": "Accepted"})).await;
    world.command_until(&changed.command.id, "confirmed").await;
    let session = world.session(&asked.session.id).await;
    assert_eq!(session.energy_limit_wh, None);
    let until: jiff::Timestamp = limits["until"].as_str().unwrap().parse().unwrap();
    assert_eq!(session.ends_at / 1000, until.as_millisecond());
}

#[tokio::test]
async fn limits_that_the_station_does_not_take_stay_as_they_were() {
    let world = World::start().await;
    let (mut station, asked) = charging(&world).await;
    let before = world.session(&asked.session.id).await;
    let changed = change(&world, &asked.session.id, hour_without_energy())
        .await
        .unwrap();
    let call = station.called("SetChargingProfile").await;
    let refused = json!({"status": "Rejected", "statusInfo": {"reasonCode": "UnknownTransaction"}});
    station.answer(&call, refused).await;
    let command = world.command_until(&changed.command.id, "refused").await;
    assert_eq!(command.reason.as_deref(), Some("UnknownTransaction"));
    let session = world.session(&asked.session.id).await;
    assert_eq!(
        (session.ends_at, session.energy_limit_wh),
        (before.ends_at, before.energy_limit_wh)
    );
}

#[tokio::test]
async fn a_change_waits_for_the_answer_to_the_start_and_falls_with_the_session() {
    let world = World::start().await;
    let mut station = world.booted_ours("st_1").await;
    let asked = world.start_session("out_1_1").await;
    let start = station.called("RequestStartTransaction").await;
    let changed = change(&world, &asked.session.id, hour_without_energy())
        .await
        .unwrap();
    station.answer(&start, json!({"status": "Rejected"})).await;
    world.command_until(&asked.command.id, "refused").await;
    let over = world.command_until(&changed.command.id, "refused").await;
    assert_eq!(over.reason.as_deref(), Some("session_ended"));
    let late = change(&world, &asked.session.id, hour_without_energy()).await;
    assert!(matches!(late, Err(Refusal::SessionEnded)), "{late:?}");
}
