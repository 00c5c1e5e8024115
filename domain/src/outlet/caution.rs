//! When OFF waits: nothing is told to a breaker nobody has looked at, and no trip is wiped out before it is known.

use super::Settings;
use crate::observation::{Observation, Position};
use crate::units::{Millis, Tick};

/// A breaker that cannot be seen is told OFF all the same after this long.
const BLIND: Millis = Millis::seconds(1);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Caution {
    since: Option<Tick>,
    has_seen: bool,
    holds_reset: bool,
}

impl Caution {
    pub(super) fn from(now: Tick) -> Self {
        Self {
            since: Some(now),
            ..Self::default()
        }
    }

    /// A look was taken, whatever it saw.
    pub(super) fn takes(&mut self, seen: &Observation, settings: &Settings, now: Tick) {
        self.since.get_or_insert(now);
        let knows_trip = seen.tripped.is_some() || !settings.has_trip_contact;
        self.has_seen |= seen.position != Position::Unknown && knows_trip;
        self.holds_reset = false;
    }

    /// Whether this run may tell the breaker anything yet.
    pub(super) fn may_tell(&self, now: Tick) -> bool {
        self.has_seen || self.since.is_some_and(|since| now.since(since) >= BLIND)
    }

    /// OFF would reset the trip that was just found: it waits for the next look, so that the trip is on disk before.
    pub(super) fn hold_reset(&mut self) {
        self.holds_reset = true;
    }

    pub(super) fn holds_reset(&self) -> bool {
        self.holds_reset
    }
}
