//! Stories about the panel model.

use super::*;

const DAY_MS: u64 = 86_400_000;

fn one() -> OutletNumber {
    OutletNumber::new(1).unwrap()
}

fn world(speed: u32) -> World {
    let build = Build {
        travel_ms: 300,
        speed,
        seed: 7,
    };
    World::new(build, &[], 1_000)
}

/// Outlet 1 closed since tick 1300, with a car that wants `need_wh`.
fn charging(speed: u32, need_wh: Option<i64>) -> World {
    let mut world = world(speed);
    world.plug_in(one(), need_wh);
    world.write_coil(one(), true);
    world.step(1_300);
    world
}

fn whats(world: &World) -> Vec<(u64, What)> {
    world.history().iter().map(|h| (h.tick_ms, h.what)).collect()
}

#[test]
fn a_breaker_moves_after_its_travel_time_and_not_before() {
    let mut world = world(1);
    world.write_coil(one(), true);
    world.step(1_299);
    assert!(!world.breaker(one()).contacts_closed);
    world.step(5_000);
    assert!(world.breaker(one()).contacts_closed);
    assert_eq!(whats(&world), [(1_000, What::CoilOn), (1_300, What::Closed)]);
}

#[test]
fn the_travel_time_does_not_shrink_with_the_speed() {
    let mut world = world(3_600);
    world.write_coil(one(), true);
    world.step(1_299);
    assert!(!world.breaker(one()).mechanism_closed);
}

#[test]
fn without_travel_the_breaker_has_moved_when_the_write_is_answered() {
    let build = Build {
        travel_ms: 0,
        speed: 1,
        seed: 7,
    };
    let mut world = World::new(build, &[], 0);
    world.write_coil(one(), true);
    assert!(world.breaker(one()).contacts_closed);
}

#[test]
fn a_car_draws_nothing_before_the_breaker_closed_and_nothing_after_it_opened() {
    let mut world = world(1);
    world.plug_in(one(), None);
    world.step(600_000);
    assert_eq!((world.delivered_mwh(one()), world.flow(one()).current_ma), (0, 0));
    world.write_coil(one(), true);
    world.step(700_000);
    world.write_coil(one(), false);
    world.step(700_300);
    let delivered = world.delivered_mwh(one());
    world.step(900_000);
    assert!(delivered > 0);
    assert_eq!(
        (world.delivered_mwh(one()), world.flow(one()).current_ma),
        (delivered, 0)
    );
}

#[test]
fn the_register_gains_power_times_time_to_the_milliwatt_hour() {
    for speed in [1, 60, 3_600] {
        let mut world = charging(speed, None);
        world.step(10_000);
        let (before, power_mw) = (world.meter(one()).register_mwh(), world.flow(one()).power_mw);
        world.step(10_000 + 3_600_000);
        let gained = world.meter(one()).register_mwh() - before;
        let expected = power_mw * i64::from(speed);
        assert!((gained - expected).abs() <= 1, "{gained} {expected}");
    }
}

#[test]
fn the_main_meter_counts_all_outlets_and_the_standby() {
    let mut world = world(1);
    let before = world.main_meter().register_mwh();
    for outlet in OutletNumber::first(3) {
        world.plug_in(outlet, None);
        world.write_coil(outlet, true);
    }
    world.step(1_000 + 3_600_000);
    let outlets: i64 = OutletNumber::first(8)
        .map(|outlet| world.delivered_mwh(outlet))
        .sum();
    let gained = world.main_meter().register_mwh() - before;
    assert!((gained - outlets - STANDBY_MW).abs() <= 8, "{gained} {outlets}");
    let power: i64 = OutletNumber::first(8)
        .map(|outlet| world.flow(outlet).power_mw)
        .sum();
    assert_eq!(world.main_flow().power_mw, power + STANDBY_MW);
}

#[test]
fn a_jump_of_a_day_is_the_same_as_a_day_of_seconds() {
    let (mut jumped, mut walked) = (charging(1, Some(12_000)), charging(1, Some(12_000)));
    jumped.step(1_300 + DAY_MS);
    for second in 0..=86_400 {
        walked.step(1_300 + second * 1_000);
    }
    assert_eq!(jumped.delivered_mwh(one()), 12_000_000);
    assert_eq!(jumped.delivered_mwh(one()), walked.delivered_mwh(one()));
    assert_eq!(
        jumped.main_meter().register_mwh(),
        walked.main_meter().register_mwh()
    );
    assert_eq!(jumped.flow(one()).current_ma, 0);
}

#[test]
fn speed_is_only_faster_time_for_cars() {
    let (mut fast, mut slow) = (charging(100, Some(1_500)), charging(1, Some(1_500)));
    fast.step(1_300 + 12_345);
    slow.step(1_300 + 1_234_500);
    assert_eq!(fast.delivered_mwh(one()), slow.delivered_mwh(one()));
    assert_eq!(fast.flow(one()), slow.flow(one()));
}

#[test]
fn the_voltage_droops_a_little_under_load() {
    let mut world = charging(1, None);
    let idle = world.flow(one()).voltage_mv;
    world.step(60_000);
    let loaded = world.flow(one()).voltage_mv;
    assert!((201_000..202_000).contains(&idle), "{idle}");
    assert!((1..2_000).contains(&(idle - loaded)), "{idle} {loaded}");
}

#[test]
fn a_trip_opens_at_once_and_stays() {
    let mut world = charging(1, None);
    world.step(60_000);
    world.trip(one());
    world.write_coil(one(), true);
    world.step(120_000);
    assert!(!world.breaker(one()).contacts_closed && world.breaker(one()).tripped);
    assert_eq!(
        whats(&world)[2..],
        [
            (60_000, What::Tripped),
            (60_000, What::Opened),
            (60_000, What::CoilOn)
        ]
    );
}

#[test]
fn a_stuck_breaker_does_not_move_and_the_car_goes_on() {
    let mut world = charging(1, None);
    world.act(one(), |breaker| {
        breaker.stick(true);
        None
    });
    world.write_coil(one(), false);
    world.step(60_000);
    assert!(world.breaker(one()).contacts_closed);
    assert!(world.flow(one()).current_ma > 14_000);
}

#[test]
fn through_welded_contacts_current_flows_although_the_feedback_says_open() {
    let mut world = charging(1, None);
    world.act(one(), |breaker| {
        breaker.weld();
        None
    });
    world.write_coil(one(), false);
    world.step(60_000);
    assert!(!world.breaker(one()).mechanism_closed);
    assert!(world.flow(one()).current_ma > 14_000);
}

#[test]
fn a_car_that_is_switched_on_again_starts_softly_and_gets_only_the_rest() {
    let mut world = charging(1, Some(1_000));
    world.step(600_000);
    world.write_coil(one(), false);
    world.step(700_000);
    world.write_coil(one(), true);
    world.step(700_300);
    assert_eq!(world.flow(one()).current_ma, 0);
    world.step(DAY_MS);
    assert_eq!(world.delivered_mwh(one()), 1_000_000);
}

#[test]
fn equal_seeds_make_equal_panels_and_others_differ() {
    let serial = |seed| {
        let build = Build {
            travel_ms: 0,
            speed: 1,
            seed,
        };
        let world = World::new(build, &[], 0);
        (world.meter(one()).serial, world.meter(one()).register_mwh())
    };
    assert_eq!(serial(3), serial(3));
    assert_ne!(serial(3), serial(4));
}
