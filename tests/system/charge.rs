//! A charge from the request to the end: by the API, by a limit, and what is told meanwhile.

use std::time::Duration;

use denro::simulator::What;
use serde_json::{Value, json};
use system_tests::checker::{minutes_measured, seconds};
use system_tests::world::{Charge, Options, World};

/// What flowed since the panel started, in Wh, and what is billed, differ by the last digit of the register only.
fn assert_billed(world: &World, n: usize, session: &Value) {
    let (billed, flowed) = (
        session["energy_wh"].as_i64().unwrap(),
        world.panel.delivered_mwh(World::number(n)),
    );
    assert!(
        (billed * 1000 - flowed).abs() <= 1000,
        "{billed} Wh billed, {flowed} mWh flowed: {session}"
    );
    assert!(billed > 0, "{session}");
}

/// Milliseconds from `since` on the panel's clock until the contacts of an outlet parted.
fn opened_after_ms(world: &World, n: usize, since_tick_ms: u64) -> u64 {
    let history = world.panel.history();
    let opened = history
        .iter()
        .rfind(|h| h.outlet == World::number(n) && h.what == What::Opened);
    opened.expect("the breaker has opened").tick_ms - since_tick_ms
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_charge_is_started_told_of_each_minute_and_stopped_by_the_api() {
    let world = World::start(Options::default()).await;
    let charge = world.charging(1, json!({"duration_s": 7200})).await;
    let started = world.until_outcome(&charge.command_id).await;
    assert_eq!(started["state"], "confirmed", "{started}");
    world.pass_minutes(5).await;
    world.stop_charge(&charge).await;
    let session = world.until_ended(&charge).await;
    assert_eq!(session["state"], "ended");
    assert_eq!(session["ended_reason"], "remote");
    assert_billed(&world, 1, &session);
    assert_eq!(world.session(&charge).await["energy_wh"], session["energy_wh"]);
    let minutes = minutes_measured(&world.events().await, &charge.outlet_id);
    assert!(minutes.len() >= 5, "{minutes:?}");
    assert!(
        minutes.windows(2).all(|pair| pair[1] == pair[0] + 1),
        "each minute once: {minutes:?}"
    );
    let status = world
        .until_event("outlet.status", 1, |data| {
            data["session_id"] == charge.session_id.as_str() && data["energy_wh"].as_i64() > Some(0)
        })
        .await;
    for value in ["register_wh", "voltage_mv", "current_ma", "power_w", "energy_wh"] {
        assert!(status["data"][value].is_i64(), "{value}: {status}");
    }
    assert_eq!(status["data"]["breaker"], "closed");
    assert_eq!(world.outlet(1).await["state"], "available");
    assert_eq!(world.panel.forbidden_writes(), 0);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outlet_just_stopped_is_not_told_with_the_current_of_before() {
    let world = World::start(Options::default()).await;
    let charge = world.charging(1, json!({})).await;
    world.pass_minutes(2).await;
    assert!(world.outlet(1).await["current_ma"].as_i64() > Some(1_000));
    world.stop_charge(&charge).await;
    world.until_ended(&charge).await;
    let outlet = world.outlet(1).await;
    let told = world
        .until_event("outlet.status", 1, |data| {
            data["breaker"] == "open" && data["register_wh"].as_i64() > Some(0)
        })
        .await;
    for shown in [&outlet, &told["data"]] {
        assert_eq!(shown["breaker"], "open", "{shown}");
        assert!(
            shown["current_ma"].is_null() && shown["power_w"].is_null(),
            "{shown}"
        );
        assert!(shown["register_wh"].is_i64(), "{shown}");
    }
    world.pass_minutes(1).await;
    let measured = world.outlet(1).await;
    assert_eq!(
        (&measured["current_ma"], &measured["power_w"]),
        (&json!(0), &json!(0))
    );
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn energized_comes_before_any_current_and_charging_started_with_it() {
    let world = World::start(Options::default()).await;
    let charge = world.start_charge(2, json!({})).await;
    let session = world.until_session_event(&charge, "session.energized").await;
    assert_eq!(
        (session["state"].as_str(), &session["charging_started_at"]),
        (Some("energized"), &Value::Null)
    );
    world.panel.plug_in(World::number(2), None);
    let session = world.until_charging(&charge).await;
    assert!(session["charging_started_at"].is_string());
    world.stop_charge(&charge).await;
    world.until_ended(&charge).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_charge_ends_at_its_time_while_the_server_is_gone() {
    let mut world = World::start(Options::default()).await;
    let charge = world.charging(1, json!({"duration_s": 600})).await;
    let until = seconds(&world.session(&charge).await["limits"]["until"]).unwrap();
    world.stop_server().await;
    world.pass_minutes(9).await;
    let left_s = until - world.clock.now_us() as f64 / 1e6;
    world.pass(Duration::from_secs_f64(left_s - 4.0)).await;
    assert_eq!(
        world.panel.position(World::number(1)),
        domain::observation::Position::Closed
    );
    let two_seconds_before =
        world.clock.tick_ms() + ((until - 2.0) * 1e3) as u64 - world.clock.now_us() as u64 / 1000;
    world.pass(Duration::from_secs(4)).await;
    world
        .until_panel("an open breaker", |panel| is_open(panel, 1))
        .await;
    let late_ms = opened_after_ms(&world, 1, two_seconds_before);
    assert!(
        late_ms <= 4_000,
        "the breaker opened {late_ms} ms after 2 s before the end"
    );
    // The controller has seen it, too.
    world.pass(Duration::ZERO).await;
    world.pass_minutes(2).await;
    world.restart_server().await;
    let session = world.until_ended(&charge).await;
    assert_eq!(session["ended_reason"], "time_limit");
    let late_s = seconds(&session["ended_at"]).unwrap() - until;
    assert!(
        (-2.0..=2.0).contains(&late_s),
        "ended {late_s} s after its limit: {session}"
    );
    assert_billed(&world, 1, &session);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_charge_ends_when_its_energy_is_delivered() {
    let world = World::start(Options::default()).await;
    let charge = world.charging(1, json!({"energy_wh": 120})).await;
    // 3 kW are 0.84 Wh a second: a second more or less at each look.
    world.pass_minutes(2).await;
    for _ in 0..25 {
        if is_open(&world.panel, 1).is_some() {
            break;
        }
        world.pass(Duration::from_secs(2)).await;
    }
    let session = world.until_ended(&charge).await;
    assert_eq!(session["ended_reason"], "energy_limit");
    assert_billed(&world, 1, &session);
    let billed = session["energy_wh"].as_i64().unwrap();
    assert!((120..=124).contains(&billed), "{billed} Wh for a limit of 120");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_cars_charge_ends_or_goes_on_as_it_was_asked_for() {
    let world = World::start(Options::default()).await;
    let mut charges: Vec<Charge> = Vec::new();
    for (n, when_idle) in [(1, "end"), (2, "keep")] {
        world.panel.plug_in(World::number(n), Some(20));
        let limits = json!({"duration_s": 7200, "when_idle": when_idle});
        let charge = world.start_charge(n, limits).await;
        world.until_session_event(&charge, "session.energized").await;
        world.until_charging(&charge).await;
        charges.push(charge);
    }
    // Full within the first minute, and idle for longer than ten.
    for _ in 0..40 {
        world.pass(Duration::from_secs(30)).await;
    }
    let [ends, goes_on] = [&charges[0], &charges[1]];
    let session = world.until_ended(ends).await;
    assert_eq!(session["ended_reason"], "car_idle");
    assert_billed(&world, 1, &session);
    let told = |data: &Value| data["notice"] == "car_idle";
    world.until_event("outlet.notice", 2, told).await;
    assert_eq!(world.session(goes_on).await["ended_at"], Value::Null);
    world.stop_charge(goes_on).await;
    let session = world.until_ended(goes_on).await;
    assert_eq!(session["ended_reason"], "remote");
    assert_billed(&world, 2, &session);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_charge_without_an_end_ends_after_a_day() {
    let world = World::start(Options::default()).await;
    let charge = world.charging(2, json!({})).await;
    let session = world.session(&charge).await;
    let lasts_s = seconds(&session["limits"]["until"]).unwrap() - seconds(&session["requested_at"]).unwrap();
    assert_eq!(lasts_s, 86_400.0);
    for _ in 0..24 {
        world.pass(Duration::from_secs(3_590)).await;
    }
    assert!(is_open(&world.panel, 2).is_none(), "closed until the day is over");
    world.pass(Duration::from_secs(240)).await;
    let session = world.until_ended(&charge).await;
    assert_eq!(session["ended_reason"], "time_limit");
    assert_billed(&world, 2, &session);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn charges_at_all_outlets_are_billed_each_with_its_own_energy() {
    let options = Options {
        outlets: 8,
        ..Options::default()
    };
    let world = World::start(options).await;
    let mut charges: Vec<Charge> = Vec::new();
    for n in 1..=8 {
        world.panel.plug_in(World::number(n), Some(20 * n as i64));
        charges.push(world.start_charge(n, json!({"duration_s": 3600})).await);
    }
    for charge in &charges {
        world.until_session_event(charge, "session.energized").await;
    }
    world.pass_minutes(5).await;
    for charge in &charges {
        world.stop_charge(charge).await;
        let session = world.until_ended(charge).await;
        assert_billed(&world, charge.n, &session);
    }
    world.finish().await;
}

fn is_open(panel: &denro::simulator::SimulatedPanel, n: usize) -> Option<()> {
    (panel.position(World::number(n)) == domain::observation::Position::Open).then_some(())
}
