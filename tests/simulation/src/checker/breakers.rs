//! I10: nothing is closed without a charge that runs; a trip is never closed over; a weld is told.

use super::ends::{began, deadline};
use super::troubles::overlaps;
use super::{Case, Charge, violation};
use crate::Ms;
use crate::history::{Answer, Fact, Heard, Plant as Event, Why};

/// Until a trip is seen an ON may be on its way.
const SEEN_WITHIN: Ms = 1_500;
/// From the order until the contact has moved.
const MOVES_WITHIN: Ms = 2_000;
/// A weld that lasts this long in calm times must be told: 10 s of current, a look and a half.
const TOLD_AFTER: Ms = 20_000;

pub(super) fn check(case: &Case<'_>, found: &mut Vec<String>) {
    for outlet in 1..=u8::try_from(case.evidence.house.outlets).unwrap() {
        for (at, event) in case.plant(outlet) {
            match event {
                Event::Ordered { on: true } => closes(case, (outlet, at), ("told ON", 0), found),
                Event::Contact {
                    closed: true,
                    why: Why::Ordered | Why::OldOrder,
                } => {
                    closes(case, (outlet, at), ("closed", MOVES_WITHIN), found);
                }
                _ => {}
            }
        }
        tells_welds(case, outlet, found);
    }
}

fn closes(case: &Case<'_>, (outlet, at): (u8, Ms), (what, slack): (&str, Ms), found: &mut Vec<String>) {
    let asked = |charge: &&Charge| charge.outlet == outlet && charge.asked_at <= at;
    let exists = |charge: &&Charge| asked(charge) && charge.exists();
    let Some(last) = case
        .charges
        .iter()
        .rfind(exists)
        .or(case.charges.iter().rfind(asked))
    else {
        let what = format!("outlet {outlet} is {what}, and no charge was ever asked for");
        return found.push(violation("I10 safe default", at, &what));
    };
    if let Some(why) = is_over(case, last, at.saturating_sub(slack)) {
        let what = format!("outlet {outlet} is {what} for {}, but {why}", last.name());
        found.push(violation("I10 safe default", at, &what));
    }
}

/// Why a charge may not close its breaker at a moment.
fn is_over(case: &Case<'_>, charge: &Charge, at: Ms) -> Option<String> {
    let refused = charge
        .answers
        .iter()
        .find(|(_, answer)| !matches!(answer, Answer::Accepted(_)));
    if let Some((_, answer)) = refused.filter(|(answered, _)| !charge.exists() && *answered <= at) {
        return Some(format!("it was not accepted: {answer}"));
    }
    if let Some(stopped) = charge.stopped_at().filter(|stopped| *stopped < at) {
        return Some(format!("its stop was accepted at {stopped} ms"));
    }
    if let Some(deadline) = deadline(case, charge).filter(|deadline| *deadline < at) {
        return Some(format!("its time was over at {deadline} ms"));
    }
    let trips = case
        .troubles
        .tripped
        .get(&charge.outlet)
        .map_or(&[][..], Vec::as_slice);
    let began = began(case, charge).unwrap_or(charge.asked_at);
    let tripped = trips
        .iter()
        .find(|(from, _)| *from >= began && from + SEEN_WITHIN < at);
    let blind = |from: Ms| case.troubles.any_bus_or_down((from, from + SEEN_WITHIN));
    tripped
        .filter(|(from, _)| !blind(*from))
        .map(|(from, _)| format!("it tripped at {from} ms"))
}

/// A contact that opens no more and carries current is told, where everything could be seen.
fn tells_welds(case: &Case<'_>, outlet: u8, found: &mut Vec<String>) {
    let circuit = case.circuit(outlet);
    if circuit.mirrored {
        return;
    }
    for (from, to) in case.troubles.welded.get(&outlet).into_iter().flatten() {
        let Some(opened) = last_opening(case, outlet, (*from, *to)) else {
            continue;
        };
        let end = opened + TOLD_AFTER;
        let flows = circuit
            .marks
            .iter()
            .rfind(|mark| mark.at <= opened)
            .is_some_and(|mark| mark.power_mw >= 200_000);
        let changes = circuit
            .marks
            .iter()
            .any(|mark| mark.at > opened && mark.at <= end);
        let window = (opened.saturating_sub(5_000), end);
        let calm = !case.troubles.any_bus_or_down(window)
            && !overlaps(&case.troubles.mains, window)
            && !case.troubles.meter(outlet, window)
            && !case.troubles.was_moved_by_hand(outlet, window)
            && !overlaps(
                case.troubles.tripped.get(&outlet).map_or(&[], Vec::as_slice),
                window,
            )
            && !case.is_closed(outlet, end);
        let told = case
            .entries
            .iter()
            .any(|entry| is_weld(&entry.fact, outlet) && entry.at >= *from);
        if end <= *to && flows && !changes && calm && !told {
            let what =
                format!("outlet {outlet} is welded since {from} ms, carries current, and nobody was told");
            found.push(violation("I10 safe default", end, &what));
        }
    }
}

fn last_opening(case: &Case<'_>, outlet: u8, (from, to): (Ms, Ms)) -> Option<Ms> {
    let openings = case.plant(outlet).filter(|(at, event)| {
        *at >= from
            && *at <= to
            && matches!(
                event,
                Event::Contact {
                    closed: false,
                    why: Why::Ordered | Why::OldOrder
                }
            )
    });
    openings.map(|(at, _)| at).last()
}

fn is_weld(fact: &Fact, outlet: u8) -> bool {
    match fact {
        Fact::Heard {
            heard:
                Heard::Event {
                    outlet: number,
                    variable,
                    info,
                    ..
                },
            ..
        } => *number == outlet && variable == "Problem" && info == "welded",
        _ => false,
    }
}
