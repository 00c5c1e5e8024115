//! What stations are asked besides charging: out of use, start anew, set variables; each with one outcome.

use api_spec::rest::{AvailabilityChange, CommandKind};
use serde_json::{Value, json};

use super::station::{PASSWORD, Station};
use super::world::{TENANT, World};
use crate::operations::command_outlet::command_outlet;
use crate::store::commands;

#[tokio::test]
async fn outlets_are_taken_out_of_use_one_by_one_or_all_at_once() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let (kind, off) = (
        CommandKind::ChangeAvailability,
        AvailabilityChange { available: false },
    );
    let asked = world
        .context
        .transact(move |tx| command_outlet(tx, (TENANT, "out_1_2"), kind, json!(off)))
        .await
        .unwrap();
    let call = station.called("ChangeAvailability").await;
    assert_eq!(
        call[3],
        json!({"operationalStatus": "Inoperative", "evse": {"id": 2}})
    );
    station.answer(&call, json!({"status": "Scheduled"})).await;
    let command = world.command_until(&asked.command.id, "confirmed").await;
    assert_eq!(command.detail.as_deref(), Some("scheduled"));
    let all = world
        .ask_controller(CommandKind::ChangeAvailability, json!({"available": true}))
        .await;
    let call = station.called("ChangeAvailability").await;
    assert_eq!(call[3], json!({"operationalStatus": "Operative"}));
    let no = json!({"status": "Rejected", "statusInfo": {"reasonCode": "Busy"}});
    station.answer(&call, no).await;
    let command = world.command_until(&all.command.id, "refused").await;
    assert_eq!(command.reason.as_deref(), Some("Busy"));
}

#[tokio::test]
async fn a_reset_is_confirmed_when_the_station_has_started_anew_and_not_by_another_connection() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let asked = world
        .ask_controller(CommandKind::Reset, json!({"when": "immediate"}))
        .await;
    let call = station.called("Reset").await;
    assert_eq!(call[3], json!({"type": "Immediate"}));
    station.answer(&call, json!({"status": "Accepted"})).await;
    station.call("Heartbeat", json!({})).await;
    station.cut();
    let again = async |reason: &str| {
        let mut station = Station::connect(world.address, "st_1", PASSWORD, "ocpp2.1")
            .await
            .unwrap();
        let boot = json!({"reason": reason, "chargingStation": {"model": "M", "vendorName": "V"}});
        station.call("BootNotification", boot).await;
        station
    };
    let station = again("Unknown").await;
    let id = asked.command.id.clone();
    let waiting = world.until(move |conn| commands::find(conn, &id), |_| true).await;
    assert_eq!(waiting.unwrap().state, "sent");
    station.cut();
    again("RemoteReset").await;
    world.command_until(&asked.command.id, "confirmed").await;
}

#[tokio::test]
async fn a_reset_that_waits_for_charges_is_confirmed_as_scheduled() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let asked = world
        .ask_controller(CommandKind::Reset, json!({"when": "on_idle"}))
        .await;
    let call = station.called("Reset").await;
    assert_eq!(call[3], json!({"type": "OnIdle"}));
    station.answer(&call, json!({"status": "Scheduled"})).await;
    let command = world.command_until(&asked.command.id, "confirmed").await;
    assert_eq!(command.detail.as_deref(), Some("scheduled"));
}

#[tokio::test]
async fn variables_are_set_and_each_has_its_answer() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let variables = json!({"variables": [
        {"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval", "value": "60"},
        {"component": "EVSE", "variable": "Mood", "outlet_number": 2, "value": "good"},
    ]});
    let asked = world.ask_controller(CommandKind::SetVariables, variables).await;
    let call = station.called("SetVariables").await;
    let evse = json!({"name": "EVSE", "evse": {"id": 2}});
    assert_eq!(
        call[3]["setVariableData"],
        json!([
            {"attributeValue": "60", "component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}},
            {"attributeValue": "good", "component": evse, "variable": {"name": "Mood"}},
        ])
    );
    let results = json!({"setVariableResult": [
        {"attributeStatus": "RebootRequired", "component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}},
        {"attributeStatus": "Rejected", "attributeStatusInfo": {"reasonCode": "ReadOnly"}, "component": evse,
            "variable": {"name": "Mood"}},
    ]});
    station.answer(&call, results).await;
    let command = world.command_until(&asked.command.id, "refused").await;
    assert_eq!(command.reason.as_deref(), Some("not_all_set"));
    let told: Value = serde_json::from_str(command.detail.as_deref().unwrap()).unwrap();
    assert_eq!(
        told,
        json!([
            {"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval", "outlet_number": null,
                "status": "RebootRequired", "reason": null},
            {"component": "EVSE", "variable": "Mood", "outlet_number": 2, "status": "Rejected", "reason": "ReadOnly"},
        ])
    );
}
