//! I3: a charge is OFF at most 2 s after its end, whichever of its ends that is; and it does not end before.

use super::causes::is_forgotten;
use super::plant::{energy_at, moment_of};
use super::troubles::{Wall, Window, overlaps};
use super::{Case, Charge, Findings};
use crate::Ms;
use crate::history::{Entry, Fact, Plant as Event, Why};
use crate::plant::WATT_HOUR_UJ;

/// What I3 allows from the end until the breaker is open.
pub(super) const OFF_WITHIN: Ms = 2_000;
/// A controller that starts, or a unit that answers again, needs this long more: pauses between tries to connect and
/// to write OFF, and one look.
const AGAIN: Ms = 2_000;
/// A breaker that does not obey is told OFF again at least this often.
const TOLD_AGAIN_WITHIN: Ms = 33_000;
/// What is left of a charge is on disk each second, where the disk is well, or else once a minute …
const WRITTEN_EACH: Ms = 1_000;
/// … and a disk that hangs keeps no charge on for longer.
const UNWRITTEN: Ms = 62_000;
/// When an end is on disk at the latest, where the disk is well.
const ENDED_ON_DISK: Ms = 100;
/// A time limit that ends a charge earlier than this before its time is wrong.
const EARLY: Ms = 1_000;
/// What a few looks take: a lull begins and ends with a sample.
const A_FEW_LOOKS: Ms = 6_000;
/// A meter that is not read for anybody is read once a minute.
const IDLE_LOOKS: Ms = 90_000;

/// Why a charge must end, and when at the latest.
struct End {
    check: &'static str,
    at: Ms,
    why: &'static str,
}

pub(super) fn check(case: &Case<'_>, found: &mut Findings) {
    for charge in case.charges {
        for end in ends(case, charge) {
            is_off_in_time(case, charge, &end, found);
        }
        is_not_early(case, charge, found);
    }
}

/// When the charge was accepted, at the latest.
pub(super) fn began(case: &Case<'_>, charge: &Charge) -> Option<Ms> {
    let ordered = case
        .plant(charge.outlet)
        .find(|(at, event)| *at >= charge.asked_at && **event == Event::Ordered { on: true })
        .map(|(at, _)| at)
        .filter(|at| case.next_asked(charge).is_none_or(|next| *at < next));
    [charge.accepted_at(), ordered.filter(|_| charge.exists())]
        .into_iter()
        .flatten()
        .min()
}

/// The end of its time. With a wall clock that was right before and after, a power cut moves it by nothing; with one
/// that stood still, by the cut itself and by what was not written down; with one ahead, it may be over at once.
pub(super) fn deadline(case: &Case<'_>, charge: &Charge) -> Option<Ms> {
    let began = began(case, charge)?;
    let mut deadline = began + charge.wish.lasts();
    for cut in &case.troubles.power_cuts {
        let failing = overlaps(&case.troubles.disk, (began + charge.wish.lasts(), cut.at));
        let on_disk = if failing { Ms::MAX / 2 } else { ENDED_ON_DISK };
        let matters = cut.at >= began && cut.at < deadline + on_disk;
        if matters && cut.wall != Wall::Right {
            let was_ill = overlaps(&case.troubles.disk, (cut.at.saturating_sub(UNWRITTEN), cut.at));
            let unwritten = if was_ill { UNWRITTEN } else { WRITTEN_EACH };
            let longer = cut.runs_again.saturating_sub(cut.at) + unwritten;
            deadline = deadline.saturating_add(longer);
        }
    }
    Some(deadline)
}

fn ends(case: &Case<'_>, charge: &Charge) -> Vec<End> {
    let Some(began) = began(case, charge) else {
        return Vec::new();
    };
    let time = deadline(case, charge).map(|at| ("I3 time", at, "its time was over"));
    let stop = charge
        .stopped_at()
        .map(|at| ("I3 stop", at, "its stop was accepted"));
    let energy = energy_end(case, charge, began).map(|at| ("I3 energy", at, "its energy was delivered"));
    let idle = idle_end(case, charge, began);
    [time, stop, energy, idle]
        .into_iter()
        .flatten()
        .map(|(check, at, why)| End { check, at, why })
        .collect()
}

/// When the limit of energy had passed for certain: one watt-hour more, as registers tell whole ones. A register that
/// cannot be read or believed says when only later; so does a power cut.
fn energy_end(case: &Case<'_>, charge: &Charge, began: Ms) -> Option<Ms> {
    let limit = u64::try_from(charge.wish.energy_wh?).ok()?;
    let circuit = case.circuit(charge.outlet);
    let reached = energy_at(circuit, charge.asked_at) + (limit + 1) * WATT_HOUR_UJ;
    // Where less has passed, there is nothing to exceed.
    let at = moment_of(circuit, reached)
        .or_else(|| (charge.reason() == Some("energy_limit")).then(|| charge.ended_at())?)?;
    let window = (began.saturating_sub(IDLE_LOOKS), at + OFF_WITHIN);
    let cut = case
        .troubles
        .power_cuts
        .iter()
        .any(|cut| (window.0..=window.1).contains(&cut.at));
    let others = case.troubles.was_closed_by_hand(charge.outlet, window)
        || case.troubles.welded(charge.outlet, window);
    let blind = case.troubles.register(charge.outlet, window) || cut || others;
    (!blind).then_some(at)
}

/// Nobody ever drew anything; or somebody did, draws nothing any more, and the charge was to end then.
fn idle_end(case: &Case<'_>, charge: &Charge, began: Ms) -> Option<(&'static str, Ms, &'static str)> {
    let until = case.next_asked(charge).unwrap_or(case.evidence.length);
    let closed = case.first_closing(charge.outlet, (began, until))?;
    let house = &case.evidence.house;
    let patience = |minutes: u64| minutes * 60_000 + A_FEW_LOOKS;
    let no_load = closed + patience(house.no_load_off_min);
    let seen_well = |(from, to)| {
        let troubles = case.troubles;
        let metered = !troubles.register(charge.outlet, (from, to)) && !troubles.any_bus_or_down((from, to));
        metered && !troubles.positions(charge.outlet, (from, to)) && !overlaps(&troubles.mains, (from, to))
    };
    if case.flowed_for(charge.outlet, (closed, no_load)) == 0 {
        let seen = seen_well((closed, no_load + OFF_WITHIN));
        return seen.then_some(("I3 no load", no_load, "nobody ever drew anything"));
    }
    let end = case.troubles_end(charge, closed);
    let since = case.idle_since(charge.outlet, (closed, end));
    let at = since + patience(house.idle_after_min);
    let charged = case.flowed_for(charge.outlet, (closed, since)) >= A_FEW_LOOKS;
    let is_idle = case.flowed_for(charge.outlet, (since, at)) == 0 && at <= end;
    let wished = charge.wish.ends_when_idle && charged && is_idle && seen_well((closed, at + OFF_WITHIN));
    wished.then_some(("I3 car idle", at, "the car was idle"))
}

impl Case<'_> {
    /// Until when a charge lasts if nothing but its own time ends it.
    fn troubles_end(&self, charge: &Charge, closed: Ms) -> Ms {
        let length = self.evidence.length;
        deadline(self, charge).unwrap_or(length).min(length).max(closed)
    }
}

fn is_off_in_time(case: &Case<'_>, charge: &Charge, end: &End, found: &mut Findings) {
    let from = case.troubles.reachable_from(end.at, (OFF_WITHIN, AGAIN));
    let by = from + OFF_WITHIN;
    let another = case.next_asked(charge).is_some_and(|next| next <= by);
    if by > case.evidence.length || another {
        return;
    }
    let is_open = !case.is_closed(charge.outlet, by);
    let mut told = told_off(case, charge.outlet, (end.at, by)).into_iter();
    let excused = |told| {
        is_held(case, charge.outlet, (told, by)) || was_closed_again_by_hand(case, charge.outlet, (told, by))
    };
    let holds = is_open || told.any(excused);
    found.demand(end.check, holds, by, || {
        format!(
            "{} is still ON, although {} at {} ms",
            charge.name(),
            end.why,
            end.at
        )
    });
}

/// When it was told OFF for an end, and at last before.
fn told_off(case: &Case<'_>, outlet: u8, (end, by): Window) -> Vec<Ms> {
    let told = |(at, event): (Ms, &Event)| (*event == Event::Ordered { on: false }).then_some(at);
    let mut orders = case
        .plant(outlet)
        .take_while(|(at, _)| *at <= by)
        .filter_map(told);
    let before = orders.clone().take_while(|at| *at + EARLY < end).last();
    let after = orders.find(|at| *at + EARLY >= end);
    before.into_iter().chain(after).collect()
}

/// A mechanism that sticks, or is slow, must have been told, and is told again once it is free.
fn is_held(case: &Case<'_>, outlet: u8, (told, by): Window) -> bool {
    let troubles = case.troubles;
    let all = troubles.stuck(outlet).iter().chain(troubles.slow(outlet));
    let freed = all
        .filter(|(from, to)| *from <= by && *to >= told)
        .map(|(_, to)| *to)
        .max();
    let free_by = freed
        .map(|freed| troubles.obedient_from(outlet, freed, (TOLD_AGAIN_WITHIN, AGAIN)) + TOLD_AGAIN_WITHIN);
    free_by.is_some_and(|free_by| {
        free_by > case.evidence.length || case.last_opening(outlet, (by, free_by)).is_some()
    })
}

/// Somebody closed it at the panel after it was told OFF: that is undone, but it is not the charge's end any more.
fn was_closed_again_by_hand(case: &Case<'_>, outlet: u8, (told, by): Window) -> bool {
    case.troubles.was_closed_by_hand(outlet, (told, by))
}

/// When the breaker last opened in a charge, if it was told to.
fn last_open(case: &Case<'_>, charge: &Charge) -> Option<Ms> {
    let until = case.next_asked(charge).unwrap_or(case.evidence.length);
    let closed = case.first_closing(charge.outlet, (charge.asked_at, until))?;
    let opening = case.last_opening(charge.outlet, (closed, until))?;
    (opening.1 == Why::Ordered).then_some(opening.0)
}

fn is_not_early(case: &Case<'_>, charge: &Charge, found: &mut Findings) {
    let Some(open) = last_open(case, charge) else {
        return;
    };
    // A clock that is ahead after a power cut may end a charge at once, and that is safe.
    let ahead = |cut: &super::troubles::PowerCut| {
        cut.wall == Wall::Ahead && cut.at >= charge.asked_at && cut.at <= open + OFF_WITHIN
    };
    // An end that no disk has taken is forgotten by a controller that dies: then its time is what ends it.
    let span = (charge.asked_at, charge.ended_at().unwrap_or(open));
    if is_forgotten(case, span) || case.troubles.power_cuts.iter().any(ahead) {
        return;
    }
    match charge.reason() {
        Some("time_limit") => {
            let lasts = charge.wish.lasts();
            let in_time = open + EARLY >= charge.asked_at + lasts;
            found.demand("I3 not early", in_time, open, || {
                format!(
                    "{} ended for its time of {lasts} ms, asked for at {} ms",
                    charge.name(),
                    charge.asked_at
                )
            });
        }
        Some("energy_limit") => energy_is_not_early(case, charge, open, found),
        _ => {}
    }
}

/// A meter that cannot be read is taken to count as fast as the circuit can carry.
fn energy_is_not_early(case: &Case<'_>, charge: &Charge, open: Ms, found: &mut Findings) {
    let outlet = charge.outlet;
    let window = (charge.asked_at.saturating_sub(IDLE_LOOKS), open);
    let fails = |entry: &Entry| {
        matches!(entry.fact, Fact::ControllerFails(_)) && (window.0..=window.1).contains(&entry.at)
    };
    let doubtful = case.troubles.meter(outlet, window)
        || !case.is_believed(outlet, charge.asked_at)
        || case.troubles.any_bus_or_down(window)
        || case.troubles.was_moved_by_hand(outlet, window)
        || case.troubles.welded(outlet, window)
        || case.entries.iter().any(fails);
    if doubtful {
        return;
    }
    let limit = u64::try_from(charge.wish.energy_wh.unwrap_or(0)).unwrap();
    let circuit = case.circuit(outlet);
    let passed = energy_at(circuit, open) - energy_at(circuit, charge.asked_at);
    let in_time = passed + 2 * WATT_HOUR_UJ >= limit * WATT_HOUR_UJ;
    found.demand("I3 not early", in_time, open, || {
        let mwh = passed / 3_600_000;
        format!(
            "{} ended for its {limit} Wh, but {mwh} mWh had passed",
            charge.name()
        )
    });
}
