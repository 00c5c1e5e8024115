//! I10: nothing is closed without a charge that runs; nothing is told before it was looked at; no more often than its
//! mechanism may.

use super::ends::{began, deadline};
use super::{Case, Charge, Findings};
use crate::Ms;
use crate::history::{Answer, Entry, Fact, Plant as Event, Why};

/// Until a trip is seen an ON may be on its way.
const SEEN_WITHIN: Ms = 1_500;
/// A position that was seen open so long is open.
const SURELY_OPEN: Ms = 4_000;
const AGAIN: Ms = 3_000;
/// A write that its device carries out late.
const LATE_WRITE: Ms = 3_500;
/// Until OFF was written where it could be.
const OFF_WITHIN: Ms = 2_500;
const TEN_MINUTES: Ms = 600_000;

pub(super) fn check(case: &Case<'_>, found: &mut Findings) {
    for outlet in case.outlets() {
        for (at, event) in case.plant(outlet) {
            match event {
                Event::Ordered { on: true } => closes(case, (outlet, at), ("told ON", 0), found),
                Event::Contact {
                    closed: true,
                    why: Why::Ordered | Why::OldOrder,
                } => {
                    let circuit = case.circuit(outlet);
                    let slower = longest_delay(case, outlet, at);
                    closes(
                        case,
                        (outlet, at),
                        ("closed", circuit.travel_ms + slower + 1),
                        found,
                    );
                    not_too_often(case, outlet, at, found);
                }
                _ => {}
            }
        }
    }
    looks_first(case, found);
}

/// How much longer than its maker says the mechanism may have needed.
fn longest_delay(case: &Case<'_>, outlet: u8, at: Ms) -> Ms {
    let slow = case.plant(outlet).filter_map(|(noted, event)| match event {
        Event::Slow(ms) if noted <= at && noted + 10_000 + 120_000 >= at => Some(*ms),
        _ => None,
    });
    slow.max().unwrap_or(0)
}

/// What comes before the first question where the breaker is rests on nothing. Only a program that cannot start, as its
/// disk cannot be read, opens whatever there is.
fn looks_first(case: &Case<'_>, found: &mut Findings) {
    let mut unread: Option<&Entry> = None;
    for entry in case.entries {
        match entry.fact {
            Fact::ToldUnread { .. } => unread = unread.or(Some(entry)),
            Fact::ControllerFails(_) => unread = None,
            Fact::ControllerRuns | Fact::Killed | Fact::PowerCut => {
                let told = unread.take();
                found.demand("I10 looks first", told.is_none(), entry.at, || {
                    told.map_or(String::new(), |told| format!("{}, at {} ms", told.fact, told.at))
                });
            }
            _ => {}
        }
    }
}

fn closes(case: &Case<'_>, (outlet, at): (u8, Ms), (what, slack): (&str, Ms), found: &mut Findings) {
    let asked = |charge: &&Charge| charge.outlet == outlet && charge.asked_at <= at;
    let exists = |charge: &&Charge| asked(charge) && charge.exists();
    let last = case
        .charges
        .iter()
        .rfind(exists)
        .or(case.charges.iter().rfind(asked));
    found.demand("I10 asked for", last.is_some(), at, || {
        format!("outlet {outlet} is {what}, and no charge was ever asked for")
    });
    if let Some(last) = last {
        let late = case.troubles.breaker((at.saturating_sub(2 * LATE_WRITE), at));
        let before = at.saturating_sub(slack + if late { LATE_WRITE } else { 0 });
        let over = is_over(case, last, before).filter(|(since, _)| {
            // Where OFF could not be written an old order may still stand.
            what == "told ON"
                || case.troubles.reachable_from(*since, (OFF_WITHIN, AGAIN)) + OFF_WITHIN < before
        });
        found.demand("I10 closes for a charge that runs", over.is_none(), at, || {
            let why = over.map_or(String::new(), |(_, why)| why);
            format!("outlet {outlet} is {what} for {}, but {why}", last.name())
        });
    }
}

/// Since when and why a charge may not close its breaker at a moment.
fn is_over(case: &Case<'_>, charge: &Charge, at: Ms) -> Option<(Ms, String)> {
    let refused = charge
        .answers
        .iter()
        .find(|(_, answer)| !matches!(answer, Answer::Accepted(_)));
    if let Some((answered, answer)) = refused.filter(|(answered, _)| !charge.exists() && *answered <= at) {
        return Some((*answered, format!("it was not accepted: {answer}")));
    }
    if let Some(stopped) = charge.stopped_at().filter(|stopped| *stopped < at) {
        return Some((stopped, format!("its stop was accepted at {stopped} ms")));
    }
    if let Some(deadline) = deadline(case, charge).filter(|deadline| *deadline < at) {
        return Some((deadline, format!("its time was over at {deadline} ms")));
    }
    if let Some(ended) = charge.ended_at().filter(|ended| *ended < at) {
        return Some((ended, format!("it was told to have ended at {ended} ms")));
    }
    is_tripped(case, charge.outlet, at).or_else(|| was_opened_by_hand(case, charge, at))
}

fn is_tripped(case: &Case<'_>, outlet: u8, at: Ms) -> Option<(Ms, String)> {
    let blind = |from: Ms| case.troubles.any_bus_or_down((from, at));
    let mut trips = case.troubles.tripped(outlet).iter();
    let trip = trips.find(|(from, to)| {
        let patience = if blind(*from) {
            SEEN_WITHIN + LATE_WRITE
        } else {
            SEEN_WITHIN
        };
        from + patience < at && at <= *to
    });
    trip.map(|(from, _)| (*from, format!("it tripped at {from} ms")))
}

/// A hand that opened it for its charge, where that could be seen, is obeyed.
fn was_opened_by_hand(case: &Case<'_>, charge: &Charge, at: Ms) -> Option<(Ms, String)> {
    let begun = case.first_closing(charge.outlet, (began(case, charge)?, at))?;
    let mut hands = case.troubles.hands.get(&charge.outlet).into_iter().flatten();
    let hand = hands.find(|(moment, closed)| {
        let seen = (*moment, moment + SURELY_OPEN);
        let stays = case.closings(charge.outlet, seen) == 0;
        let is_seen = !case
            .troubles
            .breaker((moment.saturating_sub(SURELY_OPEN), seen.1))
            && !case.troubles.any_bus_or_down(seen)
            && !case.troubles.positions(charge.outlet, seen)
            && !case.troubles.welded(charge.outlet, seen);
        let is_kept = !super::troubles::overlaps(&case.troubles.disk, (seen.0, at));
        !closed && *moment > begun && seen.1 < at && stays && is_seen && is_kept
    });
    hand.map(|(moment, _)| (*moment, format!("it was opened by hand at {moment} ms")))
}

/// A restart may lose the closing during which it came.
fn not_too_often(case: &Case<'_>, outlet: u8, at: Ms, found: &mut Findings) {
    if case.troubles.lost_its_clock(at) {
        return;
    }
    let window = (at.saturating_sub(TEN_MINUTES - 1_000), at);
    let most = usize::try_from(case.evidence.house.max_ops_per_10_min).unwrap();
    let hands = case.troubles.hands.get(&outlet).into_iter().flatten();
    let by_hand = hands
        .filter(|(moment, closed)| *closed && (window.0..=window.1).contains(moment))
        .count();
    let restarts = case
        .troubles
        .down
        .iter()
        .filter(|(from, _)| (window.0..=window.1).contains(from));
    let old = case.plant(outlet).filter(|(moment, event)| {
        let is_old = matches!(
            event,
            Event::Contact {
                closed: true,
                why: Why::OldOrder
            }
        );
        is_old && (window.0..=window.1).contains(moment)
    });
    let excused = by_hand + restarts.count() + old.count();
    let times = case.closings(outlet, window);
    found.demand("I10 not too often", times <= most + excused, at, || {
        format!("outlet {outlet} closes {times} times in ten minutes, allowed are {most}")
    });
}
