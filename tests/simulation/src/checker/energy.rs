//! I1: what is billed is what has passed, to the watt-hour; I8: lies of meters are never billed; I2: intervals of
//! registers do not overlap.

use super::ends::energy_at;
use super::{Case, Charge, violation};
use crate::Ms;
use crate::history::{Fact, Heard, Told};
use crate::plant::WATT_HOUR_UJ;

/// Registers tell whole watt-hours at both ends.
const ROUNDING_WH: i64 = 1;
/// More than any circuit here carries in a second, for an end that is told with the register of the last look.
const A_LOOK_WH: i64 = 4;

pub(super) fn check(case: &Case<'_>, found: &mut Vec<String>) {
    for outlet in 1..=u8::try_from(case.evidence.house.outlets).unwrap() {
        let charges: Vec<&Charge> = case
            .charges
            .iter()
            .filter(|charge| charge.outlet == outlet)
            .collect();
        let mut last: Option<(&Charge, i64)> = None;
        for charge in charges {
            let (Some(begin), Some(end)) = (register(charge, "Started"), register(charge, "Ended")) else {
                continue;
            };
            is_billed_right(case, charge, (begin, end), found);
            if let Some((earlier, ended)) = last {
                overlaps(case, (earlier, ended), (charge, begin), found);
            }
            last = Some((charge, end));
        }
    }
}

fn register(charge: &Charge, kind: &str) -> Option<i64> {
    charge.acknowledged(kind).and_then(|(_, told, _)| told.register)
}

/// The register's jumps that the controller has told of, between two moments of telling.
fn rebased(case: &Case<'_>, outlet: u8, (from, to): (Ms, Ms)) -> i64 {
    let mut seen = Vec::new();
    let mut sum = 0;
    for entry in case
        .entries
        .iter()
        .filter(|entry| entry.at >= from && entry.at <= to)
    {
        let Fact::Heard {
            heard:
                Heard::Event {
                    id,
                    outlet: number,
                    variable,
                    info,
                    ..
                },
            acknowledged: true,
        } = &entry.fact
        else {
            continue;
        };
        if *number != outlet || variable != "Problem" || seen.contains(id) {
            continue;
        }
        if let Ok(info_value) = serde_json::from_str::<serde_json::Value>(info)
            && info_value["kind"] == "rebased"
        {
            sum += info_value["to"].as_i64().unwrap_or(0) - info_value["from"].as_i64().unwrap_or(0);
            seen.push(*id);
        }
    }
    sum
}

fn told_at(charge: &Charge, kind: &str) -> Option<Ms> {
    charge.acknowledged(kind).map(|(at, _, _): &(Ms, Told, bool)| *at)
}

fn is_billed_right(case: &Case<'_>, charge: &Charge, (begin, end): (i64, i64), found: &mut Vec<String>) {
    let (Some(from), Some(to)) = (told_at(charge, "Started"), told_at(charge, "Ended")) else {
        return;
    };
    let billed = end - begin - rebased(case, charge.outlet, (from, to));
    let next = case
        .charges
        .iter()
        .find(|other| other.outlet == charge.outlet && other.id > charge.id && other.exists());
    let until = next.map_or(case.evidence.length, |next| next.asked_at);
    let circuit = case.circuit(charge.outlet);
    let passed = energy_at(circuit, until) - energy_at(circuit, charge.asked_at);
    let passed_wh = i64::try_from(passed / WATT_HOUR_UJ).unwrap();
    let window = (charge.asked_at.saturating_sub(90_000), until);
    let others = case.troubles.was_moved_by_hand(charge.outlet, (0, until))
        || case.troubles.welded.contains_key(&charge.outlet);
    // A register that stands still at the start and catches up later cannot be told from a charge's.
    let caught_up = case.troubles.froze_at(charge.outlet, charge.asked_at);
    if billed < 0 || !caught_up && billed > passed_wh + 1 + ROUNDING_WH {
        let what = format!(
            "{} is billed {billed} Wh ({begin} to {end}), but {passed_wh} Wh have passed",
            charge.name()
        );
        found.push(violation("I1 energy, I8 sane meters", to, &what));
    }
    let doubtful =
        case.troubles.meter(charge.outlet, window) || case.troubles.any_bus_or_down(window) || others;
    let short = if case.troubles.any(charge.outlet, window) {
        A_LOOK_WH
    } else {
        ROUNDING_WH
    };
    if !doubtful && billed + short < passed_wh {
        let what = format!(
            "{} is billed {billed} Wh ({begin} to {end}), but {passed_wh} Wh have passed",
            charge.name()
        );
        found.push(violation("I1 energy", to, &what));
    }
}

fn overlaps(
    case: &Case<'_>,
    (earlier, ended): (&Charge, i64),
    (charge, begin): (&Charge, i64),
    found: &mut Vec<String>,
) {
    let (Some(from), Some(to)) = (told_at(earlier, "Ended"), told_at(charge, "Started")) else {
        return;
    };
    if begin - rebased(case, charge.outlet, (from, to)) < ended {
        let what = format!(
            "{} begins at {begin} Wh, but {} ended at {ended} Wh",
            charge.name(),
            earlier.name()
        );
        found.push(violation("I2 no overlap", to, &what));
    }
}
