//! What stations in the field do wrong, and what must hold all the same.

use serde_json::json;

use super::station::{event, with};
use super::world::World;

#[tokio::test]
async fn repeated_reports_are_acknowledged_and_change_nothing() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let reports = [
        event("Started", 0, 1000),
        event("Updated", 1, 1050),
        event("Ended", 2, 1090),
    ];
    for report in reports.iter().chain(&reports) {
        station.transaction_event(report.clone()).await;
    }
    let sessions = world.sessions().await;
    assert_eq!(sessions.len(), 1);
    assert_eq!((sessions[0].energy_wh, sessions[0].state.as_str()), (90, "ended"));
    assert_eq!(world.count_readings().await, 3);
    assert_eq!(world.events("session.ended").await.len(), 1);
}

#[tokio::test]
async fn a_sample_that_reports_have_overtaken_is_kept_once_and_accounted_for_never() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let placed =
        |kind: &str, number: u32| json!({"customData": {"vendorId": "denro", "journal": 7, kind: number}});
    let sample = |number: u32, register_wh: i64| {
        let at = format!("2026-11-20T06:{number:02}:00Z");
        let values = json!({"evseId": 1, "meterValue": [
            {"timestamp": at, "sampledValue": [{"value": register_wh}]},
        ]});
        with(values, placed("sample", number))
    };
    station.call("MeterValues", sample(1, 900)).await;
    station
        .transaction_event(with(event("Started", 0, 1000), placed("report", 10)))
        .await;
    // From the hours before, three times each, as after a controller's crash.
    for number in 2..9 {
        for _ in 0..3 {
            station
                .call("MeterValues", sample(number, 900 + i64::from(number)))
                .await;
        }
    }
    station
        .transaction_event(with(event("Ended", 1, 1060), placed("report", 11)))
        .await;
    let sessions = world.sessions().await;
    assert_eq!((sessions.len(), sessions[0].energy_wh), (1, 60));
    assert_eq!(world.count_readings().await, 1 + 1 + 7 + 1);
    assert!(world.events("meter.anomaly").await.is_empty());
    let told = world.events("outlet.status").await;
    let registers: Vec<_> = told
        .iter()
        .map(|event| event["data"]["register_wh"].clone())
        .collect();
    assert_eq!(registers, [900, 1000, 902, 903, 904, 905, 906, 907, 908, 1060]);
    // A new controller begins a new journal.
    let renewed = json!({"customData": {"vendorId": "denro", "journal": 8, "sample": 1}});
    station.call("MeterValues", with(sample(30, 1061), renewed)).await;
    assert_eq!(world.count_readings().await, 11);
}

#[tokio::test]
async fn an_end_before_its_start_makes_one_session_with_the_right_energy() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let idle = json!({"evseId": 1, "meterValue": [
        {"timestamp": "2026-11-20T06:00:00Z", "sampledValue": [{"value": 1000}]},
    ]});
    station.call("MeterValues", idle).await;
    let driver = json!({"idToken": {"idToken": "card-1", "type": "ISO14443"}});
    station.transaction_event(event("Ended", 2, 1090)).await;
    station
        .transaction_event(with(event("Started", 0, 1005), driver))
        .await;
    station.transaction_event(event("Updated", 1, 1050)).await;
    let sessions = world.sessions().await;
    assert_eq!(sessions.len(), 1);
    let session = &sessions[0];
    assert_eq!(
        (session.state.as_str(), session.driver_id.as_str()),
        ("ended", "card-1")
    );
    assert_eq!((session.start_register_wh, session.energy_wh), (Some(1005), 85));
    // Every minute is kept, and kept once.
    for (kind, seq_no, register_wh) in [("Updated", 1, 1050), ("Started", 0, 1005), ("Ended", 2, 1090)] {
        station.transaction_event(event(kind, seq_no, register_wh)).await;
    }
    assert_eq!(world.count_readings().await, 1 + 3);
}

#[tokio::test]
async fn a_delivery_that_nobody_asked_for_makes_a_session_of_its_driver() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let driver = json!({"idToken": {"idToken": "card-1", "type": "ISO14443"}});
    let answer = station
        .transaction_event(with(event("Started", 0, 1000), driver))
        .await;
    assert_eq!(answer["idTokenInfo"]["status"], "Unknown");
    let sessions = world.sessions().await;
    assert_eq!((sessions.len(), sessions[0].driver_id.as_str()), (1, "card-1"));
    let authorize = |token: &str| json!({"idToken": {"idToken": token, "type": "ISO14443"}});
    let driver = json!({"idToken": {"idToken": "card-1", "type": "ISO14443"}});
    let repeated = station
        .transaction_event(with(event("Started", 0, 1000), driver))
        .await;
    assert_eq!(repeated["idTokenInfo"]["status"], "Unknown");
    world.start_session("out_1_2").await;
    let known = station.call("Authorize", authorize("driver-7")).await;
    let unknown = station.call("Authorize", authorize("card-1")).await;
    assert_eq!(known["idTokenInfo"]["status"], "Accepted");
    assert_eq!(unknown["idTokenInfo"]["status"], "Unknown");
}

#[tokio::test]
async fn a_session_that_is_over_for_us_is_stopped_again_when_its_delivery_goes_on() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let asked = world.start_session("out_1_1").await;
    let call = station.called("RequestStartTransaction").await;
    station.answer(&call, json!({"status": "Rejected"})).await;
    world.command_until(&asked.command.id, "refused").await;
    let info = json!({"transactionId": "tx-1", "remoteStartId": call[3]["remoteStartId"]});
    station
        .transaction_event(with(event("Started", 0, 1000), json!({"transactionInfo": info})))
        .await;
    let stop = station.called("RequestStopTransaction").await;
    assert_eq!(stop[3]["transactionId"], "tx-1");
}

#[tokio::test]
async fn samples_without_energy_or_in_a_wrong_unit_leave_the_total_alone() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    station.transaction_event(event("Started", 0, 1000)).await;
    for (seq_no, sampled) in [
        (1, json!([{"value": 15.0, "measurand": "Current.Import"}])),
        (
            2,
            json!([{"value": 9_999_999, "unitOfMeasure": {"unit": "varh"}}]),
        ),
        (3, json!([{"value": 1.03, "unitOfMeasure": {"unit": "kWh"}}])),
    ] {
        let value = json!([{"timestamp": format!("2026-11-20T07:0{seq_no}:00Z"), "sampledValue": sampled}]);
        station
            .transaction_event(with(event("Updated", seq_no, 0), json!({"meterValue": value})))
            .await;
    }
    let without = json!({"meterValue": null});
    let mut last = with(event("Updated", 4, 0), without);
    last.as_object_mut().unwrap().remove("meterValue");
    station.transaction_event(last).await;
    assert_eq!(world.sessions().await[0].energy_wh, 30);
}

#[tokio::test]
async fn a_register_that_jumps_is_told_and_not_billed() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    station.transaction_event(event("Started", 0, 0)).await;
    for (seq_no, register_wh) in [(1, 910_000), (2, 910_040), (3, 910_080), (4, 910_120)] {
        station
            .transaction_event(event("Updated", seq_no, register_wh))
            .await;
    }
    let kinds: Vec<_> = world.events("meter.anomaly").await;
    let kinds: Vec<&str> = kinds
        .iter()
        .map(|event| event["data"]["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["too_fast", "rebased"]);
    assert_eq!(world.sessions().await[0].energy_wh, 40);
}

#[tokio::test]
async fn a_station_whose_clock_stands_at_1970_is_billed_right() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    for (kind, seq_no, register_wh) in [("Started", 0, 1000), ("Updated", 1, 1001), ("Ended", 2, 1002)] {
        let mut report = event(kind, seq_no, register_wh);
        report["timestamp"] = json!("1970-01-01T00:00:05Z");
        report["meterValue"][0]["timestamp"] = json!("1970-01-01T00:00:05Z");
        station.transaction_event(report).await;
    }
    let session = &world.sessions().await[0];
    assert_eq!((session.state.as_str(), session.energy_wh), ("ended", 2));
    let told = world.events("session.ended").await;
    assert_ne!(told[0]["timestamp"].as_str().unwrap().get(..4), Some("1970"));
    for at in [session.energized_at, session.ended_at] {
        assert!(at.unwrap() >= session.requested_at, "{session:?}");
    }
}

#[tokio::test]
async fn a_stop_that_the_station_refuses_stays_open_until_the_end_is_reported() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    station.transaction_event(event("Started", 0, 1000)).await;
    let session = world.sessions().await.remove(0);
    let stop = world.stop_session(&session.id).await.unwrap();
    let call = station.called("RequestStopTransaction").await;
    station.answer(&call, json!({"status": "Rejected"})).await;
    station.transaction_event(event("Ended", 1, 1040)).await;
    world.command_until(&stop.command.id, "confirmed").await;
    assert_eq!(world.session(&session.id).await.state, "ended");
}

#[tokio::test]
async fn what_was_noticed_is_told_once_though_the_station_repeats_it() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let rise = |number: u32, second: u32| {
        json!({
            "eventId": number, "timestamp": format!("2026-11-20T07:00:{second:02}Z"), "trigger": "Alerting",
            "actualValue": "15.6", "component": {"name": "EVSE", "evse": {"id": 2}},
            "variable": {"name": "ACCurrent"}, "eventNotificationType": "CustomMonitor",
        })
    };
    let both =
        json!({"generatedAt": "2026-11-20T07:00:00Z", "seqNo": 0, "eventData": [rise(1, 0), rise(2, 1)]});
    let later = json!({"generatedAt": "2026-11-20T07:00:00Z", "seqNo": 0, "eventData": [rise(3, 1)]});
    for notice in [&both, &both, &later, &later] {
        station.call("NotifyEvent", notice.clone()).await;
    }
    assert_eq!(world.events("outlet.current_rise").await.len(), 3);
}

/// One event of a station's `component`, without an outlet.
fn of_station(component: &str, (number, second): (u32, u32), value: &str, info: &str) -> serde_json::Value {
    let data = json!({
        "eventId": number, "timestamp": format!("2026-11-20T07:00:{second:02}Z"), "trigger": "Alerting",
        "actualValue": value, "cleared": value == "false", "techInfo": info,
        "component": {"name": component}, "variable": {"name": "Problem"},
        "eventNotificationType": "HardWiredNotification",
    });
    json!({"generatedAt": "2026-11-20T07:00:00Z", "seqNo": 0, "eventData": [data]})
}

#[tokio::test]
async fn what_is_wrong_with_a_station_is_told_once_whichever_way_it_comes() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let told = |place, value| of_station("ChargingStation", place, value, "disk_failed");
    let notices = [
        told((2_000_000_007, 20), "true"),
        told((2_000_000_007, 20), "true"),
        told((2_000_000_030, 30), "false"),
        // The journal tells both later.
        told((11, 10), "true"),
        told((12, 29), "false"),
        of_station("ChargingStation", (13, 31), "true", "journal_full"),
    ];
    for notice in notices {
        station.call("NotifyEvent", notice).await;
    }
    let events = world.events("controller.problem").await;
    let data: Vec<_> = events.iter().map(|event| event["data"].clone()).collect();
    let expected = |problem: &str, cleared: bool| {
        json!({
            "controller_id": "ctl_1", "station_id": "st_1", "site_id": "site_1",
            "problem": problem, "cleared": cleared,
        })
    };
    assert_eq!(
        data,
        [
            expected("disk_failed", false),
            expected("disk_failed", true),
            expected("journal_full", false)
        ]
    );
    assert!(events.iter().all(|event| event["outlet_id"].is_null()));
}

#[tokio::test]
async fn a_doubtful_meter_of_the_main_circuit_is_told_with_its_controller() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let back = of_station(
        "FiscalMetering",
        (1, 5),
        "true",
        r#"{"kind":"back","from":200,"to":100}"#,
    );
    station.call("NotifyEvent", back.clone()).await;
    station.call("NotifyEvent", back).await;
    let told = world.events("meter.anomaly").await;
    assert_eq!(told.len(), 1);
    assert_eq!(
        told[0]["data"],
        json!({"kind": "back", "from_wh": 200, "to_wh": 100, "controller_id": "ctl_1"})
    );
}

#[tokio::test]
async fn a_requested_sample_is_told_once_though_the_station_repeats_it() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let values = json!({"evseId": 1, "meterValue": [{"timestamp": "2026-11-20T07:00:00Z", "sampledValue": [
        {"value": 1000, "context": "Trigger"},
    ]}]});
    for _ in 0..2 {
        station.call("MeterValues", values.clone()).await;
    }
    let told = world.events("outlet.status").await;
    assert_eq!((told.len(), &told[0]["data"]["requested"]), (1, &json!(true)));
}

#[tokio::test]
async fn control_characters_in_a_stations_texts_are_left_out() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let driver = json!({"idToken": {"idToken": "card\u{0}-1", "type": "ISO14443"}});
    station
        .transaction_event(with(event("Started", 0, 1000), driver))
        .await;
    assert_eq!(world.sessions().await[0].driver_id, "card-1");
}

#[tokio::test]
async fn later_reports_may_leave_the_outlet_out() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    station.transaction_event(event("Started", 0, 1000)).await;
    let mut ended = event("Ended", 1, 1040);
    ended.as_object_mut().unwrap().remove("evse");
    station.transaction_event(ended).await;
    assert_eq!(world.sessions().await[0].state, "ended");
}

#[tokio::test]
async fn bad_frames_and_payloads_get_the_error_that_fits_and_harm_nothing() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    assert_eq!(station.refused("FlyToTheMoon", json!({})).await, "NotImplemented");
    assert_eq!(
        station
            .refused("GetDisplayMessages", json!({"requestId": 1}))
            .await,
        "NotSupported"
    );
    let missing = station.refused("StatusNotification", json!({"evseId": 1})).await;
    assert_eq!(missing, "OccurrenceConstraintViolation");
    let wrong = with(event("Started", 0, 0), json!({"seqNo": "zero"}));
    assert_eq!(
        station.refused("TransactionEvent", wrong).await,
        "TypeConstraintViolation"
    );
    station.send("this is not JSON").await;
    assert_eq!(station.next_answer().await[2], "RpcFrameworkError");
    station.call("Heartbeat", json!({})).await;
}
