//! The servers' wall clock is set forward and back by a day while a station reports: nothing is billed twice or to nobody.

use std::time::Duration;

use foundation::Clock;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use system_tests::checker::Evidence;
use system_tests::crowd::{logins, provision};
use system_tests::raw_station::RawStation;
use system_tests::world::{DEADLINE, Servers};

const DAY_MS: i64 = 86_400_000;
const MINUTES: i64 = 20;
const WH_A_MINUTE: i64 = 48;
const FOLDED_EVERY: Duration = Duration::from_secs(3 * 3_600);

async fn events(servers: &Servers) -> Vec<Value> {
    let page = servers.api.get("/v1/events?limit=200").await;
    page["data"].as_array().unwrap().clone()
}

/// What the days come to, once they are over and added up.
async fn folded_usage(servers: &Servers, clock: &Clock, began: Timestamp) -> Value {
    let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
    let (from, to) = (day(began - 24.hours()), day(began + 72.hours()));
    let path = format!("/v1/usage?from={from}&to={to}&group_by=outlet");
    let added_up = async {
        loop {
            clock.advance(FOLDED_EVERY);
            let usage = servers.api.get(&path).await;
            if let Some(row) = usage["data"].get(0) {
                return row.clone();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(DEADLINE, added_up)
        .await
        .expect("usage is added up")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn energy_usage_and_the_order_of_events_are_right_though_the_servers_clock_steps_by_a_day() {
    let clock = Clock::system();
    let servers = Servers::start(clock.clone(), None).await;
    let made = provision(&servers.api, 1).await.remove(0);
    let login = logins(std::slice::from_ref(&made)).remove(0);
    // The station's own clock is right all the time.
    let began = Timestamp::now() - 6.hours();
    let at_us = began.as_microsecond();
    let station = RawStation::connect(servers.address(), &login.station_id, &login.password, at_us).await;
    let mut station = station.unwrap();
    station.boot().await.unwrap();
    let outlet_id = &made["outlets"][0]["id"];
    let body = json!({"outlet_id": outlet_id, "driver_id": "driver-1"});
    let (accepted, started) = tokio::join!(
        servers.api.post("/v1/sessions", &body),
        station.start_when_asked()
    );
    started.unwrap();
    let session_id = accepted.ok()["session"]["id"].as_str().unwrap().to_owned();
    for step_ms in [0, DAY_MS, -2 * DAY_MS, DAY_MS] {
        clock.step_wall_ms(step_ms);
        for _ in 0..MINUTES {
            station.tell_minute().await.unwrap();
        }
    }
    let expected_wh = 4 * MINUTES * WH_A_MINUTE;
    let session = servers.api.get(&format!("/v1/sessions/{session_id}")).await;
    assert_eq!(session["energy_wh"], expected_wh, "{session:#}");
    let usage = folded_usage(&servers, &clock, began).await;
    assert_eq!(usage["energy_wh"], expected_wh, "{usage:#}");
    assert_eq!(usage["unattributed_wh"], 0, "{usage:#}");
    let evidence = Evidence {
        events: events(&servers).await,
        ..Evidence::default()
    };
    evidence.check();
    let told = evidence
        .events
        .iter()
        .filter(|event| event["outlet_id"] == *outlet_id);
    assert!(told.count() > 4 * MINUTES as usize);
    servers.stop().await;
}
