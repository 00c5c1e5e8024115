//! I10: what only a person may end. A cause that could be seen locks the outlet out: whatever was asked for is off, and
//! nothing is accepted or closed before a person clears it, which is refused while the cause is still there.

use super::troubles::Window;
use super::{Case, Findings};
use crate::Ms;
use crate::history::{Answer, Entry, Fact, Heard, Plant as Event};
use crate::plant::VOLTAGE_MV;

/// Two looks, and what a slow line and a start after a trouble cost.
const SEEN_WITHIN: Ms = 4_000;
/// A trouble is over for the controller so much later.
const AGAIN: Ms = 3_000;
/// 110 % of the rating for so long.
const A_TENTH_MORE_FOR: Ms = 10_000;
/// A weld that lasts this long in calm times must be told: 10 s of current, a look and a half.
const TOLD_AFTER: Ms = 20_000;
/// What every outlet here is rated for.
const RATED_MA: u64 = 20_000;

/// An outlet that is locked out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lock {
    outlet: u8,
    why: &'static str,
    /// How long the cause was there.
    cause: Window,
    /// When it must have been seen.
    from: Ms,
    /// When a person has cleared it, or may have.
    until: Ms,
}

/// A person's word that an outlet may be used again.
struct Clearing {
    asked: Ms,
    /// The answer, if it came.
    answered: Option<(Ms, bool)>,
}

pub(super) fn of(case: &Case<'_>) -> Vec<Lock> {
    let mut locks = Vec::new();
    for outlet in case.outlets() {
        let clearings = clearings(case, outlet);
        for (why, cause, from) in causes(case, outlet) {
            let cleared = clearings
                .iter()
                .find(|clearing| clearing.asked + SEEN_WITHIN >= from && may_have_worked(clearing));
            let until = cleared.map_or(Ms::MAX, |clearing| clearing.asked);
            locks.push(Lock {
                outlet,
                why,
                cause,
                from,
                until: until.min(forgotten(case, cause.0)),
            });
        }
    }
    locks
}

fn may_have_worked(clearing: &Clearing) -> bool {
    clearing.answered.is_none_or(|(_, accepted)| accepted)
}

/// A lock-out that no disk has taken is forgotten by a controller that dies.
fn forgotten(case: &Case<'_>, since: Ms) -> Ms {
    let failing = case.troubles.disk.iter().filter(|(_, to)| *to >= since);
    let from = failing.map(|(from, _)| *from).min();
    let dies = from.and_then(|from| {
        let after = case.troubles.down.iter().filter(|(at, _)| *at >= from.max(since));
        after.map(|(at, _)| *at).min()
    });
    dies.unwrap_or(Ms::MAX)
}

fn clearings(case: &Case<'_>, outlet: u8) -> Vec<Clearing> {
    let mut found: Vec<Clearing> = Vec::new();
    for Entry { at, fact } in case.entries {
        match fact {
            Fact::ClearAsked { outlet: number } if *number == outlet => found.push(Clearing {
                asked: *at,
                answered: None,
            }),
            Fact::ClearAnswered {
                outlet: number,
                answer,
            } if *number == outlet => {
                let open = found.iter_mut().rfind(|clearing| clearing.answered.is_none());
                if let Some(clearing) = open {
                    clearing.answered = Some((*at, answer == "Accepted"));
                }
            }
            _ => {}
        }
    }
    found
}

/// What locks out, how long it was there, and when it must have been seen.
fn causes(case: &Case<'_>, outlet: u8) -> Vec<(&'static str, Window, Ms)> {
    let mut found = Vec::new();
    let troubles = case.troubles;
    let contact = |from: Ms| troubles.seen_from(from, (SEEN_WITHIN, AGAIN)) + SEEN_WITHIN;
    let mut add = |why, (from, to): Window, seen: Ms| {
        if seen < to {
            found.push((why, (from, to), seen));
        }
    };
    for cause in troubles.tripped(outlet) {
        add("it tripped", *cause, contact(cause.0));
    }
    if case.evidence.house.has_leakage_contacts {
        for cause in troubles.leaking(outlet) {
            add("it leaks", *cause, contact(cause.0));
        }
    }
    for (percent, lasts) in [(150, 0), (110, A_TENTH_MORE_FOR)] {
        let power_mw = VOLTAGE_MV * (RATED_MA * percent / 100) / 1000;
        for cause in case.flows_above(outlet, power_mw) {
            let patience = SEEN_WITHIN + lasts;
            let seen = troubles.metered_from(outlet, cause.0, (patience, AGAIN)) + patience;
            let is_clear =
                !troubles.any_bus_or_down((cause.0, seen)) && !troubles.positions(outlet, (cause.0, seen));
            if is_clear {
                add("it carried too much", cause, seen);
            }
        }
    }
    for cause in troubles.welded.get(&outlet).into_iter().flatten() {
        if let Some(told) = weld_is_told_by(case, outlet, *cause) {
            add("it is welded", *cause, told);
        }
    }
    found
}

/// A contact that opens no more and carries current, where everything can be seen.
fn weld_is_told_by(case: &Case<'_>, outlet: u8, (from, to): Window) -> Option<Ms> {
    let circuit = case.circuit(outlet);
    let (opened, _) = case
        .last_opening(outlet, (from, to))
        .filter(|_| !circuit.mirrored)?;
    let end = opened + TOLD_AFTER;
    let window = (opened.saturating_sub(5_000), end);
    let flows = circuit
        .marks
        .iter()
        .rfind(|mark| mark.at <= opened)
        .is_some_and(|mark| mark.power_mw >= 200_000);
    let changes = circuit
        .marks
        .iter()
        .any(|mark| mark.at > opened && mark.at <= end);
    let troubles = case.troubles;
    let is_calm = !troubles.any_bus_or_down(window)
        && !troubles.meter(outlet, window)
        && !troubles.positions(outlet, window)
        && !troubles.was_moved_by_hand(outlet, window)
        && !super::troubles::overlaps(troubles.tripped(outlet), window)
        && !case.is_closed(outlet, end);
    (end <= to && flows && !changes && is_calm).then_some(end)
}

pub(super) fn check(case: &Case<'_>, found: &mut Findings) {
    for lock in &case.locks {
        is_off(case, lock, found);
        is_told(case, lock, found);
        nothing_closes(case, lock, found);
        nothing_is_accepted(case, lock, found);
    }
    for outlet in case.outlets() {
        for clearing in clearings(case, outlet) {
            is_refused_while_it_lasts(case, (outlet, &clearing), found);
        }
    }
}

/// What is closed when a cause appears is told OFF by the time that it must have been seen.
fn is_off(case: &Case<'_>, lock: &Lock, found: &mut Findings) {
    let (begin, by) = (lock.cause.0, lock.from);
    // What was told OFF already and does not obey is told again, but more rarely.
    let last = case
        .plant(lock.outlet)
        .rfind(|(at, event)| *at <= begin && matches!(event, Event::Ordered { .. }));
    let is_told = last.is_some_and(|(_, event)| *event == Event::Ordered { on: false });
    if !case.is_closed(lock.outlet, begin) || is_told {
        return;
    }
    let told = case.plant(lock.outlet).any(|(at, event)| {
        let opens = matches!(
            event,
            Event::Ordered { on: false } | Event::Contact { closed: false, .. }
        );
        opens && at >= begin && at <= by
    });
    found.demand("I10 danger opens", told, by, || {
        format!(
            "outlet {}: {} at {begin} ms, and nobody told it OFF",
            lock.outlet, lock.why
        )
    });
}

/// A weld must be told; whoever is locked out for another cause already need not say so twice.
fn is_told(case: &Case<'_>, lock: &Lock, found: &mut Findings) {
    if lock.why != "it is welded" {
        return;
    }
    let told = |entry: &Entry| match &entry.fact {
        Fact::Heard {
            heard:
                Heard::Event {
                    outlet,
                    variable,
                    info,
                    ..
                },
            ..
        } => *outlet == lock.outlet && variable == "Problem" && info == "welded",
        _ => false,
    };
    let told = case
        .entries
        .iter()
        .any(|entry| entry.at >= lock.cause.0 && told(entry));
    found.demand("I10 weld told", told, lock.from, || {
        format!(
            "outlet {} is welded since {} ms, carries current, and nobody was told",
            lock.outlet, lock.cause.0
        )
    });
}

fn nothing_closes(case: &Case<'_>, lock: &Lock, found: &mut Findings) {
    let told = case
        .plant(lock.outlet)
        .find(|(at, event)| **event == Event::Ordered { on: true } && *at > lock.from && *at < lock.until);
    let at = told.map_or(lock.from, |(at, _)| at);
    found.demand("I10 lock-out", told.is_none(), at, || {
        format!(
            "outlet {} is told ON, but {} from {} ms on, and nobody has cleared it",
            lock.outlet, lock.why, lock.cause.0
        )
    });
}

fn nothing_is_accepted(case: &Case<'_>, lock: &Lock, found: &mut Findings) {
    let asked = case.charges.iter().filter(|charge| {
        charge.outlet == lock.outlet && charge.asked_at > lock.from && charge.asked_at < lock.until
    });
    for charge in asked {
        let accepted = charge
            .answers
            .iter()
            .find(|(at, answer)| matches!(answer, Answer::Accepted(_)) && *at < lock.until);
        found.demand(
            "I10 lock-out refuses",
            accepted.is_none(),
            charge.asked_at,
            || {
                format!(
                    "{} is accepted, but {} from {} ms on, and nobody has cleared it",
                    charge.name(),
                    lock.why,
                    lock.cause.0
                )
            },
        );
    }
}

/// A person's word is not enough while the cause is there, or while the breaker does not say open.
fn is_refused_while_it_lasts(case: &Case<'_>, (outlet, clearing): (u8, &Clearing), found: &mut Findings) {
    let Some((answered, accepted)) = clearing.answered else {
        return;
    };
    let asked = clearing.asked;
    let of_outlet = |lock: &&Lock| lock.outlet == outlet && lock.from < asked && asked <= lock.until;
    for lock in case.locks.iter().filter(of_outlet) {
        let is_contact = matches!(lock.why, "it tripped" | "it leaks");
        let lasts = is_contact && lock.cause.1 > answered;
        let looked = (asked.saturating_sub(SEEN_WITHIN), answered);
        let says_closed = case.says_closed(outlet, looked) && !case.troubles.breaker(looked);
        if lasts || says_closed {
            found.demand("I10 clearing needs an open breaker", !accepted, answered, || {
                let cause = if lasts {
                    "the cause is still there"
                } else {
                    "it says closed"
                };
                format!(
                    "outlet {outlet} is cleared, and {cause}: {} at {} ms",
                    lock.why, lock.cause.0
                )
            });
        }
    }
}
