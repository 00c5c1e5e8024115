//! Alarms: opened and closed with what stations report, in the outlet's own sequence.

use foundation::Conn;
use serde_json::{Value, json};

use super::station::{Station, event, with};
use super::world::World;
use crate::store::alarms::{self, Filter};
use crate::store::controller_problems;

/// Kind, cause, and whether it is closed, the oldest first.
async fn standing(world: &World) -> Vec<(String, String, bool)> {
    let listed = world.until(
        |conn| alarms::list(conn, super::world::TENANT, &Filter::default(), 100),
        |_| true,
    );
    let rows = listed.await.into_iter().rev();
    rows.map(|(row, _)| (row.kind, row.cause, row.closed_at.is_some()))
        .collect()
}

fn one(kind: &str, cause: &str, closed: bool) -> (String, String, bool) {
    (kind.to_owned(), cause.to_owned(), closed)
}

async fn notify(station: &mut Station, number: u32, what: Value, ours: Option<Value>) {
    let at = format!("2026-11-20T07:00:{number:02}Z");
    let data = with(
        json!({"eventId": number, "timestamp": at, "trigger": "Alerting", "eventNotificationType": "HardWiredNotification"}),
        what,
    );
    let mut notice = json!({"generatedAt": at, "seqNo": 0, "eventData": [data]});
    if let Some(ours) = ours {
        notice["customData"] = ours;
    }
    station.call("NotifyEvent", notice).await;
}

fn problem(component: Value, name: &str, stands: bool) -> Value {
    json!({"actualValue": stands.to_string(), "component": component, "variable": {"name": "Problem"},
        "techInfo": name, "cleared": !stands})
}

fn outlet() -> Value {
    json!({"name": "EVSE", "evse": {"id": 1}})
}

fn ours(breaker: &str, fault: Option<&str>) -> Value {
    let mut ours = json!({"vendorId": "denro", "breaker": breaker, "tripped": false});
    if let Some(fault) = fault {
        ours["fault"] = fault.into();
    }
    ours
}

fn values(evse: u32, second: u32, register_wh: i64, ampere: i64) -> Value {
    let at = format!("2026-11-20T07:01:{second:02}Z");
    json!({"evseId": evse, "meterValue": [{"timestamp": at, "sampledValue": [
        {"value": register_wh}, {"value": ampere, "measurand": "Current.Import"},
    ]}], "customData": ours("open", None)})
}

#[tokio::test]
async fn faults_that_stand_side_by_side_are_alarms_of_their_own_and_close_with_them() {
    let world = World::start().await;
    let mut station = world.booted_ours("st_1").await;
    let stands =
        |name, stands, left: Option<&str>| (problem(outlet(), name, stands), Some(ours("closed", left)));
    let (what, seen) = stands("over_current", true, Some("over_current"));
    notify(&mut station, 1, what, seen).await;
    let (what, seen) = stands("did_not_open", true, Some("over_current"));
    notify(&mut station, 2, what, seen).await;
    let (what, seen) = stands("over_current", false, Some("did_not_open"));
    notify(&mut station, 3, what, seen).await;
    let (first, second) = (
        one("outlet.fault", "over_current", true),
        one("outlet.fault", "did_not_open", false),
    );
    assert_eq!(standing(&world).await, [first.clone(), second]);
    let (what, seen) = stands("did_not_open", false, None);
    notify(&mut station, 4, what, seen).await;
    let second = one("outlet.fault", "did_not_open", true);
    assert_eq!(standing(&world).await, [first, second]);
    let opened = world.events("alarm.opened").await;
    assert_eq!(opened[1]["data"]["alarm"]["severity"], "critical");
    let closed = world.events("alarm.closed").await;
    assert!(closed[1]["sequence"].as_i64().unwrap() > opened[1]["sequence"].as_i64().unwrap());
    // Again, it is another one.
    let (what, seen) = stands("did_not_open", true, Some("did_not_open"));
    notify(&mut station, 5, what, seen).await;
    assert_eq!(standing(&world).await.len(), 3);
}

#[tokio::test]
async fn a_fault_that_is_named_later_is_one_alarm() {
    let world = World::start().await;
    let mut station = world.booted_ours("st_1").await;
    let coarse = json!({"timestamp": "2026-11-20T07:00:00Z", "connectorStatus": "Faulted", "evseId": 1, "connectorId": 1});
    station.call("StatusNotification", coarse.clone()).await;
    assert_eq!(standing(&world).await, [one("outlet.fault", "faulted", false)]);
    let welded = problem(outlet(), "welded", true);
    notify(&mut station, 1, welded, Some(ours("closed", Some("welded")))).await;
    station.call("StatusNotification", coarse).await;
    let (first, second) = (
        one("outlet.fault", "faulted", true),
        one("outlet.fault", "welded", false),
    );
    assert_eq!(standing(&world).await, [first, second]);
}

#[tokio::test]
async fn a_meter_that_does_not_answer_is_an_alarm_until_it_does() {
    let world = World::start().await;
    let mut station = world.booted_ours("st_1").await;
    station.call("MeterValues", values(1, 0, 1000, 0)).await;
    let silent = json!({"kind": "unusable", "why": "silent"}).to_string();
    let of_outlet = json!({"name": "FiscalMetering", "evse": {"id": 1}});
    notify(&mut station, 1, problem(of_outlet, &silent, true), None).await;
    let of_main = json!({"name": "FiscalMetering"});
    notify(&mut station, 2, problem(of_main, &silent, true), None).await;
    let both = [one("meter.silent", "", false), one("meter.silent", "", false)];
    assert_eq!(standing(&world).await, both);
    let problems = async || {
        let listed = |conn: &mut Conn| controller_problems::list_standing(conn, "ctl_1");
        world.until(listed, |_| true).await.len()
    };
    assert_eq!(problems().await, 1);
    station.call("MeterValues", values(1, 10, 1000, 0)).await;
    station.call("MeterValues", values(0, 10, 5000, 0)).await;
    let both = [one("meter.silent", "", true), one("meter.silent", "", true)];
    assert_eq!(standing(&world).await, both);
    assert_eq!(problems().await, 0);
}

#[tokio::test]
async fn current_through_an_open_breaker_is_an_alarm_on_the_second_look() {
    let world = World::start().await;
    let mut station = world.booted_ours("st_1").await;
    station.call("MeterValues", values(1, 0, 1000, 0)).await;
    station.call("MeterValues", values(1, 10, 1001, 14)).await;
    assert_eq!(standing(&world).await, []);
    station.call("MeterValues", values(1, 20, 1002, 14)).await;
    station.call("MeterValues", values(1, 30, 1003, 14)).await;
    let kind = "outlet.current_while_off";
    assert_eq!(standing(&world).await, [one(kind, "", false)]);
    station.call("MeterValues", values(1, 40, 1003, 0)).await;
    assert_eq!(standing(&world).await, [one(kind, "", true)]);
}

#[tokio::test]
async fn a_stop_in_vain_is_an_alarm_until_the_breaker_is_seen_open_and_so_is_a_controllers_problem() {
    let world = World::start().await;
    let mut station = world.booted_ours("st_1").await;
    let begun = with(
        event("Started", 0, 1000),
        json!({"customData": ours("closed", None)}),
    );
    station.transaction_event(begun).await;
    let session = world.sessions().await.remove(0);
    world.stop_session(&session.id).await.unwrap();
    let call = station.called("RequestStopTransaction").await;
    let error = json!([4, call[1], "InternalError", "", {}]);
    station.send(&error.to_string()).await;
    let id = session.id.clone();
    let stops = world.until(
        move |conn| crate::store::commands::list_of_session(conn, &id),
        |stops| stops.iter().any(|stop| stop.completed_at.is_some()),
    );
    assert_eq!(stops.await[0].state, "failed");
    assert_eq!(standing(&world).await, [one("stop.not_confirmed", "", false)]);
    let over = with(event("Ended", 1, 1010), json!({"customData": ours("open", None)}));
    station.transaction_event(over).await;
    assert_eq!(standing(&world).await, [one("stop.not_confirmed", "", true)]);
    let whole = json!({"name": "ChargingStation"});
    notify(
        &mut station,
        1,
        problem(whole.clone(), "journal_full", true),
        None,
    )
    .await;
    notify(&mut station, 2, problem(whole, "journal_full", false), None).await;
    assert_eq!(
        standing(&world).await[1],
        one("controller.problem", "journal_full", true)
    );
}
