//! What single and lost looks prove: nothing.

use super::*;

#[test]
fn a_weld_is_found_though_every_other_read_is_lost() {
    let mut bench = Bench::new();
    bench.current_ma = 5_000;
    for look in 0..24 {
        bench.dark = look % 2 == 1;
        bench.run(1);
    }
    let told = bench.told();
    assert!(told.contains(&"fault welded".to_owned()), "{told:?}");
}

#[test]
fn current_that_was_seen_long_ago_is_no_evidence_and_blocks_no_end() {
    let mut bench = Bench::started();
    bench.current_ma = 10_000;
    bench.run(5);
    bench.told();
    // The meter falls silent with the last current in mind, and the breaker is opened by hand.
    let open = Observation {
        position: Position::Open,
        tripped: Some(false),
        current: Some(Err(crate::observation::Unusable::Silent)),
        ..Observation::default()
    };
    bench.position = Position::Open;
    bench.run(1);
    for _ in 0..20 {
        bench.pass(1_000);
        bench.reports.extend(bench.outlet.observe(&open, bench.now()));
    }
    assert_eq!(bench.told_of_charges(), ["ended OpenedByHand 0"]);
}

#[test]
fn current_that_flows_on_has_off_written_once_more_after_three_seconds() {
    let mut bench = Bench::started();
    bench.current_ma = 10_000;
    bench.run(3);
    bench.stop("t1");
    bench.run(1);
    let before = bench.writes;
    bench.run(2);
    assert_eq!(bench.writes, before);
    bench.run(1);
    assert_eq!(bench.writes, before + 1);
    bench.run(6);
    assert_eq!(bench.writes, before + 1, "then more rarely");
}

#[test]
fn a_breaker_seen_closed_after_a_dark_minute_has_its_time_to_hear_off() {
    let mut bench = Bench::started();
    bench.dark = true;
    bench.run(2);
    bench.stop("t1");
    bench.run(20);
    bench.dark = false;
    bench.stuck = true;
    bench.told();
    bench.run(5);
    assert_eq!(bench.told(), ["breaker"], "the OFFs before were not heard");
    bench.run(3);
    assert_eq!(bench.told(), ["fault did_not_open"]);
}

#[test]
fn a_breaker_that_stays_closed_is_an_alarm_though_no_off_can_be_written() {
    let mut outlet = Outlet::new(Settings::default());
    let closed = Observation {
        position: Position::Closed,
        tripped: Some(false),
        ..Observation::default()
    };
    let mut told = Vec::new();
    for second in 0..=30 {
        let now = Now {
            tick: Tick(second * 1000),
            ..Now::default()
        };
        told = outlet.observe(&closed, now);
    }
    assert_eq!(told, [Report::Fault(Fault::DidNotOpen)]);
}

#[test]
fn a_contact_that_chatters_wears_no_breaker_closes_nothing_by_hand_and_is_told_once_a_minute() {
    let mut bench = Bench::with(Settings {
        life_ops: 10,
        ..Settings::default()
    });
    bench.stuck = true;
    bench.run(60);
    for look in 0..50 {
        bench.position = if look % 2 == 0 {
            Position::Closed
        } else {
            Position::Open
        };
        bench.run(1);
    }
    let told = bench.told();
    let count = |name: &str| told.iter().filter(|told| *told == name).count();
    assert_eq!(count("breaker"), 10);
    assert_eq!(count("notice contact_chatters"), 1);
    assert_eq!(told.len(), 11, "{told:?}");
    assert_eq!(bench.outlet.status().operations, 0);
}

#[test]
fn a_closing_that_we_asked_for_is_counted_with_the_first_look() {
    let mut bench = Bench::started();
    assert_eq!(bench.outlet.status().operations, 1);
    bench.contact_broken = true;
    bench.look();
    bench.contact_broken = false;
    bench.run(5);
    assert_eq!(bench.outlet.status().operations, 1, "a flicker is no operation");
}

#[test]
fn an_off_to_a_breaker_that_was_lost_for_one_look_begins_no_rest() {
    let mut bench = Bench::new();
    bench.run(20);
    bench.dark = true;
    bench.look();
    let now = bench.now();
    assert_eq!(bench.outlet.switch_due(now.tick), Some(Wanted::Open));
    bench.outlet.switched(Wanted::Open, now);
    bench.dark = false;
    bench.run(1);
    bench.start("t1", Limits::default()).unwrap();
    bench.stop("t1");
    bench.run(20);
    bench.dark = true;
    bench.run(4);
    bench.outlet.switched(Wanted::Open, bench.now());
    bench.dark = false;
    bench.run(1);
    assert!(
        matches!(bench.start("t2", Limits::default()), Err(Refusal::TooSoon(_))),
        "unseen for longer it may have been closed"
    );
}

#[test]
fn a_danger_opens_what_we_closed_at_once_though_it_was_seen_closed_once() {
    let mut bench = Bench::started();
    (bench.contact_broken, bench.leakage) = (true, true);
    bench.run(1);
    bench.contact_broken = false;
    bench.run(1);
    assert_eq!(bench.told_of_charges(), ["ended Leakage 0", "fault leakage"]);
    assert_eq!(bench.position, Position::Open, "though seen closed for one look");
}
