//! I4: every accepted start has exactly one end; I7: nothing acknowledged is lost, nothing is told in two ways; I2: one
//! charge after the other.

use std::collections::{BTreeMap, BTreeSet};

use super::{Case, Charge, Findings};
use crate::history::{Fact, Heard, Told};

pub(super) fn check(case: &Case<'_>, found: &mut Findings) {
    for entry in case.entries {
        if let Fact::Heard {
            heard: Heard::Transaction(told),
            ..
        } = &entry.fact
            && told.kind != "Updated"
        {
            let asked = |charge: &Charge| charge.transactions.contains(&told.transaction);
            found.demand(
                "I4 nobody asked",
                case.charges.iter().any(asked),
                entry.at,
                || format!("{} is told, and nobody asked for it", told.transaction),
            );
        }
    }
    for charge in case.charges.iter().filter(|charge| charge.exists()) {
        if has_one_outcome(case, charge, found) {
            is_told_whole(charge, found);
        }
    }
    one_after_the_other(case, found);
}

fn has_one_outcome(case: &Case<'_>, charge: &Charge, found: &mut Findings) -> bool {
    let end = case.evidence.length;
    let became = charge.transactions.len();
    found.demand("I4 one outcome", became == 1, end, || {
        format!("{} became {became} transactions", charge.name())
    });
    let mut all = became == 1;
    for kind in ["Started", "Ended"] {
        let told = charge.told.iter();
        let numbers: BTreeSet<i64> = told
            .filter(|(_, told, acknowledged)| *acknowledged && told.kind == kind)
            .map(|(_, told, _)| told.seq)
            .collect();
        let is_lost = charge.accepted_at().is_some() && numbers.is_empty();
        let times = numbers.len();
        all &= times == 1;
        found.demand("I7 nothing lost", !is_lost, end, || {
            format!("{} was never told {kind}", charge.name())
        });
        found.demand("I4 one outcome", is_lost || times == 1, end, || {
            format!("{} was told {kind} {times} times", charge.name())
        });
    }
    all
}

/// Numbered from 0 without gaps, Started first, Ended last, and each number with one content.
fn is_told_whole(charge: &Charge, found: &mut Findings) {
    let mut contents: BTreeMap<i64, &str> = BTreeMap::new();
    for (at, told, _) in &charge.told {
        if let Some(before) = contents.insert(told.seq, &told.text) {
            found.demand("I7 one content", before == told.text, *at, || {
                format!("message {} of {} was told in two ways", told.seq, charge.name())
            });
        }
    }
    let last = contents.keys().max().copied().unwrap_or(0);
    let at = charge.told.last().map_or(0, |(at, _, _)| *at);
    for seq in 0..=last {
        let heard = |(_, told, acknowledged): &(_, Told, bool)| *acknowledged && told.seq == seq;
        found.demand("I7 nothing lost", charge.told.iter().any(heard), at, || {
            format!("message {seq} of {} was never told", charge.name())
        });
    }
    let seq_of = |kind| charge.acknowledged(kind).map(|(_, told, _)| told.seq);
    let (begin, end) = (seq_of("Started"), seq_of("Ended"));
    found.demand(
        "I4 one outcome",
        begin == Some(0) && end == Some(last),
        at,
        || {
            format!(
                "{} begins with message {begin:?} and ends with {end:?} of {last}",
                charge.name()
            )
        },
    );
}

fn one_after_the_other(case: &Case<'_>, found: &mut Findings) {
    for charge in case.charges {
        let Some((started, _, _)) = charge.acknowledged("Started") else {
            continue;
        };
        let of_outlet = |other: &&Charge| other.outlet == charge.outlet && other.id < charge.id;
        for other in case.charges.iter().filter(of_outlet) {
            let Some((ended, _, _)) = other.acknowledged("Ended") else {
                continue;
            };
            found.demand("I2 order", ended <= started, *started, || {
                format!(
                    "{} was told to end at {ended} ms, after {} had begun",
                    other.name(),
                    charge.name()
                )
            });
        }
    }
}
