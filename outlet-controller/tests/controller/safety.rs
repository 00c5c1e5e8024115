//! An OFF waits for nothing: no look, no disk, no other breaker, no server.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use outlet_controller::Config;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::world::World;

fn minutes(minutes: u64) -> Value {
    json!({"duration_ms": minutes * 60_000})
}

#[tokio::test]
async fn a_charge_ends_at_its_deadline_without_waiting_for_a_look() {
    let world = World::start().await;
    world.charge(1, 1, minutes(10)).await;
    let before = world.house.reads();
    world.pass(601);
    world.until_breaker(1, false).await;
    // A whole look is ten reads; one may have been on its way.
    let at_off = world.house.reads_at_last_write();
    assert!(at_off - before <= 2, "{before} {at_off}");
}

/// Breakers that are moved by pulses.
async fn pulsed() -> World {
    let world = World::prepare().await;
    world.house.use_pulses();
    world.change_panel(&[
        ("waveshare.relay8d", "generic.motor-io"),
        (
            r#"kind = "maintained", out = "relay.out{n}""#,
            r#"kind = "pulse", close = "relay.close{n}", open = "relay.open{n}""#,
        ),
    ]);
    world
}

#[tokio::test]
async fn charges_that_end_together_are_switched_off_together() {
    let mut world = pulsed().await;
    world.start_controller().await;
    world.until_available().await;
    world.charge(1, 1, minutes(10)).await;
    world.charge(2, 2, minutes(10)).await;
    let written = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&written);
    world
        .house
        .on_coil(move |output, on| sink.lock().unwrap().push((output, on)));
    world.pass(601);
    world.until_breaker(1, false).await;
    world.until_breaker(2, false).await;
    // Each pulse is 400 ms long: the second begins while the first is pressed.
    let written = written.lock().unwrap();
    let opened = [(9, true), (10, true)].map(|press| written.iter().position(|write| *write == press));
    let released = written.iter().position(|write| *write == (9, false));
    assert!(opened[0] < opened[1] && opened[1].is_some(), "{written:?}");
    assert!(
        released.is_none_or(|released| opened[1] < Some(released)),
        "{written:?}"
    );
}

/// The first write of outputs from now on that is one of these.
async fn first_of(writes: &mut UnboundedReceiver<(usize, bool)>, these: &[(usize, bool)]) -> (usize, bool) {
    loop {
        let write = writes.recv().await.unwrap();
        if these.contains(&write) {
            return write;
        }
    }
}

#[tokio::test]
async fn a_stop_and_a_deadline_are_heard_while_another_breakers_pulse_is_under_way() {
    let mut world = pulsed().await;
    let devices = world.folder.join("devices");
    std::fs::create_dir(&devices).unwrap();
    let slow =
        include_str!("../../devices/generic.motor-io.toml").replace("pulse_ms = 400", "pulse_ms = 3000");
    std::fs::write(
        devices.join("slow.toml"),
        slow.replace("generic.motor-io", "generic.slow-io"),
    )
    .unwrap();
    world.change_panel(&[("generic.motor-io", "generic.slow-io")]);
    let config = Config {
        devices_dir: Some(devices),
        ..world.config()
    };
    world.start_with(config).await;
    world.until_available().await;
    let (sink, mut writes) = unbounded_channel();
    world
        .house
        .on_coil(move |output, on| sink.send((output, on)).unwrap_or_default());
    let transaction = world.charge(1, 1, minutes(30)).await;
    world.pass(2);
    world.charge(3, 3, minutes(20)).await;
    first_of(&mut writes, &[(3, false)]).await;
    world.pass(2);
    let answer = world.ask_start(2, 2, minutes(30)).await;
    assert_eq!(answer["status"], "Accepted");
    first_of(&mut writes, &[(2, true)]).await;
    world.stop(&transaction).await;
    // Each would wait for the end of the pulse before.
    assert_eq!(first_of(&mut writes, &[(9, true), (2, false)]).await, (9, true));
    world.pass(20 * 60);
    assert_eq!(first_of(&mut writes, &[(11, true), (2, false)]).await, (11, true));
}

#[tokio::test]
async fn a_stop_comes_right_after_its_own_outlets_pulse() {
    let mut world = pulsed().await;
    world.start_controller().await;
    world.until_available().await;
    let (sink, mut writes) = unbounded_channel();
    world
        .house
        .on_coil(move |output, on| sink.send((output, on)).unwrap_or_default());
    let answer = world.ask_start(2, 2, minutes(30)).await;
    first_of(&mut writes, &[(2, true)]).await;
    world.stop(answer["transactionId"].as_str().unwrap()).await;
    // Others may still end what they were told at the start.
    let own = [(2, true), (2, false), (10, true), (10, false)];
    assert_eq!(first_of(&mut writes, &own).await, (2, false));
    assert_eq!(first_of(&mut writes, &own).await, (10, true));
    world.until_breaker(2, false).await;
}

/// A scan of meters that do not answer takes seconds.
#[tokio::test]
async fn a_stop_does_not_wait_for_a_look_however_late_that_is() {
    let world = World::start().await;
    for number in [1, 2, 3] {
        let transaction = world.charge(number, number, minutes(30)).await;
        world.house.hold_meters(true);
        // Longer than the rhythm: the next look is overdue already.
        world.pass(61);
        let before = world.house.reads();
        while world.house.reads() < before + 3 {
            tokio::task::yield_now().await;
        }
        let before = world.house.reads();
        world.stop(&transaction).await;
        world.until_breaker(usize::try_from(number).unwrap(), false).await;
        let waited_for = world.house.reads_at_last_write() - before;
        assert!(waited_for <= 2, "{waited_for}");
        world.house.hold_meters(false);
        world.until_event(&transaction, "Ended").await;
        world.pass(2);
    }
}

#[tokio::test]
async fn a_trip_opens_the_breaker_while_meters_are_waited_for() {
    let world = World::start().await;
    let transaction = world.charge(1, 1, minutes(30)).await;
    world.house.hold_meters(true);
    let before = world.house.reads();
    world.house.change(1, |outlet| outlet.tripped = true);
    world.until_breaker(1, false).await;
    // Two looks at two units, and what was on its way; a round of all meters is eighteen reads and as many repeats.
    let waited_for = world.house.reads_at_last_write() - before;
    assert!(waited_for <= 12, "{waited_for}");
    let ended = world.until_event(&transaction, "Ended").await;
    assert_eq!(ended["customData"]["reason"], "tripped");
}

#[tokio::test]
async fn a_stop_opens_the_breaker_while_a_start_waits_for_the_disk() {
    let world = World::start().await;
    let transaction = world.charge(1, 1, minutes(10)).await;
    let disk = world.lock_disk();
    let (start, stop) = tokio::join!(
        async {
            let start = json!({
                "evseId": 2, "remoteStartId": 2, "idToken": {"idToken": "driver-2", "type": "Central"},
            });
            let answer = world.csms.call("RequestStartTransaction", start).await;
            (answer[2].clone(), world.house.is_closed(1))
        },
        world
            .csms
            .call("RequestStopTransaction", json!({"transactionId": transaction})),
    );
    assert_eq!(start, (json!("InternalError"), false));
    assert_eq!(stop[2], "InternalError");
    drop(disk);
    let ended = world.until_event(&transaction, "Ended").await;
    assert_eq!(ended["customData"]["reason"], "remote");
    assert!(!world.house.is_closed(2));
}

#[tokio::test]
async fn a_lock_out_whose_end_cannot_be_stored_stays() {
    let world = World::start().await;
    world.house.change(4, |outlet| outlet.stuck = true);
    let answer = world.ask_start(4, 1, minutes(10)).await;
    let transaction = answer["transactionId"].as_str().unwrap();
    world.until_event(transaction, "Ended").await;
    world.until_state(4, "Faulted").await;
    let clear = json!({"setVariableData": [{
        "attributeValue": "false",
        "component": {"name": "PowerContactor", "evse": {"id": 4}},
        "variable": {"name": "Tripped"},
    }]});
    let disk = world.lock_disk();
    let refused = world.csms.call("SetVariables", clear.clone()).await;
    assert_eq!(refused[2], "InternalError", "{refused}");
    drop(disk);
    let state = json!({"getVariableData": [{
        "component": {"name": "EVSE", "evse": {"id": 4}},
        "variable": {"name": "AvailabilityState"},
    }]});
    let answer = world.csms.call("GetVariables", state).await[2].clone();
    assert_eq!(answer["getVariableResult"][0]["attributeValue"], "Faulted");
    // The disk needs a moment to find out that it is free.
    let cleared = async {
        loop {
            let answer = world.csms.call("SetVariables", clear.clone()).await[2].clone();
            if answer["setVariableResult"][0]["attributeStatus"] == "Accepted" {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), cleared)
        .await
        .unwrap();
    world.until_state(4, "Available").await;
}

#[tokio::test]
async fn a_threshold_that_is_set_already_needs_no_disk() {
    let world = World::start().await;
    let monitor = json!({"setMonitoringData": [{
        "value": 10.0, "type": "UpperThreshold", "severity": 5,
        "component": {"name": "EVSE", "evse": {"id": 7}}, "variable": {"name": "ACCurrent"},
    }]});
    let first = world.csms.call("SetVariableMonitoring", monitor.clone()).await;
    assert_eq!(
        first[2]["setMonitoringResult"][0]["status"], "Accepted",
        "{first}"
    );
    let _disk = world.lock_disk();
    let again = world.csms.call("SetVariableMonitoring", monitor).await;
    assert_eq!(
        again[2]["setMonitoringResult"][0]["status"], "Accepted",
        "{again}"
    );
}

#[tokio::test]
async fn a_panel_file_that_lost_the_outlet_of_a_charge_is_refused() {
    let mut world = World::start().await;
    world.charge(1, 1, minutes(10)).await;
    world.charge(8, 2, minutes(10)).await;
    world.stop_controller().await;
    world.change_panel(&[("count = 8", "count = 7")]);
    let started = outlet_controller::start(world.config(), world.clock.clone()).await;
    let error = started.unwrap_err().to_string();
    assert!(
        error.contains("has 7 outlets, but a charge of outlet 8"),
        "{error}"
    );
    assert!(!world.house.is_closed(1));
}
