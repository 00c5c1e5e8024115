//! What statements come to, whatever happens to sessions between them.

use proptest::prelude::*;

use super::*;

fn figures(energy_wh: i64, yen: [i64; 4]) -> Figures {
    let [energy, fixed, minimum, idle] = yen.map(Yen);
    let cost = Cost {
        energy,
        fixed,
        minimum,
        idle,
    };
    Figures::of_session(WattHours(energy_wh), Some(cost))
}

#[test]
fn a_month_holds_what_ended_in_it_and_the_first_all_before() {
    let at = Timestamp;
    let (first, second) = (
        Period {
            begin: None,
            end: at(100),
        },
        Period {
            begin: Some(at(100)),
            end: at(200),
        },
    );
    for (ended, in_first, in_second) in [
        (-5, true, false),
        (99, true, false),
        (100, false, true),
        (199, false, true),
        (200, false, false),
    ] {
        assert_eq!(
            (first.holds(at(ended)), second.holds(at(ended))),
            (in_first, in_second)
        );
    }
}

#[test]
fn whoever_took_nothing_is_not_listed() {
    assert_eq!(figures(0, [0, 10, 0, 0]), Figures::NOTHING);
    assert_eq!(figures(1, [0, 10, 0, 0]).sessions, 1);
}

#[test]
fn a_correction_names_what_is_missing_and_moves_from_unit_to_unit() {
    let (stated, now) = (figures(1_000, [31, 0, 0, 0]), figures(900, [28, 0, 0, 0]));
    assert_eq!(
        corrections([(None, stated)], (Some("301"), now)),
        [(None, Figures::NOTHING.minus(stated)), (Some("301"), now)]
    );
    let less = corrections([(Some("301"), stated)], (Some("301"), now));
    assert_eq!(less, [(Some("301"), now.minus(stated))]);
    assert_eq!(less[0].1.energy, WattHours(-100));
    assert_eq!(corrections([(Some("301"), now)], (Some("301"), now)), []);
}

#[test]
fn the_difference_is_told_in_thousandths_rounded_to_the_nearest() {
    let told = |main: Option<i64>, attributed: i64| {
        let beside = Reconciliation {
            main: main.map(WattHours),
            moved: Movement {
                attributed: WattHours(attributed),
                unattributed: WattHours(10),
                rebased: WattHours(-1_000_000),
            },
            stated: WattHours(0),
            within: WattHours(0),
        };
        (beside.difference().map(|wh| wh.0), beside.difference_per_mille())
    };
    assert_eq!(told(Some(10_000), 9_840), (Some(150), Some(15)));
    assert_eq!(told(Some(10_000), 9_845), (Some(145), Some(15)));
    assert_eq!(told(Some(10_000), 9_846), (Some(144), Some(14)));
    assert_eq!(told(Some(10_000), 10_040), (Some(-50), Some(-5)));
    assert_eq!(told(Some(0), 0), (Some(-10), None));
    assert_eq!(told(None, 9_840), (None, None));
}

/// A session as it is at one moment: whose, and its figures.
fn state() -> impl Strategy<Value = (u8, Figures)> {
    let parts = (0_i64..5_000, 0_i64..20, 0_i64..20, 0_i64..20);
    (0_u8..3, 0_i64..100_000, parts).prop_map(|(unit, energy_wh, (energy, fixed, minimum, idle))| {
        (unit, figures(energy_wh, [energy, fixed, minimum, idle]))
    })
}

proptest! {
    /// A session is stated, and changes between statements as often as it likes.
    #[test]
    fn all_that_was_ever_stated_of_a_session_comes_to_what_it_is(states in prop::collection::vec(state(), 1..6)) {
        let mut stated: Vec<(u8, Figures)> = Vec::new();
        for now in states {
            let closed = stated.clone();
            stated.extend(corrections(stated.clone(), now));
            // What was stated stays as it was.
            prop_assert_eq!(&stated[..closed.len()], &closed[..]);
            let entries = stated.iter().map(|(unit, figures)| (*unit, Entry::Correction(*figures)));
            let mut units = by_unit(entries);
            let whose = units.remove(&now.0).map_or(Figures::NOTHING, |unit| unit.corrected);
            prop_assert_eq!(whose, now.1);
            prop_assert!(units.values().all(|unit| unit.corrected == Figures::NOTHING));
            prop_assert_eq!(corrections(stated.clone(), now), vec![]);
        }
    }

    #[test]
    fn rows_come_to_the_total_and_parts_to_the_whole(
        sessions in prop::collection::vec(state(), 0..40), manual in prop::collection::vec((0_u8..3, -500_i64..500), 0..5)
    ) {
        let entries = sessions.iter().enumerate().map(|(place, (unit, figures))| match place % 2 {
            0 => (*unit, Entry::Session(*figures)),
            _ => (*unit, Entry::Correction(*figures)),
        });
        let entries = entries.chain(manual.iter().map(|(unit, yen)| (*unit, Entry::Manual(Yen(*yen)))));
        let rows = by_unit(entries);
        let total = rows.values().fold(Amounts::NOTHING, |sum, row| sum.plus(*row));
        let yen: i64 = rows.values().map(|row| row.total().0).sum();
        prop_assert_eq!(total.total(), Yen(yen));
        let all: i64 = sessions.iter().map(|(_, figures)| figures.cost.total().0).sum();
        prop_assert_eq!(total.total().0, all + manual.iter().map(|(_, yen)| yen).sum::<i64>());
        let energy: i64 = sessions.iter().map(|(_, figures)| figures.energy.0).sum();
        prop_assert_eq!(total.listed.energy.0 + total.corrected.energy.0, energy);
    }

    /// Each session's energy flows in the month it ended in and in the one before; months follow one another.
    #[test]
    fn what_the_registers_moved_by_is_what_is_stated_over_all_months(
        months in prop::collection::vec(prop::collection::vec((0_i64..9_000, 0_i64..9_000), 0..6), 1..6)
    ) {
        let stated = |month: usize| months.get(month).map_or(0, |all| all.iter().map(|(before, within)| before + within).sum());
        let within = |month: usize| months.get(month).map_or(0, |all| all.iter().map(|(_, within)| *within).sum::<i64>());
        let before = |month: usize| months.get(month).map_or(0, |all| all.iter().map(|(before, _)| *before).sum::<i64>());
        let all: Vec<Reconciliation> = (0..=months.len()).map(|month| Reconciliation {
            main: None,
            // Of the first, what flowed before it is in no month.
            moved: Movement { attributed: WattHours(within(month) + before(month + 1)), ..Movement::default() },
            stated: WattHours(stated(month)),
            within: WattHours(within(month)),
        }).collect();
        for (month, next) in all.iter().zip(all.iter().skip(1)) {
            prop_assert_eq!(month.later(), next.earlier());
            prop_assert_eq!(month.moved.attributed, month.stated - month.earlier() + month.later());
        }
        let moved: i64 = all.iter().map(|month| month.moved.attributed.0).sum();
        let charged: i64 = all.iter().map(|month| month.stated.0).sum();
        prop_assert_eq!(moved, charged - all[0].earlier().0);
    }
}
