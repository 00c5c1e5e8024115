//! A charge from the request to the end, and what may be asked of a station besides.

use api_spec::rest::CommandKind;
use serde_json::{Value, json};

use super::station::{PASSWORD, Station, event, with};
use super::world::World;
use crate::store::commands;

fn started(session_number: &Value) -> Value {
    let info =
        json!({"transactionId": "tx-1", "remoteStartId": session_number, "chargingState": "EVConnected"});
    with(
        event("Started", 0, 1000),
        json!({"transactionInfo": info, "triggerReason": "RemoteStart"}),
    )
}

async fn accept_start(station: &mut Station) -> Value {
    let call = station.called("RequestStartTransaction").await;
    station.answer(&call, json!({"status": "Accepted"})).await;
    call[3].clone()
}

#[tokio::test]
async fn a_charge_is_started_followed_and_stopped() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let asked = world.start_session("out_1_1").await;
    let request = accept_start(&mut station).await;
    assert_eq!(
        (&request["evseId"], &request["idToken"]["idToken"]),
        (&json!(1), &json!("driver-7"))
    );
    let limits = &request["customData"]["limits"];
    assert_eq!(limits["energy_wh"], 5000);
    assert_eq!(limits["when_idle"], "end");
    assert!(
        (3_590_000..=3_600_000).contains(&limits["duration_ms"].as_u64().unwrap()),
        "{limits}"
    );
    assert_eq!(limits["until"], json!(asked.session.limits.until));
    let schedule = &request["chargingProfile"]["chargingSchedule"][0];
    assert!(
        (3590..=3600).contains(&schedule["duration"].as_i64().unwrap()),
        "{schedule}"
    );

    station
        .transaction_event(started(&request["remoteStartId"]))
        .await;
    world.command_until(&asked.command.id, "confirmed").await;
    assert_eq!(world.session(&asked.session.id).await.state, "energized");
    let charging = json!({"transactionInfo": {"transactionId": "tx-1", "chargingState": "Charging"}});
    station
        .transaction_event(with(event("Updated", 1, 1010), charging))
        .await;
    station.transaction_event(event("Updated", 2, 1060)).await;
    let session = world.session(&asked.session.id).await;
    assert_eq!((session.state.as_str(), session.energy_wh), ("charging", 60));

    let stop = world.stop_session(&asked.session.id).await.unwrap();
    let call = station.called("RequestStopTransaction").await;
    assert_eq!(call[3]["transactionId"], "tx-1");
    station.answer(&call, json!({"status": "Accepted"})).await;
    let info = json!({"transactionId": "tx-1", "stoppedReason": "Remote"});
    station
        .transaction_event(with(event("Ended", 3, 1070), json!({"transactionInfo": info})))
        .await;
    world.command_until(&stop.command.id, "confirmed").await;
    let session = world.session(&asked.session.id).await;
    assert_eq!(
        (session.state.as_str(), session.ended_reason.as_deref()),
        ("ended", Some("remote"))
    );
    assert_eq!(
        (session.start_register_wh, session.stop_register_wh),
        (Some(1000), Some(1070))
    );
    assert_eq!(session.energy_wh, 70);
    assert_eq!(world.current("out_1_1").await.session_id, None);
}

#[tokio::test]
async fn the_events_of_a_charge_are_gapless_and_in_order() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let asked = world.start_session("out_1_1").await;
    let request = accept_start(&mut station).await;
    station
        .transaction_event(started(&request["remoteStartId"]))
        .await;
    station.transaction_event(event("Ended", 1, 1010)).await;
    let ended = world.events("session.ended").await;
    assert_eq!(ended[0]["data"]["session"]["id"], asked.session.id);
    let mut all: Vec<Value> = Vec::new();
    for kind in [
        "session.energized",
        "command.completed",
        "outlet.status",
        "session.ended",
    ] {
        all.extend(world.events(kind).await);
    }
    let of_outlet = all.iter().filter(|event| event["outlet_id"] == "out_1_1");
    let mut places: Vec<i64> = of_outlet
        .map(|event| event["sequence"].as_i64().unwrap())
        .collect();
    places.sort_unstable();
    let expected: Vec<i64> = (1..=i64::try_from(places.len()).unwrap()).collect();
    assert_eq!(places, expected);
    assert_eq!(places.len(), 5);
}

#[tokio::test]
async fn a_refused_start_fails_the_session_with_the_stations_reason() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let asked = world.start_session("out_1_1").await;
    let call = station.called("RequestStartTransaction").await;
    let info = json!({"reasonCode": "Tripped", "additionalInfo": "look at the breaker"});
    station
        .answer(&call, json!({"status": "Rejected", "statusInfo": info}))
        .await;
    let command = world.command_until(&asked.command.id, "refused").await;
    assert_eq!(command.reason.as_deref(), Some("Tripped"));
    assert_eq!(command.detail.as_deref(), Some("look at the breaker"));
    assert_eq!(world.session(&asked.session.id).await.state, "failed");
    assert_eq!(world.current("out_1_1").await.session_id, None);
}

#[tokio::test]
async fn a_start_that_the_station_cannot_process_fails() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let asked = world.start_session("out_1_1").await;
    let call = station.called("RequestStartTransaction").await;
    station
        .send(&json!([4, call[1], "InternalError", "no", {}]).to_string())
        .await;
    let command = world.command_until(&asked.command.id, "failed").await;
    assert_eq!(command.reason.as_deref(), Some("station_error"));
    assert_eq!(world.session(&asked.session.id).await.state, "failed");
}

#[tokio::test]
async fn a_command_that_was_not_answered_before_the_line_was_cut_is_sent_again() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let asked = world.start_session("out_1_1").await;
    let first = station.called("RequestStartTransaction").await;
    station.cut();
    let mut station = world.booted("st_1").await;
    let second = station.called("RequestStartTransaction").await;
    assert_eq!(first[3]["remoteStartId"], second[3]["remoteStartId"]);
    station.answer(&second, json!({"status": "Accepted"})).await;
    station
        .transaction_event(started(&second[3]["remoteStartId"]))
        .await;
    world.command_until(&asked.command.id, "confirmed").await;
}

#[tokio::test]
async fn a_command_is_taken_only_when_the_one_before_has_its_answer() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let first = world.start_session("out_1_1").await;
    let call = station.called("RequestStartTransaction").await;
    let second = world.start_session("out_1_2").await;
    // So that a look at the commands would have found it.
    station.call("Heartbeat", json!({})).await;
    let sent = |id: String| move |conn: &mut _| commands::find(conn, &id);
    let waiting = world
        .until(sent(second.command.id.clone()), |_| true)
        .await
        .unwrap();
    assert_eq!(waiting.state, "accepted");
    station.answer(&call, json!({"status": "Rejected"})).await;
    world.command_until(&first.command.id, "refused").await;
    let call = station.called("RequestStartTransaction").await;
    assert_eq!(call[3]["evseId"], 2);
}

#[tokio::test]
async fn thresholds_are_told_again_to_a_station_that_merely_reconnects() {
    let world = World::start().await;
    world.booted("st_1").await.cut();
    let mut station = Station::connect(world.address, "st_1", PASSWORD, "ocpp2.1")
        .await
        .unwrap();
    station.called("SetVariableMonitoring").await;
}

#[tokio::test]
async fn both_directions_work_while_a_call_is_unanswered() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    world.start_session("out_1_1").await;
    let call = station.called("RequestStartTransaction").await;
    station.call("Heartbeat", json!({})).await;
    station
        .transaction_event(with(event("Started", 0, 5), json!({"evse": {"id": 2}})))
        .await;
    station.answer(&call, json!({"status": "Accepted"})).await;
    station.call("Heartbeat", json!({})).await;
}

#[tokio::test]
async fn a_threshold_is_set_after_boot_and_a_rise_above_it_is_told() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let call = station.called("SetVariableMonitoring").await;
    let data = &call[3]["setMonitoringData"][0];
    assert_eq!(
        (&data["value"], &data["type"]),
        (&json!(15.0), &json!("UpperThreshold"))
    );
    assert_eq!(data["component"]["evse"]["id"], 2);
    let rise = json!({
        "eventId": 1, "timestamp": "2026-11-20T07:00:00Z", "trigger": "Alerting", "actualValue": "15.6",
        "component": {"name": "EVSE", "evse": {"id": 2}}, "variable": {"name": "ACCurrent"},
        "eventNotificationType": "CustomMonitor", "variableMonitoringId": 1,
    });
    let notice = json!({"generatedAt": "2026-11-20T07:00:00Z", "seqNo": 0, "eventData": [rise]});
    station.call("NotifyEvent", notice).await;
    let told = world.events("outlet.current_rise").await;
    assert_eq!(
        told[0]["data"],
        json!({"current_ma": 15_600, "threshold_ma": 15_000})
    );
    let current = world.current("out_1_2").await;
    assert_eq!((current.current_ma, current.power_w), (Some(15_600), None));
}

#[tokio::test]
async fn a_power_stands_beside_no_newer_current_than_its_own() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let seen = async || {
        let current = world.current("out_1_2").await;
        (current.current_ma, current.power_w)
    };
    let mut minute = 0;
    let mut values = |sampled: Value| {
        minute += 1;
        json!({"evseId": 2, "meterValue": [{"timestamp": format!("2026-11-20T07:0{minute}:00Z"), "sampledValue": sampled}]})
    };
    let amperes = |value: f64| json!({"value": value, "measurand": "Current.Import"});
    let watts = json!({"value": 210, "measurand": "Power.Active.Import"});
    station
        .call("MeterValues", values(json!([amperes(1.0), watts])))
        .await;
    assert_eq!(seen().await, (Some(1_000), Some(210)));
    let register = json!({"value": 123_456.0});
    station.call("MeterValues", values(json!([register]))).await;
    assert_eq!(seen().await, (Some(1_000), Some(210)), "nothing newer is known");
    station.call("MeterValues", values(json!([amperes(14.8)]))).await;
    assert_eq!(seen().await, (Some(14_800), None));
}

#[tokio::test]
async fn samples_outside_a_charge_are_kept_and_told_and_the_main_circuits_kept() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let values = |evse: u32| {
        json!({"evseId": evse, "meterValue": [{"timestamp": "2026-11-20T07:00:00Z", "sampledValue": [
            {"value": 123_456.0}, {"value": 201.5, "measurand": "Voltage"},
        ]}], "customData": {"vendorId": "denro", "breaker": "open", "tripped": false}})
    };
    station.call("MeterValues", values(1)).await;
    station.call("MeterValues", values(1)).await;
    station.call("MeterValues", values(0)).await;
    let told = world.events("outlet.status").await;
    assert_eq!(told.len(), 1);
    let data = &told[0]["data"];
    assert_eq!(
        (&data["register_wh"], &data["voltage_mv"]),
        (&json!(123_456), &json!(201_500))
    );
    assert_eq!(data["breaker"], "open");
    assert_eq!(world.count_readings().await, 2);
}

#[tokio::test]
async fn variables_are_read_and_the_commands_detail_tells_them() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let asked = json!({"variables": [
        {"component": "PowerContactor", "variable": "Active", "outlet_number": 2},
        {"component": "ClockCtrlr", "variable": "Mood"},
    ]});
    let accepted = world.ask_controller(CommandKind::GetVariables, asked).await;
    let call = station.called("GetVariables").await;
    let contactor = json!({"name": "PowerContactor", "evse": {"id": 2}});
    let wanted = json!({"getVariableData": [
        {"component": contactor, "variable": {"name": "Active"}},
        {"component": {"name": "ClockCtrlr"}, "variable": {"name": "Mood"}},
    ]});
    assert_eq!(call[3], wanted);
    let results = json!({"getVariableResult": [
        {"attributeStatus": "Accepted", "attributeValue": "true", "component": contactor, "variable": {"name": "Active"}},
        {"attributeStatus": "UnknownVariable", "component": {"name": "ClockCtrlr"}, "variable": {"name": "Mood"}},
    ]});
    station.answer(&call, results).await;
    let command = world.command_until(&accepted.command.id, "confirmed").await;
    let told: Value = serde_json::from_str(command.detail.as_deref().unwrap()).unwrap();
    let expected = json!([
        {"component": "PowerContactor", "variable": "Active", "outlet_number": 2, "status": "Accepted", "value": "true"},
        {"component": "ClockCtrlr", "variable": "Mood", "outlet_number": null, "status": "UnknownVariable", "value": null},
    ]);
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_charge_without_a_load_ends_under_its_name_and_is_not_billed() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let asked = world.start_session("out_1_1").await;
    let request = accept_start(&mut station).await;
    station
        .transaction_event(started(&request["remoteStartId"]))
        .await;
    station.transaction_event(event("Updated", 1, 1002)).await;
    assert_eq!(world.session(&asked.session.id).await.energy_wh, 2);
    let ours = json!({"vendorId": "denro", "breaker": "open", "tripped": false, "reason": "no_load"});
    let end = with(event("Ended", 2, 1003), json!({"customData": ours}));
    station.transaction_event(end).await;
    let session = world.session(&asked.session.id).await;
    assert_eq!(
        (session.ended_reason.as_deref(), session.energy_wh),
        (Some("no_load"), 0)
    );
}

#[tokio::test]
async fn a_notice_is_told_as_an_event_of_its_outlet() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let worn = json!({
        "eventId": 7, "timestamp": "2026-11-20T07:00:00Z", "trigger": "Alerting",
        "actualValue": "breaker_worn", "techInfo": r#"{"operations":7000,"percent":70}"#,
        "component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Notice"},
        "eventNotificationType": "HardWiredNotification",
    });
    let notice = json!({"generatedAt": "2026-11-20T07:00:00Z", "seqNo": 0, "eventData": [worn]});
    station.call("NotifyEvent", notice).await;
    let told = world.events("outlet.notice").await;
    assert_eq!(
        told[0]["data"],
        json!({"notice": "breaker_worn", "percent": 70, "operations": 7000})
    );
}

#[tokio::test]
async fn a_session_that_lives_through_a_power_cut_is_told_to_be_without_power_and_with_it_again() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let asked = world.start_session("out_1_1").await;
    let request = accept_start(&mut station).await;
    station
        .transaction_event(started(&request["remoteStartId"]))
        .await;
    let lost =
        json!({"customData": {"vendorId": "denro", "power": "lost", "breaker": "open", "tripped": false}});
    let lost = with(event("Updated", 1, 1000), lost);
    station.transaction_event(lost.clone()).await;
    station.transaction_event(lost).await;
    // Other makers' stations have OCPP's own word for it.
    let resumed = with(event("Updated", 2, 1000), json!({"triggerReason": "TxResumed"}));
    station.transaction_event(resumed).await;
    for kind in ["session.power_lost", "session.power_resumed"] {
        let told = world.events(kind).await;
        assert_eq!(told.len(), 1, "{kind}");
        assert_eq!(told[0]["data"]["session"]["id"], asked.session.id);
        assert_eq!(told[0]["outlet_id"], "out_1_1");
    }
    assert_eq!(world.session(&asked.session.id).await.ended_at, None);
}
