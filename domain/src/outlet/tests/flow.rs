//! Rules about what flows: too much, nothing, enough.

use super::*;
use crate::observation::Unusable;

#[test]
fn an_over_current_opens_the_breaker_with_the_second_sample_and_locks_out() {
    let mut bench = Bench::started();
    bench.current_ma = 30_001;
    bench.run(1);
    let again = bench.outlet.next_second_look(bench.now().tick);
    assert_eq!(again, Some(bench.now().tick.after(Millis(200))));
    assert!(
        !bench.outlet.needs_close_look(bench.now().tick),
        "the same once more"
    );
    bench.pass(200);
    assert!(bench.outlet.needs_close_look(bench.now().tick));
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
fn a_charge_without_a_load_leaves_nothing_of_its_wait_to_the_next() {
    let mut bench = Bench::started();
    bench.run(15 * 60 + 2);
    bench.run(15);
    bench.told();
    bench.start("t2", Limits::default()).unwrap();
    bench.run(3 * 60);
    assert_eq!(bench.told(), ["breaker", "energized"], "no warning yet");
    bench.run(11 * 60);
    assert_eq!(bench.position, Position::Closed);
    bench.run(2 * 60);
    assert_eq!(bench.told_of_charges(), ["notice no_load", "ended NoLoad 0"]);
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
