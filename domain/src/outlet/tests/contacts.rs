//! What position, trip, leakage and meter say of a contact, and what follows.

use super::*;

#[test]
fn a_breaker_that_does_not_open_is_told_three_times_more_then_it_is_an_alarm() {
    let mut bench = Bench::started();
    bench.stuck = true;
    bench.stop("t1");
    let (mut writes, step_ms) = (Vec::new(), 100);
    let mut alarm = None;
    for ms in (0..10_000).step_by(100) {
        let before = bench.writes;
        bench.pass(step_ms);
        bench.look();
        if bench.writes > before {
            writes.push(ms);
        }
        if alarm.is_none() && bench.told().contains(&"fault did_not_open".to_owned()) {
            alarm = Some(ms);
        }
    }
    assert_eq!(writes, [0, 1_500, 3_000, 4_500], "each after the time to verify");
    assert_eq!(alarm, Some(6_000), "the last had its time too");
    assert_eq!(bench.start("t2", Limits::default()), Err(Refusal::Busy));
    bench.stuck = false;
    bench.run(40);
    assert_eq!(
        bench.told(),
        ["breaker", "cleared did_not_open", "ended Remote 0"],
        "told again, more rarely"
    );
}

#[test]
fn a_breaker_opened_by_hand_ends_the_charge_and_stays_open() {
    let mut bench = Bench::started();
    bench.position = Position::Open;
    bench.run(30);
    assert_eq!(bench.told(), ["breaker", "ended OpenedByHand 0"]);
    assert_eq!(bench.position, Position::Open);
    assert_eq!(bench.coil, Some(Wanted::Open), "not left told to close");
}

#[test]
fn a_position_that_says_open_once_ends_nothing() {
    let mut bench = Bench::started();
    bench.contact_broken = true;
    bench.look();
    bench.contact_broken = false;
    bench.run(60);
    assert_eq!(bench.told(), ["breaker", "breaker"]);
    assert_eq!(
        (bench.position, bench.writes),
        (Position::Closed, 2),
        "OFF at first, then ON"
    );
}

#[test]
fn a_breaker_closed_by_hand_is_told_and_opened_and_its_energy_is_nobodys() {
    let mut bench = Bench::new();
    (bench.position, bench.current_ma) = (Position::Closed, 10_000);
    bench.stuck = true;
    let before = bench.writes;
    bench.run(1);
    assert_eq!((bench.told(), bench.writes), (vec!["breaker".to_owned()], before));
    assert!(
        bench.outlet.needs_close_look(bench.now().tick),
        "not on a single look"
    );
    bench.run(1);
    assert_eq!(bench.told(), ["notice closed_by_hand"]);
    assert_eq!((bench.coil, bench.writes), (Some(Wanted::Open), before + 1));
    bench.register = Ok(WattHours(5_003));
    bench.run(3);
    // Nobody reads the register between the last watt-hours and the next start.
    bench.stuck = false;
    let unread = bench.register;
    bench.register = Err(crate::observation::Unusable::Silent);
    bench.current_ma = 0;
    bench.run(15);
    bench.register = unread.map(|wh| wh + WattHours(2));
    bench.start("t1", lasting(60)).unwrap();
    bench.run(70);
    assert!(bench.told().contains(&"ended TimeLimit 0".to_owned()));
}

#[test]
fn a_slow_breaker_that_closes_after_our_own_on_is_not_closed_by_hand() {
    let mut bench = Bench::new();
    bench.stuck = true;
    bench.start("t1", Limits::default()).unwrap();
    bench.run(4);
    bench.told();
    bench.position = Position::Closed;
    bench.run(1);
    assert_eq!(bench.told(), ["breaker"]);
    assert_eq!(bench.coil, Some(Wanted::Open));
}

#[test]
fn a_tripped_breaker_is_never_closed_again_by_itself() {
    let mut bench = Bench::started();
    (bench.tripped, bench.position) = (true, Position::Open);
    bench.run(2);
    assert_eq!(bench.told(), ["breaker", "ended Tripped 0", "fault tripped"]);
    bench.tripped = false;
    bench.run(60);
    assert_eq!(bench.position, Position::Open);
    assert_eq!(
        bench.start("t2", Limits::default()),
        Err(Refusal::Faulted(Fault::Tripped))
    );
    bench.restart(Settings::default(), 5_000);
    bench.run(1);
    assert_eq!(
        bench.start("t2", Limits::default()),
        Err(Refusal::Faulted(Fault::Tripped)),
        "a restart clears nothing"
    );
    bench.clear().unwrap();
    bench.start("t2", Limits::default()).unwrap();
}

#[test]
fn a_trip_is_cleared_by_a_person_only_when_it_is_gone_and_the_breaker_is_seen_open() {
    let mut bench = Bench::started();
    bench.tripped = true;
    bench.stuck = true;
    bench.run(2);
    assert_eq!(
        bench.clear(),
        Err(Refusal::Faulted(Fault::Tripped)),
        "still tripped"
    );
    bench.tripped = false;
    bench.run(1);
    assert_eq!(
        bench.clear(),
        Err(Refusal::Faulted(Fault::Tripped)),
        "never seen open"
    );
    bench.stuck = false;
    bench.position = Position::Open;
    bench.trip_silent = true;
    bench.run(1);
    assert_eq!(
        bench.clear(),
        Err(Refusal::Faulted(Fault::Tripped)),
        "nobody knows"
    );
    bench.trip_silent = false;
    bench.run(1);
    assert_eq!(bench.clear(), Ok(vec![Report::FaultCleared(Fault::Tripped)]));
    bench.run(60);
    assert_eq!(bench.position, Position::Open, "cleared, and not closed");
}

#[test]
fn a_trip_after_a_breaker_did_not_close_locks_out_all_the_same() {
    let mut bench = Bench::new();
    bench.stuck = true;
    bench.start("t1", Limits::default()).unwrap();
    bench.run(4);
    bench.tripped = true;
    bench.run(2);
    (bench.tripped, bench.stuck) = (false, false);
    bench.run(20);
    assert_eq!(
        bench.start("t2", Limits::default()),
        Err(Refusal::Faulted(Fault::Tripped))
    );
}

#[test]
fn where_off_resets_a_trip_a_person_s_request_writes_it_again() {
    let settings = Settings {
        trip_reset_by_off: true,
        ..Settings::default()
    };
    let mut bench = Bench::started_with(settings);
    (bench.tripped, bench.position) = (true, Position::Open);
    bench.run(5);
    let before = bench.writes;
    assert_eq!(bench.clear(), Err(Refusal::Faulted(Fault::Tripped)));
    bench.run(5);
    assert_eq!((bench.writes, bench.coil), (before + 1, Some(Wanted::Open)));
}

#[test]
fn a_danger_that_is_seen_once_is_looked_at_again_at_once_and_decides_nothing() {
    for leakage in [false, true] {
        let mut bench = Bench::started();
        (bench.tripped, bench.leakage) = (!leakage, leakage);
        bench.run(1);
        assert!(bench.outlet.needs_close_look(bench.now().tick));
        (bench.tripped, bench.leakage) = (false, false);
        bench.run(60);
        assert!(bench.told_of_charges().is_empty(), "one look");
        assert!(!bench.outlet.needs_close_look(bench.now().tick));
        assert_eq!(bench.position, Position::Closed);
    }
}

#[test]
fn earth_leakage_locks_out_until_a_person_clears_it() {
    let mut bench = Bench::started();
    bench.leakage = true;
    bench.run(2);
    assert_eq!(bench.told(), ["ended Leakage 0", "fault leakage"]);
    assert_eq!(bench.position, Position::Open);
    bench.run(1);
    assert_eq!(bench.clear(), Err(Refusal::Faulted(Fault::Leakage)));
    bench.leakage = false;
    bench.run(60);
    assert_eq!(
        bench.start("t2", Limits::default()),
        Err(Refusal::Faulted(Fault::Leakage))
    );
    bench.clear().unwrap();
    bench.start("t2", Limits::default()).unwrap();
}

#[test]
fn a_breaker_is_not_closed_while_its_leakage_contact_is_silent() {
    let settings = Settings {
        has_leakage_contact: true,
        ..Settings::default()
    };
    let mut outlet = Outlet::new(settings);
    let seen = Observation {
        position: Position::Open,
        tripped: Some(false),
        ..Observation::default()
    };
    let now = Bench::new().now();
    outlet.observe(&seen, now);
    assert_eq!(outlet.may_be_closed(now.tick), Err(Refusal::PositionUnknown));
    outlet.observe(
        &Observation {
            leakage: Some(false),
            ..seen
        },
        now,
    );
    assert_eq!(outlet.may_be_closed(now.tick), Ok(()));
}

#[test]
fn current_through_an_open_breaker_for_ten_seconds_is_a_welded_contact_to_be_opened_upstream() {
    let mut bench = Bench::new();
    bench.current_ma = 499;
    bench.run(30);
    assert!(bench.told().is_empty());
    bench.current_ma = 500;
    bench.run(10);
    assert!(bench.told().is_empty());
    bench.run(1);
    assert_eq!(bench.told(), ["fault welded", "notice open_upstream"]);
    assert_eq!(
        bench.start("t1", Limits::default()),
        Err(Refusal::Faulted(Fault::Welded))
    );
    assert_eq!(bench.clear(), Err(Refusal::Faulted(Fault::Welded)), "it flows");
    bench.register = Ok(WattHours(5_010));
    bench.run(20);
    assert_eq!(
        bench.outlet.status().register,
        Some(WattHours(5_010)),
        "still metered"
    );
    bench.current_ma = 0;
    bench.run(1);
    assert_eq!(bench.clear(), Ok(vec![Report::FaultCleared(Fault::Welded)]));
}

#[test]
fn a_welded_contact_found_at_a_stop_ends_the_charge_when_the_current_had_its_time() {
    let mut bench = Bench::started();
    bench.current_ma = 10_000;
    bench.run(3);
    bench.stop("t1");
    bench.run(1);
    assert_eq!(bench.position, Position::Open);
    bench.told();
    bench.run(3);
    assert_eq!(bench.told(), ["breaker"], "the current is waited for");
    bench.run(1);
    assert_eq!(bench.told(), ["ended Remote 0"]);
    bench.run(10);
    assert_eq!(bench.told(), ["fault welded", "notice open_upstream"]);
}

#[test]
fn a_breaker_whose_feedback_is_broken_is_opened_and_locked_out() {
    let mut bench = Bench::started();
    bench.current_ma = 15_000;
    bench.contact_broken = true;
    bench.run(5);
    assert_eq!(bench.position, Position::Open);
    assert_eq!(
        bench.told_of_charges(),
        ["ended FeedbackBroken 0", "fault feedback_broken"]
    );
    bench.current_ma = 0;
    bench.run(60);
    assert_eq!(
        bench.start("t2", Limits::default()),
        Err(Refusal::Faulted(Fault::FeedbackBroken))
    );
    bench.clear().unwrap();
}

#[test]
fn a_closed_breaker_that_says_open_from_the_start_has_broken_feedback_and_did_close() {
    let mut bench = Bench::new();
    bench.contact_broken = true;
    bench.start("t1", Limits::default()).unwrap();
    bench.current_ma = 10_000;
    bench.run(4);
    assert_eq!(
        bench.told_of_charges(),
        ["ended FeedbackBroken 0", "fault feedback_broken"]
    );
    assert_eq!(bench.position, Position::Open);
}

#[test]
fn voltage_behind_an_open_breaker_is_broken_feedback_where_the_meter_sits_there() {
    for (dead_when_open, expected) in [(true, vec!["fault feedback_broken"]), (false, vec![])] {
        let settings = Settings {
            dead_when_open,
            ..Settings::default()
        };
        let mut bench = Bench::with(settings);
        bench.voltage = Ok(MilliVolts(50_001));
        bench.run(10);
        assert_eq!(bench.told(), expected);
    }
}

#[test]
fn an_unseen_position_is_taken_for_closed_and_nothing_is_closed_on_an_old_one() {
    let mut bench = Bench::new();
    bench.pass(2_999);
    bench.outlet.clone().start(start_of("t1"), bench.now()).unwrap();
    bench.pass(1);
    assert_eq!(
        bench.start("t1", Limits::default()),
        Err(Refusal::PositionUnknown)
    );
    (bench.position, bench.stuck) = (Position::Unknown, true);
    let before = bench.writes;
    bench.run(1);
    assert_eq!((bench.coil, bench.writes), (Some(Wanted::Open), before + 1));
}

fn start_of(name: &str) -> Start {
    Start {
        transaction: TransactionId(name.into()),
        remote_start_id: 1,
        id_token: "driver".into(),
        limits: Limits::default(),
    }
}

#[test]
fn a_position_that_was_seen_before_the_breaker_closed_contradicts_no_current() {
    let mut bench = Bench::new();
    bench.start("t1", Limits::default()).unwrap();
    bench.run(1);
    assert_eq!(bench.coil, Some(Wanted::Closed));
    // From now on the contacts tell nothing, but the meter sees the car charge.
    let silent = Observation::default();
    for _ in 0..20 {
        bench.pass(100);
        let (current, now) = (Some(Ok(MilliAmps(15_000))), bench.now());
        let alone = bench.outlet.observe_meter(current, None, now);
        bench.reports.extend(alone);
    }
    bench.pass(100);
    let now = bench.now();
    bench.reports.extend(bench.outlet.observe(&silent, now));
    let told = bench.told_of_charges();
    assert!(told.contains(&"fault did_not_close".to_owned()), "{told:?}");
}
