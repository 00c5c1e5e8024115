//! Limits of energy: what the register tells, what it does not, and what nobody can tell.

use super::*;
use crate::observation::Unusable;

#[test]
fn the_breaker_opens_at_the_energy_limit() {
    let mut bench = Bench::new();
    bench.start("t1", limited(10)).unwrap();
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

/// Reads each `poll_ms` a meter that counts 3 kW in steps of `step_wh`; the loop wakes for the end that was foreseen.
fn delivered_at(limit_wh: i64, poll_ms: u64, step_wh: i64) -> i64 {
    let mut bench = Bench::with(Settings {
        register_step: WattHours(step_wh),
        ..Settings::default()
    });
    (bench.current_ma, bench.power_w) = (15_000, 3_000);
    bench.start("t1", limited(limit_wh)).unwrap();
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
        bench.register = Ok(WattHours(5_000 + delivered_mwh / 1_000 / step_wh * step_wh));
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
fn an_energy_limit_is_kept_to_the_watt_hour_however_rarely_the_meter_is_read_or_moves() {
    for step_wh in [1, 10, 100] {
        for (poll_ms, poll_mwh) in [(250, 209), (1_000, 834), (2_500, 2_084), (10_000, 8_334)] {
            for limit_wh in [10, 99, 1_000] {
                let over_mwh = delivered_at(limit_wh, poll_ms, step_wh) - limit_wh * 1_000;
                // Until the first look after it closed nobody knows of a power.
                let slack_mwh = if step_wh == 1 { 1_000 } else { 1_000 + poll_mwh };
                assert!(
                    (-1_000..=slack_mwh).contains(&over_mwh),
                    "limit {limit_wh} Wh, read each {poll_ms} ms, steps of {step_wh} Wh: {over_mwh} mWh over"
                );
            }
        }
    }
}

#[test]
fn a_wild_reading_of_power_ends_no_charge_that_has_energy_left() {
    let mut bench = Bench::new();
    bench.start("t1", limited(100)).unwrap();
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
    bench.start("t1", limited(1_000)).unwrap();
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
fn a_register_that_stands_still_is_told_once_and_the_limit_counts_what_the_power_says() {
    let mut bench = Bench::new();
    bench.start("t1", limited(1_000)).unwrap();
    bench.run(2);
    bench.told();
    (bench.current_ma, bench.power_w) = (15_000, 3_000);
    bench.run(19 * 60);
    assert_eq!(bench.told(), ["charging", "anomaly"]);
    assert_eq!(bench.position, Position::Closed);
    bench.run(2 * 60);
    assert_eq!(bench.position, Position::Open, "3 kW for twenty minutes");
    bench.current_ma = 0;
    bench.run(2);
    assert!(bench.told().contains(&"ended EnergyLimit 0".to_owned()));
}

#[test]
fn an_energy_limit_ends_a_charge_whose_meter_is_silent_since_the_boot() {
    let mut bench = Bench::new();
    bench.start("t1", limited(1_000)).unwrap();
    bench.run(10);
    bench.power_cut(Settings::default(), 5_000);
    bench.register = Err(Unusable::Silent);
    // The time in which it could not draw does not count.
    bench.outlet.hold_until(Tick(bench.now_ms + 600_000));
    bench.run(605);
    assert_eq!(bench.position, Position::Closed);
    bench.run(9 * 60);
    assert_eq!(bench.position, Position::Closed);
    bench.run(70);
    assert_eq!(bench.position, Position::Open);
}

#[test]
fn an_amount_of_energy_is_promised_only_where_the_meter_tells_a_register() {
    let mut bench = Bench::new();
    bench.register = Err(Unusable::Silent);
    bench.run(91);
    assert_eq!(bench.start("t1", limited(100)), Err(Refusal::RegisterUnknown));
    // Exchanged for a new one: the level that stands is not billed from, and good enough to begin with.
    bench.register = Ok(WattHours(0));
    bench.run(2);
    assert_eq!(bench.start("t1", limited(100)), Err(Refusal::RegisterUnknown));
    bench.run(1);
    bench.start("t1", limited(100)).unwrap();
    bench.run(2);
    for wh in 1..=5 {
        bench.register = Ok(WattHours(wh));
        bench.run(1);
    }
    bench.stop("t1");
    bench.run(3);
    assert!(bench.told().contains(&"ended Remote 4".to_owned()));
}

#[test]
fn the_silence_of_a_meter_before_a_charge_is_not_counted_to_it() {
    let mut bench = Bench::new();
    bench.register = Err(Unusable::Silent);
    bench.run(80);
    bench.start("t1", limited(100)).unwrap();
    bench.run(50);
    assert_eq!(
        bench.position,
        Position::Closed,
        "more than 100 Wh could pass in 130 s"
    );
}

#[test]
fn what_a_register_jumps_when_it_is_read_for_a_start_is_nobodys() {
    let mut bench = Bench::new();
    let reading = |wh| Reading {
        register: Ok(WattHours(wh)),
        ..Reading::default()
    };
    bench.pass(59_000);
    // It stood still before, and had caught up when the start asked it.
    let told = bench
        .outlet
        .observe_meter(None, Some(reading(5_080)), bench.now());
    assert_eq!(told, []);
    bench.register = Ok(WattHours(5_080));
    bench.look();
    bench.start("t1", lasting(60)).unwrap();
    bench.run(70);
    assert!(bench.told().contains(&"ended TimeLimit 0".to_owned()));
    bench.run(10);
    bench.told();
    // Faster than the circuit carries: the level is believed later, and still nobody's.
    bench
        .outlet
        .observe_meter(None, Some(reading(9_000)), bench.now());
    bench.start("t2", lasting(60)).unwrap();
    for wh in 9_001..9_070 {
        bench.register = Ok(WattHours(wh));
        bench.run(1);
    }
    assert_eq!(
        bench.told_of_charges(),
        ["rebased", "energized", "ended TimeLimit 59"]
    );
}

#[test]
fn a_closing_register_is_billed_that_comes_within_ten_seconds_of_the_opening() {
    for (silent_s, ended) in [(8, "ended Remote 40"), (12, "ended Remote 30")] {
        let mut bench = Bench::started();
        let begin = bench.register.unwrap();
        (bench.current_ma, bench.register) = (15_000, Ok(begin + WattHours(30)));
        bench.run(30);
        bench.told();
        bench.stop("t1");
        bench.register = Err(Unusable::Silent);
        bench.run(1);
        bench.current_ma = 0;
        bench.run(silent_s);
        bench.register = Ok(begin + WattHours(40));
        bench.run(2);
        assert!(
            bench.told().contains(&ended.to_owned()),
            "silent for {silent_s} s"
        );
    }
}

#[test]
fn the_closing_register_of_a_meter_behind_the_breaker_is_not_waited_for_in_vain() {
    let mut bench = Bench::started_with(Settings {
        dead_when_open: true,
        ..Settings::default()
    });
    bench.stop("t1");
    bench.register = Err(Unusable::Silent);
    bench.run(5);
    assert!(bench.told().contains(&"ended Remote 0".to_owned()));
}

#[test]
fn a_meter_that_is_exchanged_during_a_power_cut_bills_nothing_of_its_own() {
    for (after, ended) in [("b", "ended Remote 5"), ("a", "ended Remote 55")] {
        let mut bench = Bench::new();
        bench.outlet.know_meter("a");
        bench.start("t1", Limits::default()).unwrap();
        bench.run(2);
        let begin = bench.register.unwrap();
        bench.power_cut(Settings::default(), 60_000);
        bench.outlet.know_meter(after);
        bench.register = Ok(begin + WattHours(50));
        bench.run(2);
        bench.register = Ok(begin + WattHours(55));
        bench.run(5);
        bench.told();
        bench.stop("t1");
        bench.run(2);
        assert!(bench.told().contains(&ended.to_owned()), "the meter is {after}");
    }
}
