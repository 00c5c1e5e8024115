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
fn after_a_gap_of_unknown_length_a_days_worth_is_believed_and_more_is_not() {
    for (found, attributable) in [(90_000, 90_000), (200_000, 0)] {
        let mut meter = Meter::new(MAX);
        meter.observe(Ok(WattHours(0)), Tick(5_000_000));
        let mut meter = meter.after_unknown_gap();
        meter.observe(Ok(WattHours(found)), Tick(10));
        assert_eq!(meter.attributable().0, attributable);
    }
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
