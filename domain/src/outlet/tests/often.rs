//! How soon and how often a breaker may move.

use super::*;

#[test]
fn a_breaker_stays_open_for_its_time_whoever_opened_it() {
    for by_hand in [false, true] {
        let mut bench = Bench::started();
        bench.run(20);
        if by_hand {
            bench.position = Position::Open;
        } else {
            bench.stop("t1");
        }
        bench.run(5);
        assert!(
            matches!(bench.start("t2", Limits::default()), Err(Refusal::TooSoon(_))),
            "by hand: {by_hand}"
        );
        bench.run(10);
        bench.start("t2", Limits::default()).unwrap();
    }
}

#[test]
fn the_least_time_on_delays_an_idle_end_and_no_other() {
    let settings = Settings {
        min_on: Millis::seconds(30),
        no_load_off: Millis::seconds(2),
        ..Settings::default()
    };
    let mut idle = Bench::started_with(settings);
    idle.run(25);
    assert_eq!(idle.position, Position::Closed, "idle");
    idle.run(10);
    assert_eq!(idle.position, Position::Open, "idle");
    idle.run(10);
    idle.start("t2", Limits::default()).unwrap();
    idle.run(25);
    assert_eq!(idle.position, Position::Closed, "counted anew for each charge");
    let mut stopped = Bench::started_with(settings);
    stopped.stop("t1");
    stopped.switch();
    assert_eq!(stopped.position, Position::Open, "a person's OFF");
    let mut tripped = Bench::started_with(settings);
    tripped.tripped = true;
    tripped.run(2);
    assert_eq!(tripped.coil, Some(Wanted::Open), "danger");
    let mut over = Bench::with(settings);
    over.start("t1", lasting(3)).unwrap();
    over.run(4);
    assert_eq!(over.position, Position::Open, "a limit");
}

/// Starts and stops until that is refused: how often it was accepted.
fn starts_until_refused(bench: &mut Bench, pause_s: u64) -> usize {
    let mut accepted = 0;
    while accepted < 100 {
        match bench.start(&format!("s{}-{accepted}", bench.now_ms), lasting(2)) {
            Ok(()) => accepted += 1,
            Err(refused) => {
                assert_eq!(refused, Refusal::TooOften);
                break;
            }
        }
        bench.run(pause_s);
    }
    accepted
}

#[test]
fn a_breaker_closes_at_most_six_times_in_ten_minutes_and_twelve_times_an_hour() {
    let mut bench = Bench::new();
    assert_eq!(starts_until_refused(&mut bench, 20), 6);
    bench.run(600);
    assert_eq!(starts_until_refused(&mut bench, 101), 6, "twelve in this hour");
    bench.run(3_600);
    assert_eq!(starts_until_refused(&mut bench, 20), 6);
}

#[test]
fn neither_a_restart_nor_a_power_cut_forgets_how_often_a_breaker_has_closed() {
    let settings = Settings::default();
    let mut bench = Bench::new();
    assert_eq!(starts_until_refused(&mut bench, 20), 6);
    bench.restart(settings, 5_000);
    bench.run(1);
    assert_eq!(
        bench.start("r", Limits::default()),
        Err(Refusal::TooOften),
        "restart"
    );
    bench.power_cut(settings, 30_000);
    bench.run(15);
    assert_eq!(
        bench.start("p", Limits::default()),
        Err(Refusal::TooOften),
        "power cut"
    );
    let before = bench.wall_us;
    bench.power_cut(settings, 3_000_000);
    bench.wall_us = before;
    bench.run(15);
    bench.start("later", lasting(2)).unwrap();
}

#[test]
fn operations_are_counted_by_hand_too_and_across_restarts_and_wear_is_told() {
    let settings = Settings {
        life_ops: 10,
        ..Settings::default()
    };
    let mut bench = Bench::with(settings);
    for n in 1..=10 {
        bench.position = Position::Closed;
        bench.run(2);
        assert_eq!(bench.outlet.status().operations, n);
        let worn = bench.told().contains(&"notice breaker_worn".to_owned());
        assert_eq!(worn, n == 7 || n == 9, "operation {n}");
        bench.restart(settings, 1_000);
        bench.run(1);
    }
}

#[test]
fn a_breaker_that_takes_anothers_place_has_a_count_of_its_own() {
    let mut bench = Bench::new();
    bench.outlet.know_breaker("old");
    for (id, operations) in [("old", 1), ("old", 2), ("new", 1)] {
        bench.outlet.know_breaker(id);
        bench.position = Position::Closed;
        bench.run(2);
        assert_eq!(bench.outlet.status().operations, operations, "{id}");
        bench.restart(Settings::default(), 1_000);
        bench.run(1);
    }
}
