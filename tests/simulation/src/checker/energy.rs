//! I1: what is billed is what has passed, to the watt-hour, and what is not billed is nobody's; I8: lies of meters are
//! never billed; I2: intervals of registers do not overlap.

use std::collections::BTreeMap;

use super::plant::energy_at;
use super::troubles::Window;
use super::{Case, Charge, Findings};
use crate::Ms;
use crate::history::{Fact, Heard};
use crate::plant::WATT_HOUR_UJ;

/// Registers tell whole watt-hours at both ends.
const ROUNDING_WH: i64 = 1;
/// More than any circuit here carries in a second, for an end that is told with the register of the last look.
const A_LOOK_WH: i64 = 4;
/// A meter that is not read for anybody is read once a minute.
const IDLE_LOOKS: Ms = 90_000;
/// A breaker that was closed so long was seen so.
const SURELY_SEEN: Ms = 6_000;
/// How old a register is that is told, at most.
const LOOK_BACK: Ms = 3_000;

/// A charge with the registers at its ends.
#[derive(Clone, Copy)]
struct Bill<'a> {
    charge: &'a Charge,
    begin: i64,
    end: i64,
    /// When they were told.
    told: Window,
}

/// The register's jumps that were told of, with when.
type Jumps = BTreeMap<u8, Vec<(Ms, i64)>>;

pub(super) fn check(case: &Case<'_>, found: &mut Findings) {
    let jumps = jumps(case);
    for outlet in case.outlets() {
        let jumps = jumps.get(&outlet).map_or(&[][..], Vec::as_slice);
        let charges = || case.charges.iter().filter(|charge| charge.outlet == outlet);
        charges().for_each(|charge| has_registers(case, charge, found));
        let bills: Vec<Bill<'_>> = charges().filter_map(bill).collect();
        for bill in &bills {
            is_billed_right(case, bill, sum(jumps, bill.told), found);
        }
        for pair in bills.windows(2) {
            let between = sum(jumps, (pair[0].told.1, pair[1].told.0));
            overlaps(&pair[0], &pair[1], between, found);
        }
        adds_up(case, outlet, (&bills, jumps), found);
    }
}

fn bill(charge: &Charge) -> Option<Bill<'_>> {
    let (from, started, _) = charge.acknowledged("Started")?;
    let (to, ended, _) = charge.acknowledged("Ended")?;
    Some(Bill {
        charge,
        begin: started.register?,
        end: ended.register?,
        told: (*from, *to),
    })
}

fn jumps(case: &Case<'_>) -> Jumps {
    let (mut seen, mut jumps) = (Vec::new(), Jumps::new());
    for entry in case.entries {
        let Fact::Heard {
            heard:
                Heard::Event {
                    id,
                    outlet,
                    variable,
                    info,
                    ..
                },
            acknowledged: true,
        } = &entry.fact
        else {
            continue;
        };
        if variable != "Problem" || seen.contains(id) {
            continue;
        }
        if let Ok(told) = serde_json::from_str::<serde_json::Value>(info)
            && told["kind"] == "rebased"
        {
            let jump = told["to"].as_i64().unwrap_or(0) - told["from"].as_i64().unwrap_or(0);
            jumps.entry(*outlet).or_default().push((entry.at, jump));
            seen.push(*id);
        }
    }
    jumps
}

fn sum(jumps: &[(Ms, i64)], (from, to): Window) -> i64 {
    let within = jumps.iter().filter(|(at, _)| *at >= from && *at <= to);
    within.map(|(_, jump)| jump).sum()
}

/// What was closed for a charge, and metered, is told with the register at both ends.
fn has_registers(case: &Case<'_>, charge: &Charge, found: &mut Findings) {
    let until = case.next_asked(charge).unwrap_or(case.evidence.length);
    let closed = case.closed_times(charge.outlet);
    let closed = closed
        .iter()
        .find(|(from, to)| *from >= charge.asked_at && *from < until && to - from >= SURELY_SEEN);
    let (Some((_, opened)), Some((told, ended, _))) = (closed, charge.acknowledged("Ended")) else {
        return;
    };
    let window = (
        charge.asked_at.saturating_sub(IDLE_LOOKS),
        (*opened).max(*told).min(opened + IDLE_LOOKS),
    );
    let doubtful = case.troubles.meter(charge.outlet, window)
        || !case.is_believed(charge.outlet, charge.asked_at)
        || case.troubles.any_bus_or_down(window)
        || case.troubles.is_held(charge.outlet, window)
        || case.troubles.positions(charge.outlet, window);
    if doubtful {
        return;
    }
    let begun = charge
        .acknowledged("Started")
        .is_some_and(|(_, told, _)| told.register.is_some());
    found.demand(
        "I1 registers are told",
        begun && ended.register.is_some(),
        *told,
        || format!("{} was delivered, and its registers are not told", charge.name()),
    );
}

fn is_billed_right(case: &Case<'_>, bill: &Bill<'_>, jumped: i64, found: &mut Findings) {
    let Bill {
        charge,
        begin,
        end,
        told,
    } = *bill;
    let (outlet, to) = (charge.outlet, told.1);
    let billed = end - begin - jumped;
    let until = case.next_asked(charge).unwrap_or(case.evidence.length);
    let circuit = case.circuit(outlet);
    let passed = energy_at(circuit, until) - energy_at(circuit, charge.asked_at);
    let passed_wh = i64::try_from(passed / WATT_HOUR_UJ).unwrap();
    let what = || {
        format!(
            "{} is billed {billed} Wh ({begin} to {end}), but {passed_wh} Wh have passed",
            charge.name()
        )
    };
    // A register that stood still and catches up just then cannot be told from a charge's.
    let caught_up = case.troubles.stood_still_at(outlet, charge.asked_at);
    let at_most = caught_up || billed <= passed_wh + 1 + ROUNDING_WH;
    found.demand(
        "I1 nothing is billed that did not pass",
        billed >= 0 && at_most,
        to,
        what,
    );
    let window = (charge.asked_at.saturating_sub(IDLE_LOOKS), until);
    let doubtful = case.troubles.meter(outlet, window)
        || case.troubles.any_bus_or_down(window)
        || case.troubles.was_moved_by_hand(outlet, window)
        || case.troubles.positions(outlet, window)
        || case.troubles.welded(outlet, window)
        || is_nobodys(case, charge, window);
    if doubtful {
        return;
    }
    let short = if is_locked_out(charge) || case.troubles.any(outlet, window) {
        A_LOOK_WH
    } else {
        ROUNDING_WH
    };
    found.demand(
        "I1 all that passed is billed",
        billed + short >= passed_wh,
        to,
        what,
    );
}

/// A lock-out ends a charge with the register that was read last.
fn is_locked_out(charge: &Charge) -> bool {
    let reasons = [
        "leakage",
        "over_current",
        "tripped",
        "feedback_broken",
        "did_not_close",
        "welded",
    ];
    charge.reason().is_some_and(|reason| reasons.contains(&reason))
}

/// What a cable draws by itself is nobody's; nor is what flows through a breaker that a lock-out cannot open.
fn is_nobodys(case: &Case<'_>, charge: &Charge, window: Window) -> bool {
    let held = case.troubles.is_held(charge.outlet, window);
    charge.reason() == Some("no_load") || (is_locked_out(charge) && held)
}

fn overlaps(earlier: &Bill<'_>, later: &Bill<'_>, jumped: i64, found: &mut Findings) {
    let (ended, begin) = (earlier.end, later.begin);
    found.demand("I2 registers", begin - jumped >= ended, later.told.0, || {
        format!(
            "{} begins at {begin} Wh, but {} ended at {ended} Wh",
            later.charge.name(),
            earlier.charge.name()
        )
    });
}

/// Σ billed + Σ nobody's = last register − first register: what lies between bills, and the jumps that were told of, are
/// nobody's, and with the bills they make up what the meter in the house shows.
fn adds_up(case: &Case<'_>, outlet: u8, (bills, jumps): (&[Bill<'_>], &[(Ms, i64)]), found: &mut Findings) {
    let Some((at, last)) = last_sample(case, outlet) else {
        return;
    };
    let (first, mut register) = (case.circuit(outlet).first_register_wh(), None);
    let (mut billed, mut nobodys, mut told) = (0, 0, 0);
    for bill in bills {
        let jumped = sum(jumps, bill.told);
        nobodys += bill.begin - register.unwrap_or(first) + jumped;
        billed += bill.end - bill.begin - jumped;
        (register, told) = (Some(bill.end), bill.told.1);
    }
    nobodys += last - register.unwrap_or(first);
    // What flows while it is told is a look old.
    let moved = |at| register_at(case, outlet, at) - first;
    let (least, most) = (moved(at.saturating_sub(LOOK_BACK)), moved(at));
    found.demand("I1 it adds up", (least..=most).contains(&(billed + nobodys)), at, || {
        format!(
            "outlet {outlet}: {billed} Wh are billed and {nobodys} Wh are nobody's (told until {told} ms), but the \
             register has moved by {most} Wh"
        )
    });
    let calm = case.troubles.is_calm_throughout(outlet);
    if calm {
        let (jumped, spans) = (sum(jumps, (0, Ms::MAX)), i64::try_from(bills.len()).unwrap());
        found.demand(
            "I1 nothing is nobody's in calm times",
            nobodys - jumped <= spans + 1,
            at,
            || {
                format!(
                    "outlet {outlet}: {nobodys} Wh are nobody's, of which {jumped} Wh were told of as such"
                )
            },
        );
    }
}

/// What an honest meter showed after the last change of the meter itself.
fn register_at(case: &Case<'_>, outlet: u8, at: Ms) -> i64 {
    let circuit = case.circuit(outlet);
    let passed = |at| i64::try_from(energy_at(circuit, at) / WATT_HOUR_UJ).unwrap();
    circuit.register_wh() - passed(case.evidence.length) + passed(at)
}

/// The register as it was told last, when everything was well again and everything else was told.
fn last_sample(case: &Case<'_>, outlet: u8) -> Option<(Ms, i64)> {
    let told = case.charges.iter().filter_map(|charge| charge.told.last());
    let all_told = told.map(|(at, _, _)| *at).max().unwrap_or(0).max(case.settling);
    let last = case.entries.iter().rev().find_map(|entry| match &entry.fact {
        Fact::Heard {
            heard: Heard::Sample {
                outlet: number,
                register,
            },
            ..
        } if *number == outlet && entry.at > all_told => Some((entry.at, *register)),
        _ => None,
    });
    last.and_then(|(at, register)| Some((at, register?)))
}
