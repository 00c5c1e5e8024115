//! What sessions cost.

use proptest::prelude::*;

use super::*;

const HOUR_US: i64 = 3_600_000_000;

fn read(hour: i64, register_wh: i64) -> Reading {
    (Timestamp(hour * HOUR_US), WattHours(register_wh))
}

fn turn(hour: i64, rate: usize) -> Turn {
    Turn {
        at: Timestamp(hour * HOUR_US),
        rate,
    }
}

fn terms(rates: &[i64]) -> Terms {
    Terms {
        rates: rates.iter().copied().map(Rate).collect(),
        ..Terms::flat(Rate(0))
    }
}

#[test]
fn energy_on_each_side_of_a_turn_has_its_own_rate() {
    let terms = terms(&[31_000, 20_000]);
    for (readings, energy_yen) in [
        // Read at the turn: 1000 Wh at 31 yen, 2000 Wh at 20.
        (vec![read(21, 0), read(23, 1000), read(25, 3000)], 71),
        // Not read at it: even flow, half of 3000 Wh on each side.
        (vec![read(21, 0), read(25, 3000)], 46 + 30),
        // All before, all after, a register read at the turn and none after it.
        (vec![read(20, 0), read(23, 1000)], 31),
        (vec![read(23, 0), read(24, 1000)], 20),
        (vec![read(24, 5), read(24, 5)], 0),
    ] {
        let cost = price(
            &terms,
            &readings,
            &[turn(0, 0), turn(23, 1), turn(31, 0)],
            Millis(0),
        );
        assert_eq!(cost.energy, Yen(energy_yen), "{readings:?}");
        assert_eq!(cost.total(), Yen(energy_yen));
    }
}

#[test]
fn yen_are_rounded_down_once_for_all_rates() {
    // 0.5 yen at each of two rates make one yen.
    let terms = terms(&[500, 250]);
    let readings = [read(0, 0), read(1, 1000), read(2, 3000)];
    let cost = price(&terms, &readings, &[turn(1, 1)], Millis(0));
    assert_eq!(cost.energy, Yen(1));
    let cost = price(&terms, &[read(0, 0), read(1, 1999)], &[], Millis(0));
    assert_eq!(cost.energy, Yen(0));
}

#[test]
fn fixed_part_minimum_and_full_cars_are_parts_of_their_own() {
    let terms = Terms {
        fixed: Yen(50),
        minimum: Yen(100),
        idle_per_minute: Yen(10),
        idle_free: Millis(15 * 60_000),
        ..terms(&[30_000])
    };
    let minutes = |minutes: u64| Millis(minutes * 60_000);
    for (energy_wh, idle, [energy, fixed, minimum, idle_yen]) in [
        (0, minutes(600), [0, 0, 0, 0]),
        (1000, minutes(0), [30, 50, 20, 0]),
        (2000, minutes(15), [60, 50, 0, 0]),
        (2000, Millis(16 * 60_000 - 1), [60, 50, 0, 0]),
        (2000, minutes(16), [60, 50, 0, 10]),
        (100, minutes(75), [3, 50, 47, 600]),
    ] {
        let cost = price(&terms, &[read(0, 7), read(1, 7 + energy_wh)], &[], idle);
        let parts = [cost.energy, cost.fixed, cost.minimum, cost.idle].map(|yen| yen.0);
        assert_eq!(parts, [energy, fixed, minimum, idle_yen], "{energy_wh}");
        assert_eq!(cost.total().0, energy + fixed + minimum + idle_yen);
    }
}

#[test]
fn energy_that_was_not_the_sessions_is_taken_back() {
    let mut metered = Metered::default();
    metered.add(read(0, 0), read(2, 200), &[turn(1, 1)]);
    metered.take_back(WattHours(130));
    assert_eq!(
        (metered.at_rate(0), metered.at_rate(1)),
        (WattHours(0), WattHours(70))
    );
    metered.take_back(WattHours(500));
    assert_eq!(metered.energy(), WattHours(0));
}

#[test]
fn money_buys_energy_at_the_dearest_rate_after_the_fixed_part() {
    let terms = Terms {
        fixed: Yen(100),
        minimum: Yen(150),
        ..terms(&[20_000, 31_000])
    };
    assert_eq!(terms.buys(Yen(600)), Some(WattHours(16_129)));
    assert_eq!(terms.buys(Yen(149)), None);
    assert_eq!(terms.buys(Yen(150)), Some(WattHours(1612)));
    assert_eq!(Terms::flat(Rate(2_000_000)).buys(Yen(1)), None);
    assert_eq!(Terms::flat(Rate(0)).buys(Yen(1)), Some(MOST));
}

#[test]
fn what_energy_costs_at_most_is_taken_at_the_dearest_rates_first() {
    let terms = terms(&[20_000, 36_000, 25_500]);
    let taken = Metered {
        by_rate: vec![WattHours(500), WattHours(700), WattHours(900)],
        idle: Millis(7),
    };
    let dearest = |wh: i64| terms.dearest(&taken, WattHours(wh));
    assert_eq!(dearest(600).by_rate, [WattHours(0), WattHours(600)]);
    assert_eq!(
        dearest(1_000).by_rate,
        [WattHours(0), WattHours(700), WattHours(300)]
    );
    assert_eq!(dearest(9_000), taken);
    assert_eq!(dearest(0).energy(), WattHours(0));
}

fn any_terms() -> impl Strategy<Value = Terms> {
    let rates = prop::collection::vec((0_i64..200_000).prop_map(Rate), 1..5);
    (rates, 0_i64..500, 0_i64..500, 0_i64..50, 0_u64..7_200_000).prop_map(
        |(rates, fixed, minimum, per_minute, free)| Terms {
            rates,
            fixed: Yen(fixed),
            minimum: Yen(minimum),
            idle_per_minute: Yen(per_minute),
            idle_free: Millis(free),
        },
    )
}

fn any_turns() -> impl Strategy<Value = Vec<Turn>> {
    prop::collection::btree_map(0_i64..50 * HOUR_US, 0_usize..5, 0..8).prop_map(|turns| {
        let turn = |(at, rate)| Turn {
            at: Timestamp(at),
            rate,
        };
        turns.into_iter().map(turn).collect()
    })
}

/// Registers that rise, in the order of time.
fn any_readings() -> impl Strategy<Value = Vec<Reading>> {
    prop::collection::vec((1_i64..5 * HOUR_US, 0_i64..20_000), 1..12).prop_map(|steps| {
        let mut last = read(0, 1_000_000);
        let mut readings = vec![last];
        for (passed, moved) in steps {
            last = (Timestamp(last.0.0 + passed), last.1 + WattHours(moved));
            readings.push(last);
        }
        readings
    })
}

fn metered(readings: &[Reading], turns: &[Turn]) -> Metered {
    let mut metered = Metered::default();
    for (from, to) in readings.iter().zip(readings.iter().skip(1)) {
        metered.add(*from, *to, turns);
    }
    metered
}

proptest! {
    #[test]
    fn a_session_split_at_any_reading_costs_as_much_as_its_parts(
        terms in any_terms(), readings in any_readings(), turns in any_turns(), at in any::<prop::sample::Index>()
    ) {
        let at = at.index(readings.len());
        let whole = metered(&readings, &turns);
        let parts = [metered(&readings[..=at], &turns), metered(&readings[at..], &turns)];
        let sum: i128 = parts.iter().map(|part| terms.energy_millionths(part)).sum();
        prop_assert_eq!(terms.energy_millionths(&whole), sum);
        let energy = parts[0].energy() + parts[1].energy();
        prop_assert_eq!(whole.energy(), energy);
        prop_assert_eq!(energy, readings[readings.len() - 1].1 - readings[0].1);
    }

    #[test]
    fn whole_yen_of_parts_differ_from_the_whole_by_less_than_the_number_of_parts(
        terms in any_terms(), readings in any_readings(), turns in any_turns()
    ) {
        let whole = terms.cost(&metered(&readings, &turns)).energy.0;
        let pieces = readings.windows(2).map(|pair| terms.cost(&metered(pair, &turns)).energy.0);
        let (sum, count) = pieces.fold((0, 0), |(sum, count), yen| (sum + yen, count + 1));
        prop_assert!((sum..sum + count.max(1)).contains(&whole), "{whole} {sum} {count}");
    }

    #[test]
    fn more_energy_or_a_longer_stay_never_costs_less_and_nothing_is_negative(
        terms in any_terms(), readings in any_readings(), turns in any_turns(), more_wh in 0_i64..50_000,
        idle in 0_u64..86_400_000, longer in 0_u64..86_400_000
    ) {
        let cost = price(&terms, &readings, &turns, Millis(idle));
        prop_assert!([cost.energy, cost.fixed, cost.minimum, cost.idle].iter().all(|part| part.0 >= 0));
        let mut grown = readings.clone();
        let last = readings[readings.len() - 1];
        grown.push((Timestamp(last.0.0 + HOUR_US), last.1 + WattHours(more_wh)));
        let grown = price(&terms, &grown, &turns, Millis(idle + longer));
        prop_assert!(grown.total() >= cost.total(), "{grown:?} {cost:?}");
    }

    #[test]
    fn what_money_buys_costs_no_more_at_whatever_time(
        terms in any_terms(), turns in any_turns(), limit_yen in 1_i64..100_000
    ) {
        prop_assert!(terms.buys(terms.least()).is_some());
        prop_assert_eq!(terms.buys(Yen(limit_yen)).is_some(), limit_yen >= terms.least().0);
        if let Some(energy) = terms.buys(Yen(limit_yen)) {
            let readings = [read(0, 0), (Timestamp(50 * HOUR_US), energy)];
            prop_assert!(price(&terms, &readings, &turns, Millis(0)).total() <= Yen(limit_yen));
        }
    }
}
