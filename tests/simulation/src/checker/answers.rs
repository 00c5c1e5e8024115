//! I4: every request is answered within 60 s where it can be; what a sound outlet is asked for in calm times is
//! accepted, and done.

use super::ends::OFF_WITHIN;
use super::troubles::{Window, overlaps};
use super::{Case, Charge, Findings};
use crate::Ms;
use crate::history::{Answer, Plant as Event};

const ANSWERED_WITHIN: Ms = 60_000;
/// Nothing has been wrong for so long before a start …
const CALM_FOR: Ms = 45_000;
/// … nor with a meter that is read once a minute.
const METERED_FOR: Ms = 150_000;
const ACCEPTED_WITHIN: Ms = 5_000;
const CLOSED_WITHIN: Ms = 10_000;
/// After the contact has opened, besides the breaker's rest.
const RESTS: Ms = 5_000;
const TEN_MINUTES: Ms = 600_000;

pub(super) fn check(case: &Case<'_>, found: &mut Findings) {
    for charge in case.charges {
        starts_are_answered(case, charge, found);
        stops_are_answered(case, charge, found);
        if is_calm(case, charge) {
            is_accepted(charge, found);
        }
        begins(case, charge, found);
    }
}

/// Whether an answer to what was asked at this moment can be demanded.
fn could_be_answered(case: &Case<'_>, asked: Ms) -> bool {
    let window = (asked, asked + ANSWERED_WITHIN);
    let connected = !case
        .troubles
        .connections
        .iter()
        .any(|at| *at > window.0 && *at <= window.1);
    window.1 <= case.evidence.length
        && connected
        && !overlaps(&case.troubles.down, window)
        && !overlaps(&case.troubles.partitions, window)
}

fn starts_are_answered(case: &Case<'_>, charge: &Charge, found: &mut Findings) {
    let all: Vec<Ms> = [charge.asked_at]
        .into_iter()
        .chain(charge.repeated.iter().copied())
        .collect();
    for asked in all.iter().filter(|asked| could_be_answered(case, **asked)) {
        // Each answer is to one of the requests; which one the checker does not know.
        let by = asked + ANSWERED_WITHIN;
        let answers = charge
            .answers
            .iter()
            .filter(|(at, _)| *at >= *asked && *at <= by)
            .count();
        found.demand("I4 answered", answers > 0, by, || {
            format!("{} was asked for at {asked} ms and never answered", charge.name())
        });
    }
}

fn stops_are_answered(case: &Case<'_>, charge: &Charge, found: &mut Findings) {
    for asked in charge
        .stops_asked
        .iter()
        .filter(|asked| could_be_answered(case, **asked))
    {
        let by = asked + ANSWERED_WITHIN;
        let answered = charge.stops.iter().any(|(at, _)| at >= asked && *at <= by);
        found.demand("I4 answered", answered, by, || {
            format!(
                "the stop of {} was asked for at {asked} ms and never answered",
                charge.name()
            )
        });
    }
}

/// Whether nothing speaks against this start: no trouble of any kind, now or not yet cleared, no other charge, a breaker
/// that has rested.
fn is_calm(case: &Case<'_>, charge: &Charge) -> bool {
    let (outlet, asked) = (charge.outlet, charge.asked_at);
    let window: Window = (asked.saturating_sub(CALM_FOR), asked + ACCEPTED_WITHIN);
    let calm = !case.troubles.any(outlet, window)
        && !case
            .troubles
            .register(outlet, (asked.saturating_sub(METERED_FOR), asked))
        && !case
            .troubles
            .connections
            .iter()
            .any(|at| (window.0..=window.1).contains(at));
    // What has locked it out once may do so still.
    let sound = !case.troubles.own(outlet, (0, asked)) && !was_overloaded(case, outlet, asked);
    let earlier = case
        .charges
        .iter()
        .filter(|other| other.outlet == outlet && other.id < charge.id);
    let free = earlier
        .filter(|other| other.exists())
        .all(|other| other.ended_at().is_some_and(|ended| ended < asked));
    let rest = case.evidence.house.min_off_s * 1000 + RESTS;
    let rested = !case.is_closed(outlet, asked)
        && case
            .last_opening(outlet, (asked.saturating_sub(rest), asked))
            .is_none();
    let seldom =
        tries(case, charge) < case.evidence.house.max_ops_per_10_min && !case.troubles.lost_its_clock(asked);
    calm && sound && free && rested && seldom && window.1 < case.settling && charge.wish.lasts() > 0
}

/// How often it has closed in ten minutes, or was told to, heard or not.
fn tries(case: &Case<'_>, charge: &Charge) -> u64 {
    let window = (charge.asked_at.saturating_sub(TEN_MINUTES), charge.asked_at);
    let within = |at: Ms| (window.0..=window.1).contains(&at);
    let told = case
        .plant(charge.outlet)
        .filter(|(at, event)| within(*at) && **event == Event::Ordered { on: true });
    let earlier = case.charges.iter().filter(|other| {
        other.outlet == charge.outlet && other.id < charge.id && other.exists() && within(other.asked_at)
    });
    let most = case.closings(charge.outlet, window).max(told.count());
    u64::try_from(most.max(earlier.count())).unwrap()
}

fn was_overloaded(case: &Case<'_>, outlet: u8, at: Ms) -> bool {
    const RATED_MW: u64 = 202 * 20_000;
    let over = case.flows_above(outlet, RATED_MW);
    over.iter().any(|(from, _)| *from <= at)
}

fn is_accepted(charge: &Charge, found: &mut Findings) {
    let by = charge.asked_at + ACCEPTED_WITHIN;
    let accepted = charge
        .answers
        .iter()
        .any(|(at, answer)| matches!(answer, Answer::Accepted(_)) && *at <= by);
    found.demand("I4 a calm start is accepted", accepted, by, || {
        let answers: Vec<String> = charge
            .answers
            .iter()
            .map(|(_, answer)| answer.to_string())
            .collect();
        format!(
            "{} was asked for in calm times, and the answer is {answers:?}",
            charge.name()
        )
    });
}

/// An accepted start on a sound outlet in calm times has its effect.
fn begins(case: &Case<'_>, charge: &Charge, found: &mut Findings) {
    let Some(accepted) = charge.accepted_at() else {
        return;
    };
    let by = accepted + CLOSED_WITHIN;
    let calm = !case
        .troubles
        .any(charge.outlet, (accepted.saturating_sub(CALM_FOR), by))
        && !case.troubles.own(charge.outlet, (0, by))
        && !was_overloaded(case, charge.outlet, by);
    let lasts =
        charge.wish.lasts() > CLOSED_WITHIN + OFF_WITHIN && charge.wish.energy_wh.is_none_or(|wh| wh > 20);
    let stopped = charge.stops_asked.iter().any(|at| *at <= by);
    let delays = case
        .troubles
        .down
        .iter()
        .any(|(_, to)| to + 120_000 > accepted && *to > charge.asked_at);
    if !calm || !lasts || stopped || delays || by > case.settling {
        return;
    }
    found.demand(
        "I4 an accepted start closes",
        case.is_closed(charge.outlet, by),
        by,
        || format!("{} was accepted, and nothing closed", charge.name()),
    );
}
