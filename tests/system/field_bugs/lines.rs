//! R9, R10, R12, R13: lines that are half dead, and stations that do not answer.

use std::time::Duration;

use serde_json::json;
use system_tests::proxy::Proxy;
use system_tests::raw_station::RawStation;
use system_tests::world::World;

use super::{Field, charge_of};

async fn raw_station(world: &World, at: std::net::SocketAddr) -> std::io::Result<RawStation> {
    let now_us = jiff::Timestamp::now().as_microsecond();
    RawStation::connect(at, &world.station_id, &world.station_password, now_us).await
}

fn server_of(world: &World) -> std::net::SocketAddr {
    world.api.url("").trim_start_matches("http://").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_station_behind_a_half_open_line_is_served_at_its_new_one_and_its_old_one_is_ended() {
    let Some(field) = Field::start().await else { return };
    let Field { world, station } = field;
    station.leave().await;
    world.until_online(false).await;
    let line = Proxy::start(server_of(&world)).await;
    let mut old = raw_station(&world, line.address()).await.unwrap();
    old.boot().await.unwrap();
    line.half_open();
    let mut new = raw_station(&world, line.address()).await.unwrap();
    // The old line would be given up after 75 s; nobody waits for that.
    let served = tokio::time::timeout(Duration::from_secs(10), new.boot()).await;
    served.expect("served before the old line is given up").unwrap();
    world.until_online(true).await;
    let told = world.events().await;
    let offline = told.iter().filter(|event| event["type"] == "controller.offline");
    assert!(offline.count() <= 1, "only the first station has gone: {told:#?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_cannot_show_who_it_is_never_takes_a_stations_place() {
    let Some(mut field) = Field::start().await else {
        return;
    };
    let server = server_of(&field.world);
    for guess in 0..40 {
        let station = &field.world.station_id;
        let refused = RawStation::connect(server, station, &format!("dnr_st_guess{guess}"), 0).await;
        assert!(refused.is_err(), "{guess}");
    }
    field.station.call("Heartbeat", json!({})).await.unwrap();
    assert_eq!(field.count_events("controller.offline").await, 0);
    field.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cable_that_is_cut_without_a_word_is_shown_offline_after_two_missed_pings() {
    let Some(field) = Field::start_here().await else {
        return;
    };
    let Field { world, station } = field;
    station.leave().await;
    world.until_online(false).await;
    let line = Proxy::start(server_of(&world)).await;
    let mut behind = raw_station(&world, line.address()).await.unwrap();
    behind.boot().await.unwrap();
    world.until_online(true).await;
    line.half_open();
    let mut passed_s = 0;
    while world.outlet(1).await["state"] != "offline" {
        assert!(passed_s <= 90, "still online after {passed_s} s");
        world.clock.advance(Duration::from_secs(5));
        passed_s += 5;
        // The server's timers have to run between two steps of the clock.
        for _ in 0..10 {
            world.outlet(1).await;
        }
    }
    assert!(
        passed_s >= 60,
        "given up after {passed_s} s, before two pings were missed"
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_station_that_never_answers_fails_that_command_alone_and_its_late_answer_is_nobodys() {
    let Some(mut field) = Field::start_here().await else {
        return;
    };
    field.station.answer_with("TriggerMessage", json!(null)).await;
    let first = field.world.ask_for_status(1).await;
    field.station.asked("TriggerMessage").await;
    // Its own calls go on meanwhile.
    for _ in 0..20 {
        field.station.call("Heartbeat", json!({})).await.unwrap();
    }
    field.world.clock.advance(Duration::from_secs(31));
    let outcome = field.world.until_outcome(&first).await;
    assert_ne!(outcome["state"], "confirmed", "{outcome:#}");
    let second = field.world.ask_for_status(1).await;
    field.station.asked("TriggerMessage").await;
    field.station.answer_late("TriggerMessage").await;
    field.station.call("Heartbeat", json!({})).await.unwrap();
    let path = format!("/v1/commands/{second}");
    let open = field.world.api.get(&path).await;
    assert_eq!(
        open["completed_at"],
        json!(null),
        "an answer to another call: {open:#}"
    );
    assert_eq!(
        field.world.api.get(&format!("/v1/commands/{first}")).await,
        outcome
    );
    // The station is free for the next: a start is asked for once the second has run out.
    field.world.clock.advance(Duration::from_secs(31));
    field.world.until_outcome(&second).await;
    let (charge, start_id) = field.asked_for().await;
    for report in charge_of(start_id) {
        field.tell(&report).await;
    }
    field.world.until_ended(&charge).await;
    field.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_in_both_directions_do_not_wait_for_each_other() {
    let Some(mut field) = Field::start().await else {
        return;
    };
    field
        .station
        .answer_with("RequestStartTransaction", json!(null))
        .await;
    let (charge, start_id) = field.asked_for().await;
    let reports = charge_of(start_id);
    for _ in 0..50 {
        field.station.call("Heartbeat", json!({})).await.unwrap();
    }
    field.tell(&reports[0]).await;
    field.station.answer_late("RequestStartTransaction").await;
    let outcome = field.world.until_outcome(&charge.command_id).await;
    assert_eq!(outcome["state"], "confirmed", "{outcome:#}");
    for report in &reports[1..] {
        field.tell(report).await;
    }
    field.world.until_ended(&charge).await;
    field.finish().await;
}
