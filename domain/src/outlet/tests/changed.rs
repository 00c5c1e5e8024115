//! Limits that are changed while a charge runs.

use super::*;
use crate::limits::NewLimits;
use crate::observation::Unusable;

fn new_limits(seconds: u64, energy_wh: Option<i64>) -> NewLimits {
    NewLimits {
        duration: Millis::seconds(seconds),
        energy: energy_wh.map(WattHours),
        when_idle: None,
    }
}

fn change(bench: &mut Bench, limits: NewLimits) -> Result<super::super::Bounds, Refusal> {
    let now = bench.now();
    bench
        .outlet
        .change_limits(&TransactionId("t1".into()), limits, now)
}

/// A watt-hour a second, until so many have been delivered.
fn deliver(bench: &mut Bench, energy_wh: i64) {
    let to = WattHours(5_000 + energy_wh);
    while bench.register.is_ok_and(|register| register < to) {
        bench.register = bench.register.map(|register| register + WattHours(1));
        bench.run(1);
    }
}

#[test]
fn a_charge_ends_at_its_new_time_be_it_earlier_or_later() {
    for new_s in [20, 400] {
        let mut bench = Bench::new();
        bench.start("t1", lasting(100)).unwrap();
        bench.run(10);
        change(&mut bench, new_limits(new_s, None)).unwrap();
        bench.run(new_s - 1);
        assert_eq!(bench.position, Position::Closed, "{new_s}");
        bench.run(2);
        assert_eq!(bench.told().last().unwrap(), "ended TimeLimit 0", "{new_s}");
    }
}

#[test]
fn a_new_end_holds_after_a_restart_and_after_a_power_cut() {
    for cut in [false, true] {
        let mut bench = Bench::started();
        change(&mut bench, new_limits(600, None)).unwrap();
        bench.run(10);
        if cut {
            bench.power_cut(Settings::default(), 60_000);
            bench.outlet.set_right(bench.now());
        } else {
            bench.restart(Settings::default(), 60_000);
        }
        bench.run(529);
        assert_eq!(bench.outlet.breaker_wanted(), Wanted::Closed, "{cut}");
        bench.run(2);
        assert_eq!(bench.outlet.breaker_wanted(), Wanted::Open, "{cut}");
    }
}

#[test]
fn a_limit_that_is_passed_already_ends_the_charge_now() {
    let mut bench = Bench::started();
    deliver(&mut bench, 7);
    change(&mut bench, new_limits(600, Some(7))).unwrap();
    assert_eq!(bench.outlet.breaker_wanted(), Wanted::Open);
    bench.run(2);
    assert_eq!(bench.told_of_charges(), ["ended EnergyLimit 7"]);

    let mut bench = Bench::started();
    change(&mut bench, new_limits(0, None)).unwrap();
    bench.run(2);
    assert_eq!(bench.told_of_charges(), ["ended TimeLimit 0"]);
}

#[test]
fn an_amount_of_energy_is_given_up_or_raised_and_is_not_promised_on_an_unknown_register() {
    let mut bench = Bench::new();
    bench.start("t1", limited(10)).unwrap();
    bench.run(2);
    change(&mut bench, new_limits(600, None)).unwrap();
    deliver(&mut bench, 11);
    assert_eq!(bench.position, Position::Closed);
    change(&mut bench, new_limits(600, Some(12))).unwrap();
    deliver(&mut bench, 12);
    bench.run(2);
    assert_eq!(bench.told().last().unwrap(), "ended EnergyLimit 12");

    let mut bench = Bench::started();
    bench.register = Err(Unusable::Silent);
    bench.run(100);
    assert_eq!(
        change(&mut bench, new_limits(600, Some(12))),
        Err(Refusal::RegisterUnknown)
    );
    assert!(change(&mut bench, new_limits(600, None)).is_ok());
}

#[test]
fn a_full_cars_charge_ends_once_that_is_wished_for() {
    let settings = Settings {
        idle_after: Millis::seconds(60),
        ..Settings::default()
    };
    let mut bench = Bench::started_with(settings);
    bench.current_ma = 15_000;
    bench.run(10);
    bench.current_ma = 0;
    bench.run(200);
    assert_eq!(bench.position, Position::Closed);
    let end = NewLimits {
        when_idle: Some(WhenIdle::End),
        ..new_limits(6_000, None)
    };
    change(&mut bench, end).unwrap();
    bench.run(2);
    assert!(bench.told().iter().any(|told| told.starts_with("ended CarIdle")));
}

#[test]
fn a_change_that_could_not_be_kept_is_taken_back_and_one_of_another_charge_is_refused() {
    let mut bench = Bench::new();
    bench.start("t1", lasting(100)).unwrap();
    bench.run(10);
    let before = change(&mut bench, new_limits(400, Some(5))).unwrap();
    let name = TransactionId("t1".into());
    bench.outlet.restore_limits(&name, before);
    deliver(&mut bench, 6);
    bench.run(83);
    assert_eq!(bench.position, Position::Closed);
    bench.run(2);
    assert_eq!(bench.told().last().unwrap(), "ended TimeLimit 6");
    assert_eq!(
        change(&mut bench, new_limits(400, None)),
        Err(Refusal::UnknownTransaction)
    );
    bench.run(20);
    bench.start("t2", lasting(100)).unwrap();
    assert_eq!(
        change(&mut bench, new_limits(400, None)),
        Err(Refusal::UnknownTransaction)
    );
}
