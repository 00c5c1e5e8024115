//! What was true at an outlet: its contact, its position contact, what flowed.

use super::Case;
use super::troubles::Window;
use crate::Ms;
use crate::history::{Plant as Event, Why};
use crate::plant::{Circuit, WATT_HOUR_UJ};

/// Enough current to count as one: 0.5 A.
const CURRENT_MW: u64 = 101_000;
/// Currents are read at least this often.
const LOOK: Ms = 1_500;

impl<'a> Case<'a> {
    /// What the plant did at an outlet.
    pub(super) fn plant(&self, outlet: u8) -> impl DoubleEndedIterator<Item = (Ms, &'a Event)> + Clone + '_ {
        self.events.get(&outlet).into_iter().flatten().copied()
    }

    fn moves(&self, outlet: u8) -> impl DoubleEndedIterator<Item = (Ms, bool, Why)> + '_ {
        self.plant(outlet).filter_map(|(at, event)| match event {
            Event::Contact { closed, why } => Some((at, *closed, *why)),
            _ => None,
        })
    }

    /// Whether the main contact was closed at a moment, after everything that happened in it.
    pub(super) fn is_closed(&self, outlet: u8, at: Ms) -> bool {
        let last = self.moves(outlet).rfind(|(moment, _, _)| *moment <= at);
        last.is_some_and(|(_, closed, _)| closed)
    }

    /// The last time that the contact opened in a time.
    pub(super) fn last_opening(&self, outlet: u8, (from, to): Window) -> Option<(Ms, Why)> {
        let opening = self
            .moves(outlet)
            .rfind(|(at, closed, _)| !closed && *at >= from && *at <= to);
        opening.map(|(at, _, why)| (at, why))
    }

    /// The first time that the contact closed as it was told to, in a time.
    pub(super) fn first_closing(&self, outlet: u8, (from, to): Window) -> Option<Ms> {
        let told = |why: &Why| matches!(why, Why::Ordered | Why::OldOrder);
        let mut moves = self.moves(outlet);
        moves
            .find(|(at, closed, why)| *closed && told(why) && *at >= from && *at <= to)
            .map(|(at, _, _)| at)
    }

    pub(super) fn closings(&self, outlet: u8, (from, to): Window) -> usize {
        let closings = self
            .moves(outlet)
            .filter(|(at, closed, _)| *closed && *at >= from && *at <= to);
        closings.count()
    }

    /// The times in which the contact was closed.
    pub(super) fn closed_times(&self, outlet: u8) -> Vec<Window> {
        let (mut since, mut times) = (None, Vec::new());
        for (at, closed, _) in self.moves(outlet) {
            if closed {
                since = since.or(Some(at));
            } else if let Some(from) = since.take() {
                times.push((from, at));
            }
        }
        times.extend(since.map(|from| (from, self.evidence.length)));
        times
    }

    /// Whether the position contact said closed all the time.
    pub(super) fn says_closed(&self, outlet: u8, (from, to): Window) -> bool {
        let (mirrored, mut contact, mut welded, mut says) =
            (self.circuit(outlet).mirrored, false, false, None);
        let mut before = false;
        for (at, event) in self.plant(outlet).take_while(|(at, _)| *at <= to) {
            if at > from && !before {
                return false;
            }
            match event {
                Event::Contact { closed, .. } => contact = *closed,
                Event::Welded(on) => welded = *on,
                Event::PositionSays(what) => says = *what,
                _ => {}
            }
            before = says.unwrap_or(contact || (mirrored && welded));
        }
        before
    }

    /// The times in which more power flowed than this.
    pub(super) fn flows_above(&self, outlet: u8, power_mw: u64) -> Vec<Window> {
        let marks = &self.circuit(outlet).marks;
        let ends = marks
            .iter()
            .skip(1)
            .map(|mark| mark.at)
            .chain([self.evidence.length]);
        let mut times: Vec<Window> = Vec::new();
        for (mark, end) in marks.iter().zip(ends) {
            if mark.power_mw <= power_mw {
                continue;
            }
            match times.last_mut() {
                Some((_, last)) if *last == mark.at => *last = end,
                _ => times.push((mark.at, end)),
            }
        }
        times
    }

    /// Since when no current has flowed at a moment, looking back no further than `from`. What is shorter than a look
    /// no meter tells.
    pub(super) fn idle_since(&self, outlet: u8, (from, at): Window) -> Ms {
        let flows = self.flows_above(outlet, CURRENT_MW - 1);
        let is_seen = |(begin, end): &&Window| end - begin >= LOOK && *begin < at;
        let last = flows.iter().rfind(is_seen);
        last.map_or(from, |(_, end)| (*end).clamp(from, at))
    }

    /// Whether current flowed in a time, and for how long.
    pub(super) fn flowed_for(&self, outlet: u8, (from, to): Window) -> Ms {
        let flows = self.flows_above(outlet, CURRENT_MW - 1);
        let within = flows
            .iter()
            .map(|(begin, end)| (*end).min(to).saturating_sub((*begin).max(from)));
        within.sum()
    }
}

impl Case<'_> {
    /// Whether the register had risen since it last lied: a new level is believed only then.
    pub(super) fn is_believed(&self, outlet: u8, at: Ms) -> bool {
        const RISEN_UJ: u64 = 6 * WATT_HOUR_UJ;
        let lies = self.troubles.meters.get(&outlet).into_iter().flatten();
        let last = lies.filter(|(from, _)| *from <= at).map(|(_, to)| *to).max();
        let circuit = self.circuit(outlet);
        last.is_none_or(|last| last < at && energy_at(circuit, at) - energy_at(circuit, last) >= RISEN_UJ)
    }
}

/// The energy that had passed at a moment, in microjoules.
pub(super) fn energy_at(circuit: &Circuit, at: Ms) -> u64 {
    let mark = circuit.marks.iter().rev().find(|mark| mark.at <= at);
    mark.map_or(0, |mark| mark.energy_uj + mark.power_mw * (at - mark.at))
}

pub(super) fn moment_of(circuit: &Circuit, energy_uj: u64) -> Option<Ms> {
    let mark = circuit
        .marks
        .iter()
        .rev()
        .find(|mark| mark.energy_uj <= energy_uj && mark.power_mw > 0)?;
    let at = mark.at + (energy_uj - mark.energy_uj).div_ceil(mark.power_mw);
    (energy_at(circuit, at) >= energy_uj).then_some(at)
}
