//! When what was in trouble: the only excuses that the checker knows.

use std::collections::BTreeMap;

use super::Evidence;
use crate::Ms;
use crate::history::{Entry, Fact, Plant as Event};

/// From and to, both included.
pub(super) type Window = (Ms, Ms);

#[derive(Debug, Default)]
pub(super) struct Troubles {
    /// The controller did not run.
    pub down: Vec<Window>,
    pub power_cuts: Vec<PowerCut>,
    pub mains: Vec<Window>,
    /// Requests to the units that switch and tell positions may fail.
    pub breaker_units: Vec<Window>,
    /// Requests to this outlet's meter may fail.
    pub meter_units: BTreeMap<u8, Vec<Window>>,
    pub any_bus: Vec<Window>,
    pub disk: Vec<Window>,
    pub link: Vec<Window>,
    pub stuck: BTreeMap<u8, Vec<Window>>,
    pub welded: BTreeMap<u8, Vec<Window>>,
    pub tripped: BTreeMap<u8, Vec<Window>>,
    pub meters: BTreeMap<u8, Vec<Window>>,
    pub frozen: BTreeMap<u8, Vec<Ms>>,
    pub hands: BTreeMap<u8, Vec<Ms>>,
    pub wall_steps: Vec<Ms>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct PowerCut {
    pub at: Ms,
    pub runs_again: Ms,
    /// Whether the wall clock could tell how long it was.
    pub wall_is_right: bool,
}

/// Which window an entry opens or closes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Down,
    Mains,
    Bus(Option<u8>, &'static str),
    Disk,
    Link,
    Stuck(u8),
    Welded(u8),
    Tripped(u8),
    Meter(u8),
}

pub(super) fn overlaps(windows: &[Window], (from, to): Window) -> bool {
    windows.iter().any(|(begin, end)| *begin <= to && *end >= from)
}

impl Troubles {
    pub(super) fn of(evidence: &Evidence, entries: &[Entry]) -> Self {
        let mut found = Self::default();
        let mut open: BTreeMap<Key, (Ms, u32)> = BTreeMap::from([(Key::Down, (0, 1))]);
        for entry in entries {
            if let Some((key, on)) = turns(&entry.fact)
                && let Some(window) = turn(&mut open, &key, (entry.at, on))
            {
                found.add(evidence, key, window);
            }
            match &entry.fact {
                Fact::Plant(
                    outlet,
                    Event::Contact {
                        why: crate::history::Why::Hand,
                        ..
                    },
                ) => {
                    found.hands.entry(*outlet).or_default().push(entry.at);
                }
                Fact::Plant(outlet, Event::Meter("frozen")) => {
                    found.frozen.entry(*outlet).or_default().push(entry.at);
                }
                Fact::WallSteps(_) => found.wall_steps.push(entry.at),
                _ => {}
            }
        }
        for (key, (from, _)) in open {
            found.add(evidence, key, (from, evidence.length));
        }
        found.power_cuts = found.power_cuts(entries);
        found
    }

    fn add(&mut self, evidence: &Evidence, key: Key, window: Window) {
        let kind = evidence.house.kind;
        let outlets = 1..=u8::try_from(evidence.house.outlets).unwrap();
        match key {
            Key::Down => self.down.push(window),
            Key::Mains => self.mains.push(window),
            // Slow answers are in time: no excuse.
            Key::Bus(_, "slow answers") => {}
            Key::Bus(unit, _) => {
                let concerns = |other: u8| unit.is_none_or(|unit| unit == other);
                self.any_bus.push(window);
                if concerns(kind.breaker_unit()) || concerns(kind.trip_unit()) {
                    self.breaker_units.push(window);
                }
                for outlet in outlets.filter(|outlet| concerns(kind.meter_unit(usize::from(*outlet) - 1))) {
                    self.meter_units.entry(outlet).or_default().push(window);
                }
            }
            Key::Disk => self.disk.push(window),
            Key::Link => self.link.push(window),
            Key::Stuck(outlet) => self.stuck.entry(outlet).or_default().push(window),
            Key::Welded(outlet) => self.welded.entry(outlet).or_default().push(window),
            Key::Tripped(outlet) => self.tripped.entry(outlet).or_default().push(window),
            Key::Meter(outlet) => self.meters.entry(outlet).or_default().push(window),
        }
    }

    fn power_cuts(&self, entries: &[Entry]) -> Vec<PowerCut> {
        let cuts = entries.iter().filter(|entry| entry.fact == Fact::PowerCut);
        let cut = |cut: &Entry| {
            let after = entries.iter().skip_while(|entry| entry.at < cut.at);
            let booted = after.clone().find_map(|entry| match entry.fact {
                Fact::Boots { wall } => Some(wall),
                _ => None,
            });
            let runs = after.clone().find(|entry| entry.fact == Fact::ControllerRuns);
            PowerCut {
                at: cut.at,
                runs_again: runs.map_or(u64::MAX, |entry| entry.at),
                wall_is_right: booted == Some("is right") && !self.wall_steps.iter().any(|at| *at < cut.at),
            }
        };
        cuts.map(cut).collect()
    }

    /// The first moment from `base` on from which an OFF could be written for `patience` without trouble, where a
    /// trouble needs `again` more until it is over for the controller too.
    pub(super) fn reachable_from(&self, base: Ms, (patience, again): (Ms, Ms)) -> Ms {
        let excuses = || self.down.iter().chain(&self.mains).chain(&self.breaker_units);
        let mut from = base;
        loop {
            let excuse = excuses().filter(|(begin, end)| *begin <= from + patience && end + again > from);
            match excuse.map(|(_, end)| end + again).max() {
                Some(later) if later > from => from = later,
                Some(_) | None => return from,
            }
        }
    }

    /// Whether anything at all was wrong with an outlet, or with all of them, in a time.
    pub(super) fn any(&self, outlet: u8, window: Window) -> bool {
        let all = [&self.down, &self.mains, &self.any_bus, &self.disk, &self.link];
        let own = [&self.stuck, &self.welded, &self.tripped, &self.meters];
        all.into_iter().any(|windows| overlaps(windows, window))
            || own
                .into_iter()
                .any(|of| of.get(&outlet).is_some_and(|windows| overlaps(windows, window)))
            || self.was_moved_by_hand(outlet, window)
    }

    /// Whether the controller may have seen nothing in a time.
    pub(super) fn any_bus_or_down(&self, window: Window) -> bool {
        overlaps(&self.any_bus, window) || overlaps(&self.down, window)
    }

    /// Whether the outlet's register could not be trusted in a time.
    pub(super) fn meter(&self, outlet: u8, window: Window) -> bool {
        let bad = |of: &BTreeMap<u8, Vec<Window>>| of.get(&outlet).is_some_and(|all| overlaps(all, window));
        bad(&self.meters) || bad(&self.meter_units) || overlaps(&self.mains, window)
    }

    /// Whether a meter that showed an old register when a charge was asked for came back later.
    pub(super) fn froze_at(&self, outlet: u8, at: Ms) -> bool {
        let (Some(frozen), Some(lies)) = (self.frozen.get(&outlet), self.meters.get(&outlet)) else {
            return false;
        };
        let mut lasted = lies.iter().filter(|(_, to)| *to >= at);
        lasted.any(|(from, to)| frozen.iter().any(|began| (from..=to).contains(&began)))
    }

    pub(super) fn was_moved_by_hand(&self, outlet: u8, (from, to): Window) -> bool {
        let hands = self.hands.get(&outlet);
        hands.is_some_and(|hands| hands.iter().any(|at| (from..=to).contains(at)))
    }
}

/// A window that closes. Troubles on the bus may overlap; of the rest there is one at a time.
fn turn(open: &mut BTreeMap<Key, (Ms, u32)>, key: &Key, (at, on): (Ms, bool)) -> Option<Window> {
    let counted = matches!(key, Key::Bus(..));
    if on {
        let (_, times) = open.entry(key.clone()).or_insert((at, 0));
        *times = if counted { *times + 1 } else { 1 };
        return None;
    }
    let (from, times) = open.get_mut(key)?;
    *times -= 1;
    let window = (*from, at);
    if *times > 0 {
        return None;
    }
    open.remove(key);
    Some(window)
}

fn turns(fact: &Fact) -> Option<(Key, bool)> {
    Some(match fact {
        Fact::Killed | Fact::PowerCut | Fact::ControllerFails(_) => (Key::Down, true),
        Fact::ControllerRuns => (Key::Down, false),
        Fact::Mains(on) => (Key::Mains, !on),
        Fact::Bus { unit, trouble, on } => (Key::Bus(*unit, trouble), *on),
        Fact::Disk { on, .. } => (Key::Disk, *on),
        Fact::Link { on, .. } => (Key::Link, *on),
        Fact::Plant(outlet, Event::Stuck(on)) => (Key::Stuck(*outlet), *on),
        Fact::Plant(outlet, Event::Welded(on)) => (Key::Welded(*outlet), *on),
        Fact::Plant(outlet, Event::Tripped(on)) => (Key::Tripped(*outlet), *on),
        Fact::Plant(outlet, Event::Meter(_)) => (Key::Meter(*outlet), true),
        Fact::Plant(outlet, Event::MeterWell) => (Key::Meter(*outlet), false),
        _ => return None,
    })
}
