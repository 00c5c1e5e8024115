//! Stories of hardware that lies, falls silent or does not obey.

use super::*;

#[test]
fn a_breaker_that_did_not_close_or_tripped_is_not_left_told_to_close() {
    let mut bench = Bench::new();
    bench.stuck = true;
    bench.start("t1", Limits::default()).unwrap();
    bench.run(4);
    assert_eq!(bench.coil, Some(Wanted::Open), "did not close");
    let mut bench = Bench::started();
    (bench.tripped, bench.position) = (true, Position::Open);
    bench.run(2);
    assert_eq!(bench.coil, Some(Wanted::Open), "tripped");
}

#[test]
fn a_breaker_is_not_closed_while_its_trip_contact_is_silent() {
    let mut bench = Bench::new();
    bench.trip_silent = true;
    bench.run(1);
    assert_eq!(
        bench.start("t1", Limits::default()),
        Err(Refusal::PositionUnknown)
    );
    bench.trip_silent = false;
    bench.run(1);
    bench.start("t1", Limits::default()).unwrap();
    bench.trip_silent = true;
    let saved = bench.outlet.saved();
    bench.outlet = Outlet::resume(Settings::default(), saved, bench.now());
    bench.run(30);
    assert_eq!(bench.position, Position::Open);
    bench.trip_silent = false;
    bench.run(2);
    assert_eq!(bench.position, Position::Closed);
}

#[test]
fn on_is_written_once_for_a_request() {
    let mut bench = Bench::new();
    bench.stuck = true;
    bench.start("t1", Limits::default()).unwrap();
    bench.now_ms += 1;
    bench.look();
    bench.coil = None;
    for _ in 0..10 {
        bench.now_ms += 100;
        bench.look();
    }
    assert_eq!(bench.coil, None);
}

#[test]
fn a_breaker_that_cannot_be_seen_to_open_is_an_alarm() {
    let mut bench = Bench::started();
    bench.stop("t1");
    (bench.stuck, bench.position) = (true, Position::Unknown);
    bench.run(29);
    assert_eq!(bench.told(), ["breaker"]);
    bench.run(3);
    assert_eq!(bench.told(), ["fault did_not_open"]);
}

#[test]
fn limits_end_a_charge_between_two_looks() {
    let mut bench = Bench::new();
    bench.start("t1", lasting(30)).unwrap();
    bench.run(20);
    bench.now_ms += 10_000;
    bench.outlet.expire(bench.now());
    assert_eq!(bench.outlet.switch_due(bench.now().tick), Some(Wanted::Open));
}

#[test]
fn after_an_on_that_may_have_been_heard_off_is_written_though_the_breaker_has_tripped() {
    let mut bench = Bench::new();
    bench.start("t1", Limits::default()).unwrap();
    // The answer to ON was lost: nobody counts it as written.
    assert_eq!(bench.outlet.switch_due(bench.now().tick), Some(Wanted::Closed));
    bench.outlet.may_have_closed(bench.now().tick);
    (bench.tripped, bench.position) = (true, Position::Open);
    // The second look decides.
    bench.run(2);
    assert_eq!((bench.coil, bench.writes), (Some(Wanted::Open), 2));
}

#[test]
fn an_outlet_out_of_use_lets_what_runs_go_on_and_begins_nothing_also_after_a_restart() {
    let mut bench = Bench::started();
    bench.outlet.set_available(false);
    bench.run(10);
    assert_eq!(bench.position, Position::Closed);
    bench.stop("t1");
    bench.run(20);
    bench.restart(Settings::default(), 1_000);
    bench.run(2);
    assert!(!bench.outlet.status().available);
    assert_eq!(bench.start("t2", Limits::default()), Err(Refusal::Unavailable));
    bench.outlet.set_available(true);
    assert_eq!(bench.start("t2", Limits::default()), Ok(()));
}
