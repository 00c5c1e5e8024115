//! What stations are asked besides charging: out of use, start anew, set variables; each with one outcome.

use api_spec::rest::{AvailabilityChange, CommandKind};
use serde_json::{Value, json};

use super::station::{PASSWORD, Station};
use super::world::{TENANT, World};
use crate::operations::command_outlet::command_outlet;
use crate::store::{commands, controller_buses, controllers};

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
async fn a_controller_tells_how_its_buses_answer_and_by_that_what_its_clock_says() {
    let world = World::start().await;
    let mut station = world.booted_ours("st_1").await;
    let bus = |name: &str, timeouts: u32| {
        let at = (world.context.clock.now() + jiff::SignedDuration::from_secs(90)).to_string();
        let counts = json!({"over_s": 600, "requests": 1200, "timeouts": timeouts, "checksums": 0, "mismatches": 0,
            "refusals": 0, "line_errors": 0});
        let data = json!({"eventId": 1, "timestamp": at, "trigger": "Periodic", "actualValue": timeouts.to_string(),
            "eventNotificationType": "HardWiredNotification", "techInfo": counts.to_string(),
            "component": {"name": "DataLink", "instance": name}, "variable": {"name": "FailedRequests"}});
        json!({"generatedAt": at, "seqNo": 0, "eventData": [data]})
    };
    station.call("NotifyEvent", bus("outlets", 7)).await;
    station.call("NotifyEvent", bus("meters", 0)).await;
    station.call("NotifyEvent", bus("outlets", 2)).await;
    let told = world
        .until(
            |conn| controller_buses::list(conn, &["ctl_1".to_owned()]),
            |_| true,
        )
        .await;
    let told: Vec<_> = told
        .iter()
        .map(|bus| (&*bus.name, bus.requests, bus.timeouts))
        .collect();
    assert_eq!(told, [("meters", 1_200, 0), ("outlets", 1_200, 2)]);
    let row = world
        .until(|conn| controllers::find(conn, "ctl_1"), |_| true)
        .await
        .unwrap();
    let ahead_ms = row.clock_ahead_ms.unwrap();
    assert!((80_000..=90_000).contains(&ahead_ms), "{ahead_ms}");
    assert_eq!(row.certificate_ends_at, None);
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

fn firmware() -> Value {
    json!({"location": "https://files.example.com/new", "signing_certificate": "-----BEGIN CERTIFICATE-----",
        "signature": "AAAA", "install_at": "2026-12-24T00:00:00.000Z"})
}

async fn again(world: &World) -> Station {
    Station::connect(world.address, "st_1", PASSWORD, "ocpp2.1")
        .await
        .unwrap()
}

#[tokio::test]
async fn firmware_is_asked_for_once_and_its_outcome_is_what_the_station_says_of_it() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let asked = world
        .ask_controller(CommandKind::UpdateFirmware, firmware())
        .await;
    let call = station.called("UpdateFirmware").await;
    let number = call[3]["requestId"].clone();
    let told = &call[3]["firmware"];
    assert_eq!(told["location"], "https://files.example.com/new");
    assert_eq!(told["installDateTime"], "2026-12-24T00:00:00Z");
    assert_eq!(told["signature"], "AAAA");
    assert!(told["retrieveDateTime"].is_string(), "{call}");
    station.answer(&call, json!({"status": "Accepted"})).await;
    let tell = async |station: &mut Station, status: &str| {
        let told = json!({"status": status, "requestId": number});
        station.call("FirmwareStatusNotification", told).await;
    };
    tell(&mut station, "Downloading").await;
    tell(&mut station, "Downloading").await;
    station.cut();
    // It is at it: whoever is asked again begins anew, and never comes to an end.
    let mut station = again(&world).await;
    station.boot().await;
    tell(&mut station, "InstallScheduled").await;
    let id = asked.command.id.clone();
    let open = world.until(move |conn| commands::find(conn, &id), |_| true).await;
    let open = open.unwrap();
    assert_eq!(
        (open.state.as_str(), open.detail.as_deref()),
        ("sent", Some("install_scheduled"))
    );
    // What comes next shows that nothing came before it: it would have been refused.
    let off = json!({"available": false});
    world.ask_controller(CommandKind::ChangeAvailability, off).await;
    let call = station.called("ChangeAvailability").await;
    station.answer(&call, json!({"status": "Accepted"})).await;
    for status in ["Installed", "Installed", "Idle"] {
        tell(&mut station, status).await;
    }
    world.command_until(&asked.command.id, "confirmed").await;
    let events = world.events("controller.firmware_status").await;
    let told: Vec<&Value> = events.iter().map(|event| &event["data"]["status"]).collect();
    assert_eq!(told, ["downloading", "install_scheduled", "installed"]);
    assert_eq!(events[0]["data"]["command_id"], asked.command.id);
}

#[tokio::test]
async fn what_a_station_does_not_install_has_failed_for_its_reason() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    for (answer, status, state, reason) in [
        (
            json!({"status": "InvalidCertificate"}),
            None,
            "refused",
            "InvalidCertificate",
        ),
        (
            json!({"status": "Accepted"}),
            Some("InvalidSignature"),
            "failed",
            "invalid_signature",
        ),
    ] {
        let asked = world
            .ask_controller(CommandKind::UpdateFirmware, firmware())
            .await;
        let call = station.called("UpdateFirmware").await;
        station.answer(&call, answer).await;
        if let Some(status) = status {
            let info = json!({"reasonCode": "Bad", "additionalInfo": "not of this file"});
            let told = json!({"status": status, "requestId": call[3]["requestId"], "statusInfo": info});
            station.call("FirmwareStatusNotification", told).await;
        }
        let command = world.command_until(&asked.command.id, state).await;
        assert_eq!(command.reason.as_deref(), Some(reason));
        assert_eq!(command.detail.is_some(), status.is_some());
    }
}

#[tokio::test]
async fn a_log_that_was_on_its_way_is_lost_when_the_station_starts_anew_and_another_takes_its_place() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let upload = json!({"kind": "diagnostics", "location": "https://logs.example.com/"});
    let mut asked = Vec::new();
    for status in ["Accepted", "AcceptedCanceled"] {
        asked.push(world.ask_controller(CommandKind::UploadLog, upload.clone()).await);
        let call = station.called("GetLog").await;
        assert_eq!(call[3]["logType"], "DiagnosticsLog");
        station
            .answer(&call, json!({"status": status, "filename": "a.log"}))
            .await;
    }
    let first = world.command_until(&asked[0].command.id, "failed").await;
    assert_eq!(first.reason.as_deref(), Some("superseded"));
    station.cut();
    let mut station = again(&world).await;
    let boot = json!({"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}});
    station.call("BootNotification", boot).await;
    let second = world.command_until(&asked[1].command.id, "failed").await;
    assert_eq!(second.reason.as_deref(), Some("station_restarted"));
}
