//! I4: a charge ends for the reason that it tells: something in the house, on the wire or at the server was its cause.

use super::ends::{OFF_WITHIN, began};
use super::troubles::{Window, overlaps};
use super::{Case, Charge, Findings};
use crate::Ms;
use crate::history::{Entry, Fact, Plant as Event, Why};
use crate::plant::VOLTAGE_MV;

/// A trouble on the wire is felt so much later.
const FELT: Ms = 10_000;
/// More than the outlet may carry for long.
const OVER_MA: u64 = 22_000;
/// No lull ends a charge so long before its time.
const LOOKS: Ms = 3_000;

pub(super) fn check(case: &Case<'_>, found: &mut Findings) {
    for charge in case.charges {
        let Some(reason) = charge.reason() else {
            continue;
        };
        let told = charge.ended_at().unwrap_or(case.evidence.length);
        let window = (began(case, charge).unwrap_or(charge.asked_at), told);
        found.demand("I4 cause", is_caused(case, charge, reason, window), told, || {
            format!(
                "{} is said to have ended because of {reason}, and nothing was the cause",
                charge.name()
            )
        });
    }
}

fn is_caused(case: &Case<'_>, charge: &Charge, reason: &str, (from, to): Window) -> bool {
    let (outlet, troubles) = (charge.outlet, case.troubles);
    let felt = (from.saturating_sub(FELT), to);
    let lies = troubles.positions(outlet, felt);
    let moved = |why: &[Why]| {
        case.plant(outlet).any(|(at, event)| match event {
            Event::Contact {
                closed: false,
                why: found,
            } => at >= felt.0 && at <= to && why.contains(found),
            _ => false,
        })
    };
    let cut = troubles
        .power_cuts
        .iter()
        .any(|cut| cut.at >= from && cut.at <= to);
    match reason {
        "remote" => charge.stops_asked.iter().any(|at| *at <= to),
        "time_limit" => to + OFF_WITHIN >= charge.asked_at + charge.wish.lasts() || cut,
        "energy_limit" => charge.wish.energy_wh.is_some(),
        "tripped" => overlaps(troubles.tripped(outlet), felt) || blinked_twice(case, outlet, felt),
        "leakage" => overlaps(troubles.leaking(outlet), felt) && case.evidence.house.has_leakage_contacts,
        "over_current" => {
            let over = case.flows_above(outlet, VOLTAGE_MV * OVER_MA / 1000);
            over.iter().any(|(begin, end)| *begin <= to && *end >= felt.0)
                || blinked_twice(case, outlet, felt)
        }
        "opened_by_hand" => {
            moved(&[Why::Hand, Why::Trip, Why::PowerLoss, Why::OldOrder])
                || lies
                || blinked_twice(case, outlet, felt)
                || was_made_safe(case, (from, to))
                || is_forgotten(case, (from, to))
        }
        "power_loss" => {
            cut || moved(&[Why::Hand, Why::Trip, Why::PowerLoss]) || overlaps(&troubles.mains, felt)
        }
        "did_not_close" => {
            overlaps(troubles.stuck(outlet), felt)
                || overlaps(troubles.slow(outlet), felt)
                || troubles.breaker(felt)
                || overlaps(&troubles.disk, felt)
                || moved(&[Why::Hand, Why::Trip, Why::PowerLoss])
                || lies
        }
        "welded" | "feedback_broken" => troubles.welded(outlet, felt) || lies,
        "disk_failed" => overlaps(&troubles.disk, felt),
        "no_load" => lasted_idle(case, charge, (from, to), case.evidence.house.no_load_off_min),
        "car_idle" => {
            let wished = charge.wish.ends_when_idle;
            wished && lasted_idle(case, charge, (from, to), case.evidence.house.idle_after_min)
        }
        _ => false,
    }
}

/// Whether a lull of so many minutes was there, as far as the meter told of it.
fn lasted_idle(case: &Case<'_>, charge: &Charge, (from, to): Window, minutes: u64) -> bool {
    let lull = minutes * 60_000;
    let mut told = case.plant(charge.outlet).filter_map(|(at, event)| {
        let off = *event == Event::Ordered { on: false } && at >= from && at <= to;
        off.then_some(at)
    });
    let lasted = |at: Ms| case.idle_since(charge.outlet, (from, at)) + lull <= at + LOOKS;
    told.any(lasted) || case.troubles.register(charge.outlet, (from, to))
}

/// Two reads, one after the other, have shown what was not so: that is more than one look.
fn blinked_twice(case: &Case<'_>, outlet: u8, (from, to): Window) -> bool {
    let blinks = case
        .plant(outlet)
        .filter(|(at, event)| matches!(event, Event::Blinked(_)) && *at >= from && *at <= to);
    let times: Vec<Ms> = blinks.map(|(at, _)| at).collect();
    times.windows(2).any(|pair| pair[1] - pair[0] <= LOOKS)
}

/// An end that no disk has taken, and a program that dies: the next one finds it open, and nothing tells it why.
pub(super) fn is_forgotten(case: &Case<'_>, span: Window) -> bool {
    overlaps(&case.troubles.disk, span) && overlaps(&case.troubles.down, span)
}

/// A program that cannot read its disk opens everything; the next one finds it open.
fn was_made_safe(case: &Case<'_>, (from, to): Window) -> bool {
    let fails =
        |entry: &Entry| matches!(entry.fact, Fact::ControllerFails(_)) && entry.at >= from && entry.at <= to;
    case.entries.iter().any(fails)
}
