//! The first looks of a run: what may be told to a breaker, what of a charge goes on.

use super::*;

const NO_TRIP_CONTACT: fn() -> Settings = || Settings {
    has_trip_contact: false,
    ..Settings::default()
};
const LATCHING: fn() -> Settings = || Settings {
    latching: true,
    ..Settings::default()
};
const RESET_BY_OFF: fn() -> Settings = || Settings {
    trip_reset_by_off: true,
    ..Settings::default()
};

#[test]
fn a_breaker_found_open_after_a_power_cut_is_not_closed_where_nobody_can_tell_whether_it_tripped() {
    let mut bench = Bench::started_with(NO_TRIP_CONTACT());
    bench.power_cut(NO_TRIP_CONTACT(), 60_000);
    bench.run(60);
    assert_eq!(bench.told_of_charges(), ["ended PowerLoss 0"]);
    assert_eq!(bench.coil, Some(Wanted::Open));

    let mut bench = Bench::with(NO_TRIP_CONTACT());
    bench.start("t1", Limits::default()).unwrap();
    // The power goes with the ON itself.
    bench.power_cut(NO_TRIP_CONTACT(), 60_000);
    bench.run(60);
    assert_eq!(bench.told_of_charges(), ["ended PowerLoss 0"]);
}

#[test]
fn a_breaker_found_closed_after_a_power_cut_goes_on_without_a_trip_contact_too() {
    for settings in [NO_TRIP_CONTACT(), LATCHING()] {
        let mut bench = Bench::started_with(settings);
        bench.power_cut(settings, 60_000);
        bench.position = Position::Closed;
        bench.run(60);
        assert_eq!(bench.told_of_charges(), Vec::<String>::new());
        assert_eq!(bench.position, Position::Closed);
    }
}

#[test]
fn a_latching_breaker_found_open_after_a_power_cut_was_opened_by_somebody() {
    let mut bench = Bench::started_with(LATCHING());
    bench.power_cut(LATCHING(), 60_000);
    bench.run(60);
    assert_eq!(bench.told_of_charges(), ["ended OpenedByHand 0"]);
    assert_eq!(bench.position, Position::Open);
}

#[test]
fn nothing_is_told_to_a_breaker_before_it_was_looked_at_or_could_not_be_for_a_second() {
    let mut bench = Bench::new();
    bench.start("t1", lasting(60)).unwrap();
    bench.run(10);
    for dark in [false, true] {
        let mut bench = Bench {
            outlet: bench.outlet.clone(),
            reports: Vec::new(),
            ..bench
        };
        bench.restart(Settings::default(), 120_000);
        bench.outlet.expire(bench.now());
        assert_eq!(bench.outlet.switch_due(bench.now().tick), None);
        bench.pass(999);
        assert_eq!(bench.outlet.switch_due(bench.now().tick), None);
        if dark {
            bench.pass(1);
        } else {
            bench.look();
        }
        let told = bench.coil == Some(Wanted::Open);
        assert!(told || bench.outlet.switch_due(bench.now().tick) == Some(Wanted::Open));
    }
}

#[test]
fn a_trip_found_after_a_restart_is_known_before_off_resets_it() {
    let mut bench = Bench::with(RESET_BY_OFF());
    bench.run(5);
    bench.restart(RESET_BY_OFF(), 30_000);
    bench.coil = None;
    bench.tripped = true;
    bench.run(1);
    assert_eq!(bench.coil, None, "seen once");
    bench.run(1);
    assert_eq!(
        (bench.told_of_charges(), bench.coil),
        (vec!["fault tripped".to_owned()], None)
    );
    assert_eq!(bench.outlet.saved().lockout, Some(Fault::Tripped));
    bench.run(1);
    assert_eq!(bench.coil, Some(Wanted::Open), "on disk since the last look");
}

#[test]
fn a_charge_that_was_taken_up_waits_for_its_panel_as_long_as_it_may_last() {
    let settings = Settings {
        min_off: Millis::seconds(120),
        ..Settings::default()
    };
    let mut bench = Bench::started_with(settings);
    bench.power_cut(settings, 1_000);
    bench.dark = true;
    bench.run(300);
    bench.dark = false;
    bench.run(125);
    assert_eq!(
        bench.told_of_charges(),
        ["anomaly", "power lost", "power resumed"]
    );
    assert_eq!(bench.position, Position::Closed);
}

#[test]
fn a_charge_that_was_just_asked_for_is_given_up_as_unreachable_after_a_minute() {
    let mut bench = Bench::new();
    bench.start("t1", Limits::default()).unwrap();
    bench.dark = true;
    bench.run(59);
    assert_eq!(bench.told_of_charges(), ["anomaly"], "of the silent meter");
    bench.run(2);
    assert_eq!(bench.told_of_charges(), ["ended Unreachable 0"]);
    bench.dark = false;
    bench.run(60);
    assert_eq!((bench.position, bench.coil), (Position::Open, Some(Wanted::Open)));
    bench.start("t2", Limits::default()).unwrap();
}

#[test]
fn an_on_that_cannot_be_written_is_given_up_a_minute_after_it_was_tried() {
    let mut bench = Bench::new();
    bench.start("t1", Limits::default()).unwrap();
    bench.outlet.hold_until(Tick(bench.now_ms + 300_000));
    let seen = Observation {
        position: Position::Open,
        tripped: Some(false),
        ..Observation::default()
    };
    let mut ended_after = None;
    for second in 1..400 {
        bench.pass(1_000);
        let told = bench.outlet.observe(&seen, bench.now());
        if bench.outlet.switch_due(bench.now().tick) == Some(Wanted::Closed) {
            bench.outlet.may_have_closed(bench.now().tick);
        }
        let ended = told.iter().any(|report| {
            matches!(
                report,
                Report::Ended {
                    reason: EndReason::DidNotClose,
                    ..
                }
            )
        });
        ended_after = ended_after.or(ended.then_some(second));
    }
    assert_eq!(ended_after, Some(360));
}

#[test]
fn a_charge_that_ran_out_while_nobody_looked_is_over_before_the_first_look() {
    let mut bench = Bench::new();
    bench.start("t1", lasting(60)).unwrap();
    bench.run(10);
    bench.restart(Settings::default(), 61_000);
    assert_eq!(bench.outlet.breaker_wanted(), Wanted::Open);

    let mut bench = Bench::new();
    bench.start("t1", lasting(60)).unwrap();
    bench.outlet.set_right(bench.now());
    bench.run(10);
    bench.power_cut(Settings::default(), 61_000);
    bench.outlet.set_right(bench.now());
    assert_eq!(bench.outlet.breaker_wanted(), Wanted::Open);
}
