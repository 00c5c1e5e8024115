//! What the contacts of a breaker said, and how sure that is.

use crate::observation::{Observation, Position};
use crate::units::{Millis, Tick};

use super::Settings;

/// A position that was last seen longer ago is unknown.
pub(super) const FRESH: Millis = Millis::seconds(3);
/// Nothing is decided on a single look.
const LOOKS: u8 = 2;

/// Position, trip and leakage as last seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sight {
    pub(super) position: Position,
    /// The last position that was not unknown.
    last_known: Option<Position>,
    seen_at: Option<Tick>,
    lost_at: Option<Tick>,
    open_looks: u8,
    found_open: bool,
    pub(super) trip: Signal,
    pub(super) leakage: Signal,
}

/// What a look changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) is_new: bool,
    /// Seen closed, and not so before.
    pub(super) closed: bool,
    /// Seen open, and closed before.
    pub(super) opened: bool,
    pub(super) last_known: Option<Position>,
}

/// A contact that signals danger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Signal {
    on: bool,
    known: bool,
    looks: u8,
}

impl Sight {
    /// Takes in a look.
    pub(super) fn take(&mut self, seen: &Observation, settings: &Settings, now: Tick) -> Change {
        let before = *self;
        self.trip.take(seen.tripped, settings.has_trip_contact);
        self.leakage.take(seen.leakage, settings.has_leakage_contact);
        self.position = seen.position;
        match seen.position {
            Position::Unknown => {
                self.lost_at.get_or_insert(now);
                self.open_looks = 0;
            }
            Position::Open | Position::Closed => self.take_position(seen.position, now),
        }
        Change {
            is_new: self.position != before.position || self.trip.on != before.trip.on,
            closed: self.position == Position::Closed && before.last_known != Some(Position::Closed),
            opened: self.position == Position::Open && before.last_known == Some(Position::Closed),
            last_known: before.last_known,
        }
    }

    fn take_position(&mut self, position: Position, now: Tick) {
        let was_lost = self.lost_at.take().is_some_and(|at| now.since(at) >= FRESH);
        if position == Position::Open {
            self.found_open = was_lost || (self.found_open && self.open_looks > 0);
            self.open_looks = self.open_looks.saturating_add(1);
        } else {
            (self.found_open, self.open_looks) = (false, 0);
        }
        self.last_known = Some(position);
        self.seen_at = Some(now);
    }

    /// A position that was not seen for too long is unknown, whatever it was.
    pub(super) fn position_at(&self, now: Tick) -> Position {
        let fresh = self.seen_at.is_some_and(|at| now.since(at) < FRESH);
        if fresh { self.position } else { Position::Unknown }
    }

    /// Seen open in two looks, one after the other.
    pub(super) fn is_surely_open(&self) -> bool {
        self.open_looks >= LOOKS
    }

    pub(super) fn opened_just_now(&self) -> bool {
        self.open_looks == 1
    }

    /// It was open when it came into sight again: nobody saw what opened it.
    pub(super) fn was_found_open(&self) -> bool {
        self.found_open
    }
}

impl Signal {
    fn take(&mut self, said: Option<bool>, is_wired: bool) {
        self.known = said.is_some() || !is_wired;
        match said {
            Some(true) => {
                self.on = true;
                self.looks = self.looks.saturating_add(1);
            }
            Some(false) => (self.on, self.looks) = (false, 0),
            None => {}
        }
    }

    /// What it said last, certain or not.
    pub(super) fn is_on(self) -> bool {
        self.on
    }

    /// Said in two looks.
    pub(super) fn is_certain(self) -> bool {
        self.on && self.looks >= LOOKS
    }

    pub(super) fn needs_second_look(self) -> bool {
        self.on && self.looks < LOOKS
    }

    /// The last look said that there is no danger, or there is no such contact.
    pub(super) fn is_clear(self) -> bool {
        self.known && !self.on
    }
}
