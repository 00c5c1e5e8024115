//! What the server is told without a charge, and what it can ask.

use serde_json::{Value, json};

use super::server::Heard;
use super::world::World;

/// Without how the buses answer, which goes by the time and holds up nothing.
fn of(heard: &[Heard], action: &str) -> Vec<Value> {
    let of_buses = |payload: &Value| payload["eventData"][0]["component"]["name"] == "DataLink";
    heard
        .iter()
        .filter(|heard| heard.action == action && !of_buses(&heard.payload))
        .map(|heard| heard.payload.clone())
        .collect()
}

/// The answer to this call comes after all that the server has sent before was read.
async fn until_answers_are_read(world: &World) {
    let report = json!({"requestId": 1, "reportBase": "FullInventory"});
    world.csms.call("GetBaseReport", report).await;
}

#[tokio::test]
async fn the_station_shows_its_identity_and_registers_first() {
    let world = World::start().await;
    assert_eq!(world.csms.header("path"), "/ocpp/panel-1");
    assert_eq!(world.csms.header("sec-websocket-protocol"), "ocpp2.1, ocpp2.0.1");
    // panel-1:dnr_st_0123456789
    assert_eq!(
        world.csms.header("authorization"),
        "Basic cGFuZWwtMTpkbnJfc3RfMDEyMzQ1Njc4OQ=="
    );
    let heard = world.csms.heard();
    assert_eq!(heard[0].action, "BootNotification");
    assert_eq!(heard[0].payload["reason"], "PowerUp");
}

#[tokio::test]
async fn nothing_is_told_before_the_server_has_registered_the_station() {
    let mut world = World::prepare().await;
    world.csms.behave(|server| server.registration = "Pending");
    world.start_controller().await;
    world
        .csms
        .until("a registration", |heard| heard.first().map(drop))
        .await;
    until_answers_are_read(&world).await;
    world.csms.behave(|server| server.registration = "Accepted");
    world.pass(301);
    world.until_available().await;
    let heard = world.csms.heard();
    let boots = heard
        .iter()
        .take_while(|heard| heard.action == "BootNotification")
        .count();
    assert!(boots >= 2);
}

#[tokio::test]
async fn each_minute_every_outlet_and_the_main_circuit_are_told_once() {
    let world = World::start().await;
    world.charge(8, 1, json!({"duration_ms": 3_600_000})).await;
    let before = world.csms.heard().len();
    world.pass(60);
    let sampled = |heard: &[Heard]| {
        let new = &heard[before..];
        let mut told: Vec<i64> = of(new, "MeterValues")
            .iter()
            .map(|p| p["evseId"].as_i64().unwrap())
            .collect();
        let periodic = of(new, "TransactionEvent")
            .into_iter()
            .find(|p| p["triggerReason"] == "MeterValuePeriodic")?;
        told.push(periodic["evse"]["id"].as_i64().unwrap());
        told.sort_unstable();
        (told.len() >= 9).then_some(told)
    };
    assert_eq!(
        world.csms.until("a minute", sampled).await,
        [0, 1, 2, 3, 4, 5, 6, 7, 8]
    );
    let values = of(&world.csms.heard()[before..], "MeterValues");
    let first = values.iter().find(|p| p["evseId"] == 1).unwrap();
    assert_eq!(first["customData"]["breaker"], "open");
    assert_eq!(first["meterValue"][0]["sampledValue"][0]["value"], 1_000.0);
}

#[tokio::test]
async fn a_requested_status_is_read_anew() {
    let world = World::start().await;
    let ask = |message: &str, number: i64| json!({"requestedMessage": message, "evse": {"id": number}});
    world.house.change(2, |outlet| outlet.register_wh = 2_001);
    let answer = world.csms.call("TriggerMessage", ask("MeterValues", 2)).await;
    assert_eq!(answer[2]["status"], "Accepted");
    let fresh = |heard: &[Heard]| {
        let values = of(heard, "MeterValues").into_iter();
        values
            .map(|p| p["meterValue"][0]["sampledValue"][0].clone())
            .find(|v| v["context"] == "Trigger")
    };
    assert_eq!(world.csms.until("values", fresh).await["value"], 2_001.0);

    let none = world
        .csms
        .call("TriggerMessage", ask("TransactionEvent", 2))
        .await;
    assert_eq!(none[2]["status"], "Rejected");
    let transaction = world.charge(2, 1, json!({"duration_ms": 60_000})).await;
    world
        .csms
        .call("TriggerMessage", ask("TransactionEvent", 2))
        .await;
    let updated = world.until_event(&transaction, "Updated").await;
    assert_eq!(updated["triggerReason"], "Trigger");
    let unknown = world
        .csms
        .call("TriggerMessage", ask("FirmwareStatusNotification", 1))
        .await;
    assert_eq!(unknown[2]["status"], "NotImplemented");
}

#[tokio::test]
async fn a_rise_above_a_threshold_that_was_set_is_told_once() {
    let world = World::start().await;
    let monitor = json!({"setMonitoringData": [{
        "value": 10.0,
        "type": "UpperThreshold",
        "severity": 5,
        "component": {"name": "EVSE", "evse": {"id": 7}},
        "variable": {"name": "ACCurrent"},
    }]});
    let answer = world.csms.call("SetVariableMonitoring", monitor).await;
    let result = &answer[2]["setMonitoringResult"][0];
    assert_eq!(
        (&result["status"], &result["id"]),
        (&json!("Accepted"), &json!(7))
    );
    world.house.change(7, |outlet| outlet.current_a = 12.5);
    let rise = |heard: &[Heard]| {
        of(heard, "NotifyEvent")
            .into_iter()
            .find(|p| p["eventData"][0]["variable"]["name"] == "ACCurrent")
    };
    let event = world.csms.until("a rise", rise).await["eventData"][0].clone();
    assert_eq!(
        (&event["actualValue"], &event["variableMonitoringId"]),
        (&json!("12.500"), &json!(7))
    );
    assert_eq!(event["trigger"], "Alerting");
}

#[tokio::test]
async fn what_the_station_does_not_know_is_answered_and_changes_nothing() {
    let world = World::start().await;
    let unknown = world
        .csms
        .call("UnlockConnector", json!({"evseId": 1, "connectorId": 1}))
        .await;
    assert_eq!((&unknown[0], &unknown[2]), (&json!(4), &json!("NotImplemented")));
    let wrong = world.csms.call("RequestStopTransaction", json!({})).await;
    assert_eq!(
        (&wrong[0], &wrong[2]),
        (&json!(4), &json!("OccurrenceConstraintViolation"))
    );
    let get = |component: &str, variable: &str| json!({"component": {"name": component, "evse": {"id": 1}}, "variable": {"name": variable}});
    let wanted = [
        get("EVSE", "AvailabilityState"),
        get("EVSE", "Colour"),
        get("Fridge", "Light"),
        get("OCPPCommCtrlr", "HeartbeatInterval"),
    ];
    let answer = world
        .csms
        .call("GetVariables", json!({"getVariableData": wanted}))
        .await;
    let results = answer[2]["getVariableResult"].as_array().unwrap();
    let said: Vec<_> = results
        .iter()
        .map(|r| r["attributeStatus"].as_str().unwrap())
        .collect();
    assert_eq!(
        said,
        ["Accepted", "UnknownVariable", "UnknownComponent", "Accepted"]
    );
    assert_eq!(results[0]["attributeValue"], "Available");
    assert_eq!(results[3]["attributeValue"], "300");
    let report = world
        .csms
        .call(
            "GetBaseReport",
            json!({"requestId": 1, "reportBase": "FullInventory"}),
        )
        .await;
    assert_eq!(report[2]["status"], "NotSupported");
}

#[tokio::test]
async fn a_message_that_the_server_refuses_again_and_again_does_not_hold_up_the_others() {
    let world = World::start().await;
    let before = of(&world.csms.heard(), "NotifyEvent").len();
    world.csms.behave(|server| {
        server.refuses = Some(("NotifyEvent", "FormatViolation"));
    });
    world.house.change(2, |outlet| outlet.tripped = true);
    // Two messages, three times each: the contact has changed, and the outlet has a problem.
    for times in 1..=6 {
        let refused = |heard: &[Heard]| (of(heard, "NotifyEvent").len() >= before + times).then_some(());
        world.csms.until("a try", refused).await;
        until_answers_are_read(&world).await;
        world.pass(2);
    }
    world.csms.behave(|server| server.refuses = None);
    world.charge(1, 1, json!({"duration_ms": 3_600_000})).await;
    let told = of(&world.csms.heard()[..], "NotifyEvent");
    let of_outlet_2 = told[before..]
        .iter()
        .filter(|p| p["eventData"][0]["component"]["evse"]["id"] == 2);
    assert_eq!(of_outlet_2.count(), 6);
}

#[tokio::test]
async fn a_message_that_the_server_cannot_take_now_is_tried_until_it_can() {
    let world = World::start().await;
    let before = of(&world.csms.heard(), "NotifyEvent").len();
    world.csms.behave(|server| {
        server.refuses = Some(("NotifyEvent", "InternalError"));
    });
    world.house.change(2, |outlet| outlet.tripped = true);
    for times in 1..=5 {
        let refused = |heard: &[Heard]| (of(heard, "NotifyEvent").len() >= before + times).then_some(());
        world.csms.until("a try", refused).await;
        until_answers_are_read(&world).await;
        world.pass(31);
    }
    let mut tries = of(&world.csms.heard(), "NotifyEvent").split_off(before);
    tries.dedup();
    assert_eq!(tries.len(), 1);
    world.csms.behave(|server| server.refuses = None);
    let both = |heard: &[Heard]| {
        let mut told = of(heard, "NotifyEvent").split_off(before);
        told.dedup();
        (told.len() >= 2).then_some(())
    };
    world.csms.until("the message and the next one", both).await;
}

#[tokio::test]
async fn a_server_that_speaks_only_the_older_version_is_served_too() {
    let mut world = World::prepare().await;
    world.csms.behave(|server| server.version = "ocpp2.0.1");
    world.start_controller().await;
    world.until_available().await;
    let transaction = world.charge(1, 1, json!({"duration_ms": 60_000})).await;
    world.stop(&transaction).await;
    world.until_event(&transaction, "Ended").await;
}
