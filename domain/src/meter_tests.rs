//! The register rules, as tables and as properties.

use proptest::prelude::*;

use super::*;

const MAX: Watts = Watts(4_000);

fn at(seconds: u64, register: i64) -> (u64, Measured<WattHours>) {
    (seconds, Ok(WattHours(register)))
}

fn run(samples: &[(u64, Measured<WattHours>)]) -> (Meter, Vec<Outcome>) {
    let mut meter = Meter::new(MAX);
    let outcomes = samples
        .iter()
        .map(|(s, r)| meter.observe(*r, Tick(s * 1000)))
        .collect();
    (meter, outcomes)
}

fn check(samples: &[(u64, Measured<WattHours>)], attributable: i64, unattributed: i64) -> Vec<Outcome> {
    let (meter, outcomes) = run(samples);
    assert_eq!(
        (meter.attributable.0, meter.unattributed.0),
        (attributable, unattributed),
        "{outcomes:?}"
    );
    outcomes
}

#[test]
fn an_honest_hour_is_counted_whole() {
    check(
        &[
            at(0, 1_000_000),
            at(60, 1_000_050),
            at(120, 1_000_100),
            at(3600, 1_003_000),
        ],
        3_000,
        0,
    );
}

#[test]
fn silence_loses_nothing_because_the_register_caught_up() {
    let outcomes = check(
        &[
            at(0, 100),
            (60, Err(Unusable::Silent)),
            (120, Err(Unusable::Invalid)),
            at(180, 250),
        ],
        150,
        0,
    );
    assert_eq!(
        outcomes
            .iter()
            .filter(|o| matches!(o, Outcome::Nothing(Some(_))))
            .count(),
        1
    );
}

#[test]
fn a_single_wild_sample_changes_nothing() {
    check(&[at(0, 100), at(60, 81_250_000), at(120, 200)], 100, 0);
    check(&[at(0, 5_000), at(60, 0), at(120, 5_100)], 100, 0);
}

#[test]
fn a_reset_is_believed_after_three_rising_samples_and_billed_to_nobody() {
    let outcomes = check(
        &[at(0, 5_000), at(60, 0), at(120, 50), at(180, 100), at(240, 150)],
        50,
        -4_900,
    );
    assert_eq!(
        outcomes.get(3),
        Some(&Outcome::Rebased {
            from: WattHours(5_000),
            to: WattHours(100)
        })
    );
}

#[test]
fn a_lifetime_register_after_a_zero_is_never_billed() {
    check(
        &[
            at(0, 0),
            at(60, 910_031),
            at(120, 910_081),
            at(180, 910_131),
            at(240, 910_181),
        ],
        50,
        910_131,
    );
}

#[test]
fn after_a_gap_what_it_may_have_carried_is_believed_and_more_is_not() {
    let hour = Millis::seconds(3600);
    for (gap, found, attributable) in [
        (hour, 4_000, 4_000),
        (hour, 5_000, 0),
        (LONGEST_GAP, 90_000, 90_000),
        (LONGEST_GAP, 200_000, 0),
        (Millis::seconds(90 * 3600), 200_000, 0),
    ] {
        let mut meter = after_gap(gap);
        for ms in [10, 1_010] {
            meter.observe(Ok(WattHours(found)), Tick(ms));
        }
        assert_eq!(meter.attributable().0, attributable, "{gap:?}");
    }
}

/// Read at 0 Wh, then not for as long as `gap`, in which the ticks began anew.
fn after_gap(gap: Millis) -> Meter {
    let mut meter = Meter::new(MAX);
    meter.observe(Ok(WattHours(0)), Tick(5_000_000));
    meter.after_gap(gap, true)
}

#[test]
fn after_a_gap_much_energy_is_attributed_only_with_a_second_sample() {
    let mut meter = after_gap(LONGEST_GAP);
    assert_eq!(
        meter.observe(Ok(WattHours(90_000)), Tick(10)),
        Outcome::Nothing(None)
    );
    assert_eq!(
        meter.observe(Ok(WattHours(90_001)), Tick(1_010)),
        Outcome::Advanced(WattHours(90_001))
    );
    let mut wild = after_gap(LONGEST_GAP);
    wild.observe(Ok(WattHours(90_000)), Tick(10));
    assert_eq!(
        wild.observe(Ok(WattHours(3)), Tick(1_010)),
        Outcome::Advanced(WattHours(3)),
        "the first was wrong"
    );
    let mut little = after_gap(LONGEST_GAP);
    assert_eq!(
        little.observe(Ok(WattHours(70)), Tick(10)),
        Outcome::Advanced(WattHours(70))
    );
}

#[test]
fn a_second_boot_before_the_meter_was_read_knows_of_no_bound_but_the_longest() {
    let mut meter = after_gap(Millis::seconds(60)).after_gap(Millis::seconds(60), true);
    for ms in [10, 1_010] {
        meter.observe(Ok(WattHours(8_000)), Tick(ms));
    }
    assert_eq!(meter.attributable(), WattHours(8_000));
}

#[test]
fn after_a_gap_that_nobody_measured_much_energy_is_nobodys_unless_the_meter_tells_that_it_is_the_same() {
    for (is_known, found, attributable) in [(false, 700, 700), (false, 9_000, 0), (true, 9_000, 9_000)] {
        let mut meter = after_gap(LONGEST_GAP).after_gap(LONGEST_GAP, false);
        if is_known {
            meter.is_the_same();
        }
        for second in 1..=3 {
            meter.observe(Ok(WattHours(found)), Tick(second * 1_000));
        }
        let sums = (meter.attributable().0, meter.unattributed().0);
        assert_eq!(sums, (attributable, found - attributable), "{is_known}");
    }
}

#[test]
fn the_register_of_another_meter_continues_no_account() {
    for found in [5_003, 5_000, 4_000, 900_000] {
        let mut meter = Meter::new(MAX);
        meter.observe(Ok(WattHours(5_000)), Tick(0));
        meter.is_replaced();
        let outcome = meter.observe(Ok(WattHours(found)), Tick(60_000));
        let (from, to) = (WattHours(5_000), WattHours(found));
        assert_eq!(outcome, Outcome::Rebased { from, to });
        let next = meter.observe(Ok(WattHours(found + 2)), Tick(61_000));
        assert_eq!(next, Outcome::Advanced(WattHours(2)));
    }
}

#[test]
fn a_register_that_only_stands_at_another_level_is_never_believed() {
    let mut samples: Vec<_> = (1..=20).map(|minute| at(60 * minute, 0)).collect();
    samples.insert(0, at(0, 5_000));
    check(&samples, 0, 0);
    samples.push(at(21 * 60, 5_010));
    let outcomes = check(&samples, 10, 0);
    assert_eq!(outcomes.last(), Some(&Outcome::Advanced(WattHours(10))));
}

#[test]
fn a_register_that_was_reset_is_believed_once_it_rises_and_heard_before() {
    let mut meter = Meter::new(MAX);
    let lately = Millis::seconds(90);
    assert!(!meter.is_heard(lately, Tick(0)));
    for (s, register, is_heard) in [(0, 5_000, true), (100, 0, false), (160, 0, false), (220, 0, true)] {
        meter.observe(Ok(WattHours(register)), Tick(s * 1000));
        assert_eq!(meter.is_heard(lately, Tick(s * 1000)), is_heard, "second {s}");
    }
    let outcome = meter.observe(Ok(WattHours(1)), Tick(280_000));
    assert_eq!(
        outcome,
        Outcome::Rebased {
            from: WattHours(5_000),
            to: WattHours(1)
        }
    );
    assert!(!meter.is_in_doubt());
}

#[test]
fn a_gap_that_was_disowned_is_attributed_to_nobody() {
    let mut meter = Meter::new(MAX);
    meter.observe(Ok(WattHours(100)), Tick(0));
    meter.disown_gap();
    let outcome = meter.observe(Ok(WattHours(600)), Tick(1_800_000));
    assert_eq!(
        outcome,
        Outcome::Rebased {
            from: WattHours(100),
            to: WattHours(600)
        }
    );
    meter.observe(Ok(WattHours(650)), Tick(1_860_000));
    assert_eq!(
        (meter.attributable(), meter.unattributed()),
        (WattHours(50), WattHours(500))
    );
}

#[test]
fn a_register_of_coarse_steps_is_counted_too() {
    let mut meter = Meter::new(MAX).described(MAX, WattHours(10));
    for (second, register) in [(0, 0), (1, 0), (2, 10), (10, 10), (11, 20)] {
        meter.observe(Ok(WattHours(register)), Tick(second * 1000));
    }
    assert_eq!(
        (meter.attributable(), meter.unattributed()),
        (WattHours(20), WattHours(0))
    );
}

fn any_register() -> impl Strategy<Value = Measured<WattHours>> {
    prop_oneof![
        8 => (0_i64..5_000).prop_map(|r| Ok(WattHours(r))),
        1 => any::<i32>().prop_map(|r| Ok(WattHours(i64::from(r)))),
        1 => Just(Err(Unusable::Invalid)),
    ]
}

proptest! {
    #[test]
    fn every_watt_hour_of_the_register_is_accounted_once(
        samples in prop::collection::vec((0_u64..120, any_register()), 1..80)
    ) {
        let (mut meter, mut now, mut first, mut billed) = (Meter::new(MAX), 0, None, 0);
        for (wait, register) in samples {
            now += wait * 1000;
            let before = meter.register();
            if let Outcome::Advanced(energy) = meter.observe(register, Tick(now)) {
                prop_assert!(energy.0 >= 0);
                billed += energy.0;
            }
            first = first.or(meter.register());
            if register.is_err() {
                prop_assert_eq!(before, meter.register());
            }
        }
        let moved = first.and_then(|f| meter.register().map(|l| l - f)).unwrap_or_default();
        prop_assert_eq!(meter.attributable() + meter.unattributed(), moved);
        prop_assert_eq!(meter.attributable(), WattHours(billed));
    }

    #[test]
    fn no_more_is_billed_than_the_circuit_can_carry(
        samples in prop::collection::vec((1_u64..120, any_register()), 2..80)
    ) {
        let (mut meter, mut now) = (Meter::new(MAX), 0);
        for (wait, register) in &samples {
            now += wait * 1000;
            meter.observe(*register, Tick(now));
        }
        let carried = MAX.0 * i64::try_from(now).unwrap() / 3_600_000;
        let steps = i64::try_from(samples.len()).unwrap() * (STEP.0 + 1);
        prop_assert!(meter.attributable().0 <= carried * 11 / 10 + steps);
    }
}
