//! Restarts, power cuts and clocks that step.

use super::*;

const SETTINGS: fn() -> Settings = Settings::default;

#[test]
fn after_a_restart_a_charge_goes_on_to_its_old_end_without_being_told_again() {
    let mut bench = Bench::new();
    bench.start("t1", lasting(60)).unwrap();
    bench.run(10);
    bench.told();
    bench.restart(SETTINGS(), 20_000);
    bench.run(3);
    assert_eq!((bench.position, bench.writes), (Position::Closed, 2));
    bench.run(30);
    assert_eq!(bench.position, Position::Open);
    assert_eq!(bench.told_of_charges(), ["ended TimeLimit 0"]);
}

#[test]
fn a_breaker_found_open_after_a_restart_without_a_power_cut_was_opened_by_somebody() {
    let mut bench = Bench::started();
    bench.position = Position::Open;
    bench.restart(SETTINGS(), 20_000);
    bench.run(60);
    assert_eq!(bench.position, Position::Open);
    assert_eq!(bench.told_of_charges(), ["ended OpenedByHand 0"]);
}

#[test]
fn after_a_restart_past_its_end_a_charge_ends_and_the_breaker_is_not_closed() {
    let mut bench = Bench::new();
    bench.start("t1", lasting(60)).unwrap();
    bench.run(10);
    bench.restart(SETTINGS(), 120_000);
    bench.position = Position::Open;
    assert_eq!(
        bench.outlet.switch_due(bench.now().tick),
        None,
        "nothing is commanded before the first look"
    );
    bench.run(2);
    assert_eq!(bench.position, Position::Open);
    assert!(bench.told().contains(&"ended TimeLimit 0".to_owned()));
}

#[test]
fn after_a_power_cut_a_charge_goes_on_within_its_limits_and_owns_what_the_register_jumped() {
    let mut bench = Bench::new();
    bench.start("t1", lasting(600)).unwrap();
    bench.current_ma = 10_000;
    bench.run(100);
    bench.told();
    bench.power_cut(SETTINGS(), 60_000);
    bench.current_ma = 0;
    // Counted between the last reading and the cut.
    bench.register = Ok(WattHours(5_004));
    assert_eq!(bench.outlet.switch_due(bench.now().tick), None, "seen first");
    bench.run(9);
    assert_eq!(bench.position, Position::Open, "open for its time first");
    bench.run(3);
    assert_eq!(bench.position, Position::Closed);
    bench.run(600 - 100 - 60 - 13);
    assert_eq!(bench.position, Position::Closed);
    bench.run(3);
    assert_eq!(bench.position, Position::Open);
    let told = ["power lost", "power resumed", "ended TimeLimit 4"];
    assert_eq!(bench.told_of_charges(), told);
}

#[test]
fn where_so_wished_a_power_cut_ends_a_charge_once_with_what_the_register_jumped() {
    let settings = Settings {
        after_power_cut: AfterPowerCut::End,
        ..Settings::default()
    };
    let mut bench = Bench::started_with(settings);
    bench.power_cut(settings, 60_000);
    bench.power_cut(settings, 60_000);
    bench.register = Ok(WattHours(5_004));
    bench.run(60);
    assert_eq!(bench.told_of_charges(), ["ended PowerLoss 4"]);
    assert_eq!(bench.position, Position::Open);
}

#[test]
fn a_breaker_found_open_when_the_panel_is_seen_again_was_opened_by_the_power() {
    for (after_power_cut, position, told) in [
        (
            AfterPowerCut::Continue,
            Position::Closed,
            &["power lost", "power resumed"][..],
        ),
        (AfterPowerCut::End, Position::Open, &["ended PowerLoss 0"]),
    ] {
        let mut bench = Bench::started_with(Settings {
            after_power_cut,
            ..SETTINGS()
        });
        let dark = Observation::default();
        for _ in 0..5 {
            bench.pass(1_000);
            bench.reports.extend(bench.outlet.observe(&dark, bench.now()));
        }
        bench.position = Position::Open;
        bench.run(1);
        bench.outlet.hold_until(Tick(bench.now_ms + 30_000));
        bench.run(29);
        assert_eq!(bench.position, Position::Open);
        bench.run(30);
        assert_eq!(bench.told_of_charges(), told);
        assert_eq!(bench.position, position);
    }
}

/// The panel alone is without power for a while.
fn dark(bench: &mut Bench, seconds: u64) {
    (bench.dark, bench.position, bench.current_ma) = (true, Position::Open, 0);
    bench.run(seconds);
    bench.dark = false;
}

/// What is told of the power, and of ends.
fn told_of_power(bench: &mut Bench) -> Vec<String> {
    let mut told = bench.told();
    told.retain(|name| {
        ["power", "ended", "fault"]
            .iter()
            .any(|kind| name.starts_with(kind))
    });
    told
}

#[test]
fn a_charge_goes_on_after_each_dark_time_of_its_panel_however_long_ago_it_began() {
    for (charged_s, dark_s) in [(10, 6), (163, 37), (300, 25), (3_600, 600)] {
        let mut bench = Bench::started();
        for _ in 0..2 {
            bench.current_ma = 10_000;
            bench.run(charged_s);
            dark(&mut bench, dark_s);
            bench.run(20);
            let told = told_of_power(&mut bench);
            assert_eq!(told, ["power lost", "power resumed"], "{charged_s} {dark_s}");
            assert_eq!(bench.position, Position::Closed);
        }
    }
}

#[test]
fn a_charge_that_waits_for_its_turn_after_a_dark_time_waits_through_the_next_one() {
    let mut bench = Bench::started();
    bench.run(120);
    dark(&mut bench, 5);
    bench.run(3);
    assert_eq!(told_of_power(&mut bench), ["power lost"]);
    dark(&mut bench, 120);
    bench.run(20);
    assert_eq!(told_of_power(&mut bench), ["power resumed"]);
}

#[test]
fn power_that_goes_again_with_the_on_after_a_cut_is_no_breaker_that_did_not_close() {
    let mut bench = Bench::started();
    bench.run(120);
    dark(&mut bench, 5);
    for _ in 0..30 {
        bench.run(u64::from(bench.position == Position::Open));
    }
    assert_eq!(told_of_power(&mut bench), ["power lost"], "not yet seen closed");
    dark(&mut bench, 30);
    bench.run(9);
    assert_eq!(bench.position, Position::Open, "open for its time first");
    bench.run(11);
    assert_eq!(told_of_power(&mut bench), ["power resumed"]);
    assert_eq!(bench.position, Position::Closed);
}

#[test]
fn a_breaker_that_does_not_close_after_a_power_cut_did_not_close() {
    let mut bench = Bench::started();
    bench.run(120);
    bench.stuck = true;
    dark(&mut bench, 5);
    bench.run(20);
    let told = ["power lost", "ended DidNotClose 0", "fault did_not_close"];
    assert_eq!(told_of_power(&mut bench), told);
}

#[test]
fn a_charge_that_ends_without_its_power_is_told_to_be_without_it_once_also_across_a_restart() {
    let mut bench = Bench::new();
    bench.start("t1", lasting(60)).unwrap();
    bench.run(10);
    bench.told();
    bench.power_cut(SETTINGS(), 1_000);
    bench.outlet.hold_until(Tick(bench.now_ms + 120_000));
    bench.run(3);
    assert_eq!(bench.told_of_charges(), ["power lost"]);
    bench.power_cut(SETTINGS(), 1_000);
    bench.outlet.hold_until(Tick(bench.now_ms + 120_000));
    bench.run(60);
    assert_eq!(bench.told_of_charges(), ["ended TimeLimit 0"]);
}

#[test]
fn a_held_charge_is_closed_when_its_delay_has_passed_and_opened_at_its_end_all_the_same() {
    let mut bench = Bench::started();
    bench.power_cut(SETTINGS(), 1_000);
    bench.outlet.hold_until(Tick(bench.now_ms + 120_000));
    bench.run(119);
    assert_eq!(bench.position, Position::Open);
    bench.run(3);
    assert_eq!(bench.position, Position::Closed);

    let mut bench = Bench::new();
    bench.start("t1", lasting(60)).unwrap();
    bench.run(2);
    bench.power_cut(SETTINGS(), 1_000);
    bench.outlet.hold_until(Tick(bench.now_ms + 120_000));
    bench.run(70);
    assert!(bench.told().contains(&"ended TimeLimit 0".to_owned()));
    bench.run(120);
    assert_eq!(bench.position, Position::Open);
}

#[test]
fn steps_of_the_wall_clock_move_no_end() {
    for step_us in [86_400_000_000, -86_400_000_000, -1_800_000_000_000_000] {
        let mut bench = Bench::new();
        bench.start("t1", lasting(60)).unwrap();
        bench.run(10);
        bench.wall_us += step_us;
        bench.run(20);
        bench.wall_us -= step_us;
        bench.run(29);
        assert_eq!(bench.position, Position::Closed, "{step_us}");
        bench.run(1);
        assert_eq!(bench.position, Position::Open, "{step_us}");
    }
}

#[test]
fn without_a_clock_after_a_power_cut_a_charge_has_what_was_left_of_it() {
    let noon_us = Bench::new().wall_us;
    for wall_us in [0, noon_us - 86_400_000_000] {
        let mut bench = Bench::new();
        bench.start("t1", lasting(600)).unwrap();
        bench.run(100);
        bench.power_cut_until(SETTINGS(), 60_000, wall_us);
        // The cut may have come a second after what was left was noted.
        bench.run(498);
        assert_eq!(bench.position, Position::Closed);
        bench.run(2);
        assert_eq!(bench.position, Position::Open);
    }
}
