//! Rules about what flows: too much, nothing, enough.

use super::*;
use crate::observation::Unusable;

#[test]
fn an_over_current_opens_the_breaker_with_the_second_sample_and_locks_out() {
    let mut bench = Bench::started();
    bench.current_ma = 30_001;
    bench.run(1);
    assert!(bench.outlet.needs_close_look(bench.now().tick));
    bench.pass(4);
    bench.look();
    assert_eq!(bench.position, Position::Open, "with the second sample");
    assert_eq!(bench.told(), ["ended OverCurrent 0", "fault over_current"]);
    bench.current_ma = 0;
    bench.run(20);
    assert_eq!(
        bench.start("t2", Limits::default()),
        Err(Refusal::Faulted(Fault::OverCurrent))
    );
    bench.clear().unwrap();
    bench.start("t2", Limits::default()).unwrap();
}

#[test]
fn a_single_sample_of_too_much_current_opens_nothing() {
    let mut bench = Bench::started();
    for current_ma in [90_000, 10_000, 90_000, 10_000] {
        bench.current_ma = current_ma;
        bench.run(1);
    }
    assert_eq!(bench.position, Position::Closed);
}

#[test]
fn a_tenth_more_than_rated_opens_the_breaker_after_ten_seconds() {
    let mut bench = Bench::started();
    bench.current_ma = 22_000;
    bench.run(60);
    assert_eq!(bench.position, Position::Closed, "a tenth is allowed");
    bench.current_ma = 22_001;
    bench.run(10);
    assert_eq!(bench.position, Position::Closed);
    bench.run(1);
    assert_eq!(bench.position, Position::Open);
}

#[test]
fn a_charge_without_a_load_is_warned_of_then_ended_and_not_billed() {
    let mut bench = Bench::started();
    bench.run(3 * 60);
    assert!(bench.told().is_empty());
    bench.run(1);
    assert_eq!(bench.told(), ["notice no_load"]);
    // What the cable draws by itself.
    (bench.current_ma, bench.register) = (20, Ok(WattHours(5_001)));
    bench.run(12 * 60 - 1);
    assert_eq!(bench.position, Position::Closed);
    bench.run(3);
    assert_eq!(bench.told(), ["breaker", "ended NoLoad 0"]);
    assert_eq!(bench.position, Position::Open);
}

#[test]
fn a_silent_meter_does_not_say_that_there_is_no_load() {
    let mut bench = Bench::started();
    bench.run(60);
    let silent = Observation {
        position: Position::Closed,
        tripped: Some(false),
        current: Some(Err(Unusable::Silent)),
        ..Observation::default()
    };
    for _ in 0..20 * 60 {
        bench.pass(1_000);
        bench.reports.extend(bench.outlet.observe(&silent, bench.now()));
    }
    bench.run(60);
    assert_eq!(bench.position, Position::Closed);
    assert!(!bench.told().iter().any(|told| told.contains("no_load")));
}

#[test]
fn a_full_car_is_told_once_and_the_charge_goes_on_or_ends_as_was_wished() {
    for (when_idle, expected) in [
        (WhenIdle::Keep, vec!["charging", "paused", "notice car_idle"]),
        (
            WhenIdle::End,
            vec!["charging", "paused", "notice car_idle", "ended CarIdle 2"],
        ),
    ] {
        let mut bench = Bench::new();
        let limits = Limits {
            when_idle,
            ..Limits::default()
        };
        bench.start("t1", limits).unwrap();
        bench.run(2);
        bench.told();
        bench.current_ma = 10_000;
        bench.run(10);
        (bench.current_ma, bench.register) = (499, Ok(WattHours(5_002)));
        bench.run(10 * 60);
        assert_eq!(bench.position, Position::Closed);
        bench.run(20 * 60);
        assert_eq!(bench.told_of_charges(), expected);
    }
}

#[test]
fn a_car_that_has_charged_before_a_restart_is_full_and_not_missing() {
    let mut bench = Bench::started();
    bench.current_ma = 10_000;
    bench.run(10);
    bench.told();
    bench.restart(Settings::default(), 1_000);
    bench.current_ma = 0;
    bench.run(20 * 60);
    assert_eq!(bench.told_of_charges(), ["notice car_idle"]);
}

#[test]
fn the_breaker_opens_at_the_energy_limit() {
    let mut bench = Bench::new();
    bench.start("t1", energy(10)).unwrap();
    for delivered in 1..10 {
        bench.register = Ok(WattHours(5_000 + delivered));
        bench.run(1);
        assert_eq!(bench.position, Position::Closed);
    }
    bench.register = Ok(WattHours(5_010));
    bench.run(2);
    assert_eq!(bench.position, Position::Open);
    assert_eq!(bench.told().last().unwrap(), "ended EnergyLimit 10");
}

/// Reads each `poll_ms` a meter that counts 3 kW in whole watt-hours; the loop wakes for the end that was foreseen.
fn delivered_at(limit_wh: i64, poll_ms: u64) -> i64 {
    let mut bench = Bench::new();
    (bench.current_ma, bench.power_w) = (15_000, 3_000);
    bench.start("t1", energy(limit_wh)).unwrap();
    bench.switch();
    let mut delivered_mwh = 0;
    let mut look_at = bench.now_ms + poll_ms;
    loop {
        let end = bench.outlet.next_end().map_or(look_at, |end| end.0.min(look_at));
        let step = end.max(bench.now_ms + 1) - bench.now_ms;
        bench.pass(step);
        if bench.position == Position::Closed {
            delivered_mwh += i64::try_from(step).unwrap() * 3_000 / 3_600;
        }
        bench.register = Ok(WattHours(5_000 + delivered_mwh / 1_000));
        if bench.now_ms >= look_at {
            look_at += poll_ms;
            bench.look();
        } else {
            bench.outlet.expire(bench.now());
            bench.switch();
        }
        if bench.told().iter().any(|told| told.starts_with("ended")) {
            return delivered_mwh;
        }
    }
}

#[test]
fn an_energy_limit_is_kept_to_the_watt_hour_however_rarely_the_meter_is_read() {
    for poll_ms in [250, 1_000, 2_500, 10_000] {
        for limit_wh in [10, 99, 1_000] {
            let over_mwh = delivered_at(limit_wh, poll_ms) - limit_wh * 1_000;
            assert!(
                (-1_000..=1_000).contains(&over_mwh),
                "limit {limit_wh} Wh, read each {poll_ms} ms: {over_mwh} mWh over"
            );
        }
    }
}

#[test]
fn a_wild_reading_of_power_ends_no_charge_that_has_energy_left() {
    let mut bench = Bench::new();
    bench.start("t1", energy(100)).unwrap();
    bench.run(2);
    bench.power_w = 1_000_000;
    bench.run(1);
    bench.power_w = 3_000;
    bench.run(10);
    assert_eq!(bench.position, Position::Closed);
}

#[test]
fn an_energy_limit_ends_a_charge_whose_meter_fell_silent() {
    let mut bench = Bench::new();
    bench.start("t1", energy(1_000)).unwrap();
    bench.run(10);
    bench.register = Err(Unusable::Silent);
    bench.run(60);
    assert_eq!(bench.position, Position::Closed);
    bench.run(10 * 60);
    assert_eq!(
        bench.position,
        Position::Open,
        "6 kW for ten minutes may have been 1 kWh"
    );
    assert!(bench.told().contains(&"ended EnergyLimit 0".to_owned()));
}

#[test]
fn another_meter_than_the_one_that_belongs_there_starts_and_bills_nothing() {
    let mut bench = Bench::started();
    bench.register = Ok(WattHours(5_001));
    bench.run(2);
    bench.register = Err(Unusable::WrongMeter);
    bench.run(20);
    bench.stop("t1");
    bench.run(20);
    assert_eq!(bench.told(), ["anomaly", "breaker", "ended Remote 1"]);
    assert_eq!(bench.start("t2", Limits::default()), Err(Refusal::WrongMeter));
}
