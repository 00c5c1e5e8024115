//! When what was in trouble: the only excuses that the checker knows.

mod windows;

use std::collections::{BTreeMap, BTreeSet};

use crate::Ms;
use crate::history::{Entry, Fact};

/// From and to, both included.
pub(super) type Window = (Ms, Ms);

type ByOutlet<T> = BTreeMap<u8, Vec<T>>;

#[derive(Debug, Default)]
pub(super) struct Troubles {
    /// The controller did not run.
    pub down: Vec<Window>,
    pub power_cuts: Vec<PowerCut>,
    pub mains: Vec<Window>,
    /// Requests to the unit that switches and tells positions may fail.
    pub breaker_units: Vec<Window>,
    /// Requests to the unit that tells trips and leakage may fail.
    pub trip_units: Vec<Window>,
    /// Requests to this outlet's meter may fail.
    pub meter_units: ByOutlet<Window>,
    pub any_bus: Vec<Window>,
    pub disk: Vec<Window>,
    pub link: Vec<Window>,
    /// Nothing passes between controller and server, and nobody says so.
    pub partitions: Vec<Window>,
    /// The connection was made or lost.
    pub connections: Vec<Ms>,
    pub stuck: ByOutlet<Window>,
    pub slow: ByOutlet<Window>,
    pub welded: ByOutlet<Window>,
    pub tripped: ByOutlet<Window>,
    pub leaking: ByOutlet<Window>,
    pub positions: ByOutlet<Window>,
    pub meters: ByOutlet<Window>,
    /// When a meter began to show an old register, or another's.
    pub still: BTreeMap<u8, BTreeSet<Ms>>,
    /// With whether the hand closed it.
    pub hands: ByOutlet<(Ms, bool)>,
    pub blinks: ByOutlet<Window>,
    pub wall_steps: Vec<Ms>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct PowerCut {
    pub at: Ms,
    pub runs_again: Ms,
    pub wall: Wall,
}

/// What the wall clock tells after a power cut of how long it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wall {
    Right,
    /// It went on, and says that more time has passed than has.
    Ahead,
    /// It says that no time has passed.
    Behind,
}

pub(super) fn overlaps(windows: &[Window], (from, to): Window) -> bool {
    windows.iter().any(|(begin, end)| *begin <= to && *end >= from)
}

fn of(windows: &ByOutlet<Window>, outlet: u8) -> &[Window] {
    windows.get(&outlet).map_or(&[], Vec::as_slice)
}

impl Troubles {
    fn power_cuts(&self, entries: &[Entry]) -> Vec<PowerCut> {
        let cuts = entries.iter().filter(|entry| entry.fact == Fact::PowerCut);
        let cut = |cut: &Entry| {
            let after = entries.iter().skip_while(|entry| entry.at < cut.at);
            let booted = after.clone().find_map(|entry| match entry.fact {
                Fact::Boots { wall } => Some(wall),
                _ => None,
            });
            let runs = after.clone().find(|entry| entry.fact == Fact::ControllerRuns);
            let stepped = self.wall_steps.iter().any(|at| *at < cut.at)
                || entries
                    .iter()
                    .any(|entry| entry.at < cut.at && boots_wrong(&entry.fact));
            PowerCut {
                at: cut.at,
                runs_again: runs.map_or(u64::MAX, |entry| entry.at),
                wall: match booted {
                    // What it said when it was noted last nobody knows.
                    _ if stepped => Wall::Ahead,
                    Some("is right") => Wall::Right,
                    Some("is a day ahead") => Wall::Ahead,
                    Some(_) | None => Wall::Behind,
                },
            }
        };
        cuts.map(cut).collect()
    }

    /// The first moment from `base` on from which an OFF could be written for `patience` without trouble, where a
    /// trouble needs `again` more until it is over for the controller too.
    pub(super) fn reachable_from(&self, base: Ms, patience: (Ms, Ms)) -> Ms {
        clear_from(&[&self.down, &self.mains, &self.breaker_units], base, patience)
    }

    /// The same where the mechanism must be free.
    pub(super) fn obedient_from(&self, outlet: u8, base: Ms, patience: (Ms, Ms)) -> Ms {
        let own = |of: &ByOutlet<Window>| of.get(&outlet).cloned().unwrap_or_default();
        let (stuck, slow) = (own(&self.stuck), own(&self.slow));
        let held = [&self.down, &self.mains, &self.breaker_units, &stuck, &slow];
        clear_from(&held, base, patience)
    }

    /// The same where the contacts must be read too.
    pub(super) fn seen_from(&self, base: Ms, patience: (Ms, Ms)) -> Ms {
        let blind = [&self.down, &self.mains, &self.breaker_units, &self.trip_units];
        clear_from(&blind, base, patience)
    }

    /// The same where the outlet's meter must be read, and be right.
    pub(super) fn metered_from(&self, outlet: u8, base: Ms, patience: (Ms, Ms)) -> Ms {
        let own = |of: &ByOutlet<Window>| of.get(&outlet).cloned().unwrap_or_default();
        let (units, lies) = (own(&self.meter_units), own(&self.meters));
        let blind = [&self.down, &self.mains, &self.breaker_units, &units, &lies];
        clear_from(&blind, base, patience)
    }

    /// Whether anything at all was wrong with an outlet, or with all of them, in a time.
    pub(super) fn any(&self, outlet: u8, window: Window) -> bool {
        let all = [&self.down, &self.mains, &self.any_bus, &self.disk, &self.link];
        all.into_iter().any(|windows| overlaps(windows, window)) || self.own(outlet, window)
    }

    /// Whether anything was wrong with the outlet itself.
    pub(super) fn own(&self, outlet: u8, window: Window) -> bool {
        let own = [
            &self.stuck,
            &self.slow,
            &self.welded,
            &self.tripped,
            &self.leaking,
            &self.positions,
            &self.meters,
            &self.blinks,
        ];
        own.into_iter()
            .any(|windows| overlaps(of(windows, outlet), window))
            || self.was_moved_by_hand(outlet, window)
    }

    /// Whether the controller may have seen nothing in a time.
    pub(super) fn any_bus_or_down(&self, window: Window) -> bool {
        overlaps(&self.any_bus, window) || overlaps(&self.down, window)
    }

    /// Whether the mechanism stuck, or was slow, in a time.
    pub(super) fn is_held(&self, outlet: u8, window: Window) -> bool {
        overlaps(self.stuck(outlet), window) || overlaps(self.slow(outlet), window)
    }

    /// Whether the breaker could not be seen or told anything in a time.
    pub(super) fn breaker(&self, window: Window) -> bool {
        let blind = [&self.down, &self.mains, &self.breaker_units];
        blind.into_iter().any(|windows| overlaps(windows, window))
    }

    /// Whether the outlet's register could not be read or trusted in a time.
    pub(super) fn meter(&self, outlet: u8, window: Window) -> bool {
        self.register(outlet, window) || overlaps(&self.mains, window)
    }

    /// The same, but for the mains: without them nothing flows.
    pub(super) fn register(&self, outlet: u8, window: Window) -> bool {
        overlaps(of(&self.meters, outlet), window)
            || overlaps(of(&self.meter_units, outlet), window)
            || overlaps(of(&self.blinks, outlet), window)
    }

    pub(super) fn welded(&self, outlet: u8, window: Window) -> bool {
        overlaps(of(&self.welded, outlet), window)
    }

    pub(super) fn positions(&self, outlet: u8, window: Window) -> bool {
        overlaps(of(&self.positions, outlet), window)
    }

    pub(super) fn tripped(&self, outlet: u8) -> &[Window] {
        of(&self.tripped, outlet)
    }

    pub(super) fn leaking(&self, outlet: u8) -> &[Window] {
        of(&self.leaking, outlet)
    }

    pub(super) fn stuck(&self, outlet: u8) -> &[Window] {
        of(&self.stuck, outlet)
    }

    pub(super) fn slow(&self, outlet: u8) -> &[Window] {
        of(&self.slow, outlet)
    }

    /// Whether a register that stood still, or another's, stood in for the true one from before a moment until after it:
    /// one that catches up later cannot be told from one that moves.
    pub(super) fn stood_still_at(&self, outlet: u8, at: Ms) -> bool {
        let still = self.still.get(&outlet);
        let mut lasting = of(&self.meters, outlet)
            .iter()
            .filter(|(from, to)| *from <= at && *to >= at);
        lasting.any(|(from, to)| still.is_some_and(|still| still.range(from..=to).next().is_some()))
    }

    /// Whether nothing was ever wrong with an outlet, its meter, its breaker, or the program.
    pub(super) fn is_calm_throughout(&self, outlet: u8) -> bool {
        let began = self.down.first().map_or(0, |(_, to)| *to);
        !self.own(outlet, (0, Ms::MAX))
            && !self.any_bus_or_down((began + 1, Ms::MAX))
            && self.mains.is_empty()
    }

    /// Whether no clock could tell how long a power cut was, some time before.
    pub(super) fn lost_its_clock(&self, before: Ms) -> bool {
        self.power_cuts
            .iter()
            .any(|cut| cut.at <= before && cut.wall != Wall::Right)
    }

    pub(super) fn was_moved_by_hand(&self, outlet: u8, (from, to): Window) -> bool {
        let hands = self.hands.get(&outlet).into_iter().flatten();
        hands.into_iter().any(|(at, _)| (from..=to).contains(at))
    }

    pub(super) fn was_closed_by_hand(&self, outlet: u8, (from, to): Window) -> bool {
        let hands = self.hands.get(&outlet).into_iter().flatten();
        hands
            .into_iter()
            .any(|(at, closed)| *closed && (from..=to).contains(at))
    }
}

fn boots_wrong(fact: &Fact) -> bool {
    matches!(fact, Fact::Boots { wall } if *wall != "is right")
}

/// The first moment from `base` on with `patience` free of all these.
fn clear_from(blind: &[&Vec<Window>], base: Ms, (patience, again): (Ms, Ms)) -> Ms {
    let mut from = base;
    loop {
        let all = blind.iter().flat_map(|windows| windows.iter());
        let excuse = all.filter(|(begin, end)| *begin <= from + patience && end + again > from);
        match excuse.map(|(_, end)| end + again).max() {
            Some(later) if later > from => from = later,
            Some(_) | None => return from,
        }
    }
}
