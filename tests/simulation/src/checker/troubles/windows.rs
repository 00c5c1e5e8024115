//! From what was noted to the times in which something was in trouble.

use std::collections::BTreeMap;

use super::super::Evidence;
use super::{Troubles, Window};
use crate::Ms;
use crate::history::{Entry, Fact, Plant as Event, Why};

/// What blinks waits for the next read, which for a meter may be a minute away.
const BLINKS_WITHIN: Ms = 70_000;

/// Which window an entry opens or closes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Down,
    Mains,
    Bus(Option<u8>, &'static str),
    Disk,
    Link(bool),
    Stuck(u8),
    Slow(u8),
    Welded(u8),
    Tripped(u8),
    Leaking(u8),
    Position(u8),
    Meter(u8),
}

impl Troubles {
    pub(in crate::checker) fn of(evidence: &Evidence, entries: &[Entry]) -> Self {
        let mut found = Self::default();
        let mut open: BTreeMap<Key, (Ms, u32)> = BTreeMap::from([(Key::Down, (0, 1))]);
        for entry in entries {
            if let Some((key, on)) = turns(&entry.fact)
                && let Some(window) = turn(&mut open, &key, (entry.at, on))
            {
                found.add(evidence, key, window);
            }
            found.note(entry);
        }
        for (key, (from, _)) in open {
            found.add(evidence, key, (from, evidence.length));
        }
        found.power_cuts = found.power_cuts(entries);
        found
    }

    /// What has no end of its own.
    fn note(&mut self, entry: &Entry) {
        let at = entry.at;
        match &entry.fact {
            Fact::Plant(
                outlet,
                Event::Contact {
                    why: Why::Hand,
                    closed,
                },
            ) => self.hands.entry(*outlet).or_default().push((at, *closed)),
            Fact::Plant(outlet, Event::Meter("frozen" | "another one")) => {
                self.still.entry(*outlet).or_default().insert(at);
            }
            Fact::Plant(outlet, Event::Blinked(_)) => {
                let blinks = self.blinks.entry(*outlet).or_default();
                blinks.push((at, at + BLINKS_WITHIN));
            }
            Fact::WallSteps(_) => self.wall_steps.push(at),
            Fact::Connected | Fact::Disconnected => self.connections.push(at),
            _ => {}
        }
    }

    fn add(&mut self, evidence: &Evidence, key: Key, window: Window) {
        let push = |of: &mut BTreeMap<u8, Vec<Window>>, outlet| of.entry(outlet).or_default().push(window);
        match key {
            Key::Down => self.down.push(window),
            Key::Mains => self.mains.push(window),
            // Slow answers are in time: no excuse.
            Key::Bus(_, "slow answers") => {}
            Key::Bus(unit, _) => self.add_bus(evidence, unit, window),
            Key::Disk => self.disk.push(window),
            Key::Link(partition) => {
                self.link.push(window);
                self.partitions.extend(partition.then_some(window));
            }
            Key::Stuck(outlet) => push(&mut self.stuck, outlet),
            Key::Slow(outlet) => push(&mut self.slow, outlet),
            Key::Welded(outlet) => push(&mut self.welded, outlet),
            Key::Tripped(outlet) => push(&mut self.tripped, outlet),
            Key::Leaking(outlet) => push(&mut self.leaking, outlet),
            Key::Position(outlet) => push(&mut self.positions, outlet),
            Key::Meter(outlet) => push(&mut self.meters, outlet),
        }
    }

    fn add_bus(&mut self, evidence: &Evidence, unit: Option<u8>, window: Window) {
        let kind = evidence.house.kind;
        let concerns = |other: u8| unit.is_none_or(|unit| unit == other);
        self.any_bus.push(window);
        if concerns(kind.breaker_unit()) {
            self.breaker_units.push(window);
        }
        if concerns(kind.trip_unit()) {
            self.trip_units.push(window);
        }
        let outlets = 1..=u8::try_from(evidence.house.outlets).unwrap();
        for outlet in outlets.filter(|outlet| concerns(kind.meter_unit(usize::from(*outlet) - 1))) {
            self.meter_units.entry(outlet).or_default().push(window);
        }
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
        Fact::Link { mode, on } => (Key::Link(*mode == "a partition"), *on),
        Fact::Plant(outlet, event) => return turns_at(*outlet, event),
        _ => return None,
    })
}

fn turns_at(outlet: u8, event: &Event) -> Option<(Key, bool)> {
    Some(match event {
        Event::Stuck(on) => (Key::Stuck(outlet), *on),
        Event::Slow(ms) => (Key::Slow(outlet), *ms > 0),
        Event::Welded(on) => (Key::Welded(outlet), *on),
        Event::Tripped(on) => (Key::Tripped(outlet), *on),
        Event::Leaking(on) => (Key::Leaking(outlet), *on),
        Event::PositionSays(says) => (Key::Position(outlet), says.is_some()),
        Event::Meter(_) => (Key::Meter(outlet), true),
        Event::MeterWell => (Key::Meter(outlet), false),
        _ => return None,
    })
}
