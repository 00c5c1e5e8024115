//! Writes that nobody has answered: heard or not, nothing is repeated before the breaker could have moved.

use super::*;

fn due(bench: &Bench) -> Option<Wanted> {
    bench.outlet.switch_due(bench.now().tick)
}

#[test]
fn an_on_without_an_answer_is_not_written_again_and_counts_as_one() {
    let mut bench = Bench::with(Settings {
        max_closings_per_10_min: 1,
        min_off: Millis(0),
        ..Settings::default()
    });
    bench.start("t1", Limits::default()).unwrap();
    assert_eq!(due(&bench), Some(Wanted::Closed));
    bench.outlet.perhaps_switched(Wanted::Closed, bench.now());
    for _ in 0..10 {
        assert_eq!(due(&bench), None);
        bench.pass(100);
    }
    bench.position = Position::Closed;
    bench.run(1);
    assert_eq!(bench.told_of_charges(), ["energized"]);
    bench.stop("t1");
    bench.run(10);
    assert_eq!(bench.position, Position::Open);
    assert_eq!(bench.start("t2", Limits::default()), Err(Refusal::TooOften));
}

#[test]
fn an_on_that_nobody_has_heard_ends_as_one_that_was_not_obeyed_and_leaves_off_behind() {
    let mut bench = Bench::new();
    bench.start("t1", Limits::default()).unwrap();
    bench.outlet.perhaps_switched(Wanted::Closed, bench.now());
    bench.run(3);
    assert_eq!(
        bench.told_of_charges(),
        ["ended DidNotClose 0", "fault did_not_close"]
    );
    assert_eq!((bench.coil, bench.writes), (Some(Wanted::Open), 2));
}

#[test]
fn an_off_without_an_answer_waits_until_the_breaker_could_have_moved_and_is_written_until_one_comes() {
    let mut bench = Bench::started();
    bench.stop("t1");
    for _ in 0..10 {
        assert_eq!(due(&bench), Some(Wanted::Open));
        bench.outlet.perhaps_switched(Wanted::Open, bench.now());
        bench.pass(299);
        assert_eq!(due(&bench), None, "it still travels");
        bench.pass(1);
    }
    bench.outlet.switched(Wanted::Open, bench.now());
    bench.pass(1_499);
    assert_eq!(due(&bench), None, "heard: now it has its whole time");
    bench.pass(1);
    assert_eq!(due(&bench), Some(Wanted::Open));
}

#[test]
fn an_output_that_may_say_on_is_written_though_the_breaker_is_open() {
    let mut bench = Bench::started();
    bench.stop("t1");
    bench.outlet.perhaps_switched(Wanted::Open, bench.now());
    bench.position = Position::Open;
    bench.pass(300);
    bench.look();
    assert_eq!(bench.coil, Some(Wanted::Open));
}

#[test]
fn what_the_meter_says_alone_is_a_second_sample_of_the_current_and_no_second_look_at_the_contacts() {
    let mut bench = Bench::started();
    bench.tripped = true;
    bench.look();
    let current = Some(Ok(MilliAmps(31_000)));
    assert_eq!(bench.outlet.observe_meter(current, None, bench.now()), []);
    assert!(bench.outlet.charge().is_some(), "the trip was seen once");
    bench.pass(200);
    let reports = bench.outlet.observe_meter(current, None, bench.now());
    assert!(
        reports.contains(&Report::Fault(Fault::OverCurrent)),
        "{reports:?}"
    );
}

#[test]
fn a_register_that_came_by_itself_closes_a_charge_whose_breaker_is_open() {
    let mut bench = Bench::started();
    bench.stop("t1");
    bench.outlet.switched(Wanted::Open, bench.now());
    let open = Observation {
        position: Position::Open,
        tripped: Some(false),
        leakage: Some(false),
        ..Observation::default()
    };
    bench.outlet.observe(&open, bench.now());
    assert!(bench.outlet.charge().is_some());
    let reading = Reading {
        register: bench.register,
        ..Reading::default()
    };
    let reports = bench.outlet.observe_meter(None, Some(reading), bench.now());
    assert!(matches!(reports[..], [Report::Ended { .. }]), "{reports:?}");
}

#[test]
fn a_start_that_comes_before_the_off_of_the_last_one_was_answered_has_its_whole_time() {
    let mut bench = Bench::new();
    bench.start("t1", Limits::default()).unwrap();
    bench.outlet.switched(Wanted::Closed, bench.now());
    bench.pass(2_000);
    let open = Observation {
        position: Position::Open,
        tripped: Some(false),
        leakage: Some(false),
        ..Observation::default()
    };
    let reports = bench.outlet.observe(&open, bench.now());
    assert!(
        matches!(reports[..], [Report::Ended { .. }, Report::Fault(_)]),
        "{reports:?}"
    );
    // Its OFF is on the wire, and nobody has answered it yet.
    bench.pass(10_000);
    bench.outlet.observe(&open, bench.now());
    bench.start("t2", Limits::default()).unwrap();
    assert_eq!(bench.outlet.observe(&open, bench.now()), []);
    bench.outlet.switched(Wanted::Open, bench.now());
    assert_eq!(due(&bench), Some(Wanted::Closed));
}
