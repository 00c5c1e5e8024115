//! I4: every accepted start has exactly one end; I7: nothing acknowledged is lost, nothing is told in two ways; I2: one
//! charge after the other.

use std::collections::BTreeMap;

use super::{Case, Charge, violation};
use crate::history::{Fact, Heard};

pub(super) fn check(case: &Case<'_>, found: &mut Vec<String>) {
    for entry in case.entries {
        if let Fact::Heard {
            heard: Heard::Transaction(told),
            ..
        } = &entry.fact
            && !case
                .charges
                .iter()
                .any(|charge| charge.transactions.contains(&told.transaction))
            && told.kind != "Updated"
        {
            let what = format!("{} is told, and nobody asked for it", told.transaction);
            found.push(violation("I4 outcome", entry.at, &what));
        }
    }
    for charge in case.charges.iter().filter(|charge| charge.exists()) {
        let before = found.len();
        has_one_outcome(case, charge, found);
        if found.len() == before {
            is_told_whole(charge, found);
        }
    }
    one_after_the_other(case, found);
}

fn has_one_outcome(case: &Case<'_>, charge: &Charge, found: &mut Vec<String>) {
    let end = case.evidence.length;
    if charge.transactions.len() != 1 {
        let what = format!(
            "{} became {} transactions",
            charge.name(),
            charge.transactions.len()
        );
        found.push(violation("I4 outcome", end, &what));
    }
    for kind in ["Started", "Ended"] {
        let mut numbers: Vec<i64> = charge
            .told
            .iter()
            .filter(|(_, told, acknowledged)| *acknowledged && told.kind == kind)
            .map(|(_, told, _)| told.seq)
            .collect();
        numbers.dedup();
        numbers.sort_unstable();
        numbers.dedup();
        if numbers.len() != 1 {
            let invariant = if charge.accepted_at().is_some() && numbers.is_empty() {
                "I7 durable"
            } else {
                "I4 outcome"
            };
            let what = format!("{} was told {kind} {} times", charge.name(), numbers.len());
            found.push(violation(invariant, end, &what));
        }
    }
}

/// Numbered from 0 without gaps, Started first, Ended last, and each number with one content.
fn is_told_whole(charge: &Charge, found: &mut Vec<String>) {
    let mut contents: BTreeMap<i64, &str> = BTreeMap::new();
    for (at, told, _) in &charge.told {
        let before = contents.insert(told.seq, &told.text);
        if before.is_some_and(|before| before != told.text) {
            let what = format!("message {} of {} was told in two ways", told.seq, charge.name());
            found.push(violation("I7 durable", *at, &what));
        }
    }
    let last = charge.told.iter().map(|(_, told, _)| told.seq).max().unwrap_or(0);
    let at = charge.told.last().map_or(0, |(at, _, _)| *at);
    for seq in 0..=last {
        let heard = charge
            .told
            .iter()
            .any(|(_, told, acknowledged)| *acknowledged && told.seq == seq);
        if !heard {
            let what = format!("message {seq} of {} was never told", charge.name());
            found.push(violation("I7 durable", at, &what));
        }
    }
    let seq_of = |kind| charge.acknowledged(kind).map(|(_, told, _)| told.seq);
    if seq_of("Started") != Some(0) || seq_of("Ended") != Some(last) {
        let what = format!(
            "{} begins with message {:?} and ends with {:?} of {last}",
            charge.name(),
            seq_of("Started"),
            seq_of("Ended")
        );
        found.push(violation("I4 outcome", at, &what));
    }
}

fn one_after_the_other(case: &Case<'_>, found: &mut Vec<String>) {
    for charge in case.charges {
        let Some((started, _, _)) = charge.acknowledged("Started") else {
            continue;
        };
        let earlier = case
            .charges
            .iter()
            .filter(|other| other.outlet == charge.outlet && other.id < charge.id);
        for other in earlier {
            if let Some((ended, _, _)) = other
                .acknowledged("Ended")
                .filter(|(ended, _, _)| ended > started)
            {
                let what = format!(
                    "{} was told to end at {ended} ms, after {} had begun",
                    other.name(),
                    charge.name()
                );
                found.push(violation("I2 no overlap", *started, &what));
            }
        }
    }
}
