//! I3: a charge is OFF at most 2 s after its end; I4: it does not end before.

use super::{Case, Charge, violation};
use crate::Ms;
use crate::history::{Fact, Plant as Event, Why};
use crate::plant::{Circuit, WATT_HOUR_UJ};

/// What I3 allows from the end until the breaker is open.
const OFF_WITHIN: Ms = 2_000;
/// A controller that starts, or a unit that answers again, needs this long more: pauses between tries to connect and
/// to write OFF, and one look.
const AGAIN: Ms = 2_000;
/// A breaker that does not obey is told OFF again at least this often.
const TOLD_AGAIN_WITHIN: Ms = 33_000;
/// What is left of a charge is on disk each second, where the disk is well, or else once a minute …
const WRITTEN_EACH: Ms = 1_000;
/// … and a disk that hangs keeps no charge on for longer.
const UNWRITTEN: Ms = 62_000;
/// A time limit that ends a charge earlier than this before its time is wrong.
const EARLY: Ms = 1_000;

/// Why a charge must end, and when at the latest.
pub(super) struct End {
    pub(super) at: Ms,
    why: &'static str,
}

pub(super) fn check(case: &Case<'_>, found: &mut Vec<String>) {
    for charge in case.charges {
        is_off_in_time(case, charge, found);
        is_not_early(case, charge, found);
        begins(case, charge, found);
    }
}

/// When the charge was accepted, at the latest.
pub(super) fn began(case: &Case<'_>, charge: &Charge) -> Option<Ms> {
    let ordered = case
        .plant(charge.outlet)
        .find(|(at, event)| *at >= charge.asked_at && **event == Event::Ordered { on: true })
        .map(|(at, _)| at)
        .filter(|at| next_asked(case, charge).is_none_or(|next| *at < next));
    [charge.accepted_at(), ordered.filter(|_| charge.exists())]
        .into_iter()
        .flatten()
        .min()
}

fn next_asked(case: &Case<'_>, charge: &Charge) -> Option<Ms> {
    let next = case
        .charges
        .iter()
        .find(|other| other.outlet == charge.outlet && other.id > charge.id && other.exists());
    next.map(|other| other.asked_at)
}

fn deadline_before(began: Ms, charge: &Charge) -> Ms {
    began + charge.duration_ms
}

/// When an end is on disk at the latest, where the disk is well.
const ENDED_ON_DISK: Ms = 100;

/// The end of its time: a power cut that no clock measured lengthens it by itself and by what was not written down.
pub(super) fn deadline(case: &Case<'_>, charge: &Charge) -> Option<Ms> {
    let began = began(case, charge)?;
    let mut deadline = began + charge.duration_ms;
    let not_on_disk = |at| {
        if super::troubles::overlaps(&case.troubles.disk, (deadline_before(began, charge), at)) {
            Ms::MAX / 2
        } else {
            ENDED_ON_DISK
        }
    };
    for cut in &case.troubles.power_cuts {
        if cut.at >= began && cut.at < deadline + not_on_disk(cut.at) && !cut.wall_is_right {
            let noted_from = cut.at.saturating_sub(UNWRITTEN);
            let was_ill = super::troubles::overlaps(&case.troubles.disk, (noted_from, cut.at));
            let unwritten = if was_ill { UNWRITTEN } else { WRITTEN_EACH };
            deadline = deadline.saturating_add((cut.runs_again - cut.at).saturating_add(unwritten));
        }
    }
    Some(deadline)
}

fn end(case: &Case<'_>, charge: &Charge) -> Option<End> {
    let began = began(case, charge)?;
    let ends = [
        deadline(case, charge).map(|at| End {
            at,
            why: "its time was over",
        }),
        charge.stopped_at().map(|at| End {
            at,
            why: "its stop was accepted",
        }),
        energy_end(case, charge, began).map(|at| End {
            at,
            why: "its energy was delivered",
        }),
    ];
    ends.into_iter().flatten().min_by_key(|end| end.at)
}

/// When the limit of energy had passed for certain: one watt-hour more, as registers tell whole ones.
fn energy_end(case: &Case<'_>, charge: &Charge, began: Ms) -> Option<Ms> {
    let limit = u64::try_from(charge.energy_wh?).ok()?;
    let circuit = case.circuit(charge.outlet);
    let reached = energy_at(circuit, charge.asked_at) + (limit + 1) * WATT_HOUR_UJ;
    let at = moment_of(circuit, reached)?;
    // A register that cannot be read or believed says when only later.
    let seen = (began.saturating_sub(90_000), at + OFF_WITHIN);
    let blind = case.troubles.meter(charge.outlet, seen)
        || case.troubles.any(charge.outlet, (began, at + OFF_WITHIN));
    (!blind).then_some(at)
}

/// The energy that had passed at a moment, in microjoules.
pub(super) fn energy_at(circuit: &Circuit, at: Ms) -> u64 {
    let mark = circuit.marks.iter().rev().find(|mark| mark.at <= at);
    mark.map_or(0, |mark| mark.energy_uj + mark.power_mw * (at - mark.at))
}

fn moment_of(circuit: &Circuit, energy_uj: u64) -> Option<Ms> {
    let mark = circuit
        .marks
        .iter()
        .rev()
        .find(|mark| mark.energy_uj <= energy_uj && mark.power_mw > 0)?;
    let at = mark.at + (energy_uj - mark.energy_uj).div_ceil(mark.power_mw);
    (energy_at(circuit, at) >= energy_uj).then_some(at)
}

fn is_off_in_time(case: &Case<'_>, charge: &Charge, found: &mut Vec<String>) {
    let Some(end) = end(case, charge) else { return };
    let from = case.troubles.reachable_from(end.at, (OFF_WITHIN, AGAIN));
    let by = from + OFF_WITHIN;
    let another = next_asked(case, charge).is_some_and(|next| next <= by);
    if by > case.evidence.length || another || !case.is_closed(charge.outlet, by) {
        return;
    }
    // A mechanism that sticks must have been told, and is told again once it is free.
    let orders = case
        .plant(charge.outlet)
        .filter(|(at, event)| *at <= by && matches!(event, Event::Ordered { .. }));
    let told_off = orders
        .last()
        .filter(|(_, event)| **event == Event::Ordered { on: false })
        .map(|(at, _)| at);
    let stuck = case
        .troubles
        .stuck
        .get(&charge.outlet)
        .map_or(&[][..], Vec::as_slice);
    let held = told_off.and_then(|told| stuck.iter().rfind(|(from, to)| *from <= by && *to >= told));
    let free_by = held.map(|(_, freed)| {
        case.troubles.reachable_from(*freed, (TOLD_AGAIN_WITHIN, AGAIN)) + TOLD_AGAIN_WITHIN
    });
    let opened = |free_by: Ms| {
        let opens = |(at, event): (Ms, &Event)| {
            matches!(event, Event::Contact { closed: false, .. }) && at > by && at <= free_by
        };
        case.plant(charge.outlet).any(opens)
    };
    let excused = free_by.is_some_and(|free_by| free_by > case.evidence.length || opened(free_by));
    if excused
        || case
            .troubles
            .was_moved_by_hand(charge.outlet, (charge.asked_at, by))
    {
        return;
    }
    let what = format!(
        "{} is still ON, although {} at {} ms",
        charge.name(),
        end.why,
        end.at
    );
    found.push(violation("I3 end", by, &what));
}

/// When the breaker was first told OFF for this charge, unless it opened by itself before.
fn first_open(case: &Case<'_>, charge: &Charge) -> Option<Ms> {
    let closed = case.plant(charge.outlet).find_map(|(at, event)| {
        let closes = matches!(
            event,
            Event::Contact {
                closed: true,
                why: Why::Ordered | Why::OldOrder
            }
        );
        (closes && at >= charge.asked_at).then_some(at)
    })?;
    let opens = |event: &Event| {
        matches!(
            event,
            Event::Ordered { on: false } | Event::Contact { closed: false, .. }
        )
    };
    let (at, event) = case
        .plant(charge.outlet)
        .find(|(at, event)| *at >= closed && opens(event))?;
    (*event == Event::Ordered { on: false }).then_some(at)
}

fn is_not_early(case: &Case<'_>, charge: &Charge, found: &mut Vec<String>) {
    let reason = charge
        .acknowledged("Ended")
        .and_then(|(_, told, _)| told.reason.clone());
    let Some(open) = first_open(case, charge) else {
        return;
    };
    // A program that cannot read its disk opens everything, and a stop is obeyed before it is written down.
    let failed = case
        .entries
        .iter()
        .any(|entry| matches!(entry.fact, Fact::ControllerFails(_)) && entry.at >= charge.asked_at);
    let stopped = charge.stops_asked.iter().any(|at| *at <= open);
    let cut = case
        .troubles
        .power_cuts
        .iter()
        .any(|cut| cut.at >= charge.asked_at && cut.at <= open + OFF_WITHIN);
    if cut || failed || stopped || next_asked(case, charge).is_some_and(|next| next < open) {
        return;
    }
    match reason.as_deref() {
        Some("time_limit") if open + EARLY < charge.asked_at + charge.duration_ms => {
            let what = format!(
                "{} ended for its time limit of {} ms, asked for at {} ms",
                charge.name(),
                charge.duration_ms,
                charge.asked_at
            );
            found.push(violation("I3 end, too early", open, &what));
        }
        Some("energy_limit") => {
            let limit = u64::try_from(charge.energy_wh.unwrap_or(0)).unwrap();
            let circuit = case.circuit(charge.outlet);
            let passed = energy_at(circuit, open) - energy_at(circuit, charge.asked_at);
            let doubtful = case
                .troubles
                .meter(charge.outlet, (charge.asked_at.saturating_sub(90_000), open))
                || case.troubles.any(charge.outlet, (charge.asked_at, open));
            if !doubtful && passed + 2 * WATT_HOUR_UJ < limit * WATT_HOUR_UJ {
                let what = format!(
                    "{} ended for its {limit} Wh, but {} mWh had passed",
                    charge.name(),
                    passed / 3_600_000
                );
                found.push(violation("I3 end, too early", open, &what));
            }
        }
        _ => {}
    }
}

/// An accepted start on a sound outlet in calm times has its effect.
fn begins(case: &Case<'_>, charge: &Charge, found: &mut Vec<String>) {
    const WITHIN: Ms = 10_000;
    let Some(accepted) = charge.accepted_at() else {
        return;
    };
    let by = accepted + WITHIN;
    let calm = !case
        .troubles
        .any(charge.outlet, (accepted.saturating_sub(150_000), by));
    let lasts = charge.duration_ms > WITHIN + OFF_WITHIN && charge.energy_wh.is_none_or(|wh| wh > 20);
    let stopped = charge.stops_asked.iter().any(|at| *at <= by);
    if !calm || !lasts || stopped || by > case.evidence.length || accepted < 150_000 {
        return;
    }
    let settling = case.entries.iter().find(|entry| entry.fact == Fact::Settling);
    if settling.is_some_and(|entry| entry.at < by) {
        return;
    }
    if !case.is_closed(charge.outlet, by) {
        found.push(violation(
            "I4 outcome",
            by,
            &format!("{} was accepted, and nothing closed", charge.name()),
        ));
    }
}
