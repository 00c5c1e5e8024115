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
    /// The last position that was sure: a contact that chatters moves no breaker.
    confirmed: Option<Position>,
    seen_at: Option<Tick>,
    lost_at: Option<Tick>,
    open_looks: u8,
    closed_looks: u8,
    found_open: bool,
    /// The power was gone since anything was seen.
    power_was_gone: bool,
    pub(super) trip: Signal,
    pub(super) leakage: Signal,
}

/// What a look changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// Surely closed, and not so before.
    pub(super) closed: bool,
    /// Seen open, and closed before.
    pub(super) opened: bool,
    /// Whether it was known before where the breaker stood.
    pub(super) was_known: bool,
}

/// A contact that signals danger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Signal {
    on: bool,
    known: bool,
    looks: u8,
}

impl Sight {
    /// What nobody saw since the power was gone.
    pub(super) fn after_power_cut() -> Self {
        Self {
            power_was_gone: true,
            ..Self::default()
        }
    }

    /// Takes in a look. `told_to_close`: our own ON bears out that it is closed.
    pub(super) fn take(
        &mut self,
        seen: &Observation,
        settings: &Settings,
        told_to_close: bool,
        now: Tick,
    ) -> Change {
        let before = *self;
        self.trip.take(seen.tripped, settings.has_trip_contact);
        self.leakage.take(seen.leakage, settings.has_leakage_contact);
        self.position = seen.position;
        match seen.position {
            Position::Unknown => {
                self.lost_at.get_or_insert(now);
                (self.open_looks, self.closed_looks) = (0, 0);
            }
            Position::Open | Position::Closed => self.take_position(seen.position, now),
        }
        self.confirm(told_to_close);
        Change {
            closed: self.confirmed == Some(Position::Closed) && before.confirmed != Some(Position::Closed),
            opened: self.position == Position::Open && before.last_known == Some(Position::Closed),
            was_known: before.confirmed.is_some(),
        }
    }

    fn confirm(&mut self, told_to_close: bool) {
        let is_first = self.confirmed.is_none();
        if self.closed_looks >= LOOKS || (self.closed_looks > 0 && told_to_close) {
            self.confirmed = Some(Position::Closed);
        } else if self.open_looks >= LOOKS || (self.open_looks > 0 && is_first) {
            self.confirmed = Some(Position::Open);
        }
    }

    fn take_position(&mut self, position: Position, now: Tick) {
        let was_dark = self.lost_at.take().is_some_and(|at| now.since(at) >= FRESH);
        let was_lost = std::mem::take(&mut self.power_was_gone) || was_dark;
        if position == Position::Open {
            self.found_open = was_lost || (self.found_open && self.open_looks > 0);
            (self.open_looks, self.closed_looks) = (self.open_looks.saturating_add(1), 0);
        } else {
            (self.found_open, self.open_looks) = (false, 0);
            self.closed_looks = self.closed_looks.saturating_add(1);
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

    /// Seen closed in one look, which may be a contact that chatters.
    pub(super) fn closed_just_now(&self) -> bool {
        self.closed_looks == 1
    }

    /// Whether current may have flowed until now: not where the breaker is, or shortly was, seen open.
    pub(super) fn may_be_closed(&self, now: Tick) -> bool {
        match self.position {
            Position::Closed => true,
            Position::Open => false,
            Position::Unknown => {
                let dark = self.lost_at.is_some_and(|at| now.since(at) >= FRESH);
                dark || self.last_known != Some(Position::Open)
            }
        }
    }

    /// The last look is the first that saw it again since then, and it is open.
    pub(super) fn came_back_open_after(&self, at: Tick) -> bool {
        self.found_open && self.open_looks == 1 && self.seen_at.is_some_and(|seen| seen > at)
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
