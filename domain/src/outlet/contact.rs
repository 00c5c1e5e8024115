//! The meter against the position: a contact that does not part, a feedback that does not tell the truth.

use super::Wanted;
use super::lasting::Lasting;
use crate::observation::Position;
use crate::units::{MilliAmps, MilliVolts, Millis, Tick};

/// From this current on a contact is closed, whatever its position says.
pub(super) const CARRIES_FROM: MilliAmps = MilliAmps(500);
/// A meter behind an open contact sees less than this.
const LIVE_ABOVE: MilliVolts = MilliVolts(50_000);
/// Currents and voltages of an opened circuit have gone by then.
const FEEDBACK_AFTER: Millis = Millis::seconds(3);
/// I10.
const WELDED_AFTER: Millis = Millis::seconds(10);
/// Nothing is decided on a single sample.
const SAMPLES: u8 = 2;
/// What was not seen again for so long is no doubt any more.
const FORGOTTEN: Millis = Millis::seconds(10);

/// What the meter says of the contact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Metered {
    /// The current, where it is known.
    pub(super) current: Option<MilliAmps>,
    /// Whether it is of this look.
    pub(super) current_is_new: bool,
    /// The voltage of this look, where the meter sits behind the contact.
    pub(super) voltage_behind: Option<MilliVolts>,
    /// Whether this look has read the voltage.
    pub(super) voltage_is_new: bool,
}

/// For how long, and in how many samples, something was seen to be so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Evidence {
    lasting: Lasting,
    samples: u8,
}

/// Watches an open position for signs of a closed contact. What the meter says counts with the next look at the
/// position: one that was seen before the breaker moved contradicts nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ContactWatch {
    /// Current through a contact that was told to open and says it is.
    welded: Evidence,
    /// Current through a contact that should be closed and says it is open.
    carries: Evidence,
    /// Voltage behind a contact that says it is open.
    live: Evidence,
    /// What the meter has said since the position was seen.
    heard: Metered,
}

impl Metered {
    /// This, and what was heard before it and was not replaced.
    fn after(self, before: Self) -> Self {
        Self {
            current: self.current,
            current_is_new: self.current_is_new || before.current_is_new,
            voltage_behind: if self.voltage_is_new {
                self.voltage_behind
            } else {
                before.voltage_behind
            },
            voltage_is_new: self.voltage_is_new || before.voltage_is_new,
        }
    }
}

impl ContactWatch {
    /// The meter alone has said something.
    pub(super) fn hears(&mut self, metered: Metered) {
        self.heard = metered.after(self.heard);
    }

    /// The position was looked at.
    pub(super) fn takes(&mut self, wanted: Wanted, position: Position, metered: Metered, now: Tick) {
        let metered = metered.after(std::mem::take(&mut self.heard));
        let wanted_open = wanted == Wanted::Open;
        // Unknown where the position or the current is.
        let carries = match position {
            Position::Closed => Some(false),
            Position::Open => metered.current.map(|current| current >= CARRIES_FROM),
            Position::Unknown => None,
        };
        let (welded, broken) = if wanted_open {
            (carries, Some(false))
        } else {
            (Some(false), carries)
        };
        self.welded.take(welded, metered.current_is_new, now);
        self.carries.take(broken, metered.current_is_new, now);
        let is_live = metered.voltage_behind.is_some_and(|voltage| voltage > LIVE_ABOVE);
        let live = match position {
            Position::Closed => Some(false),
            Position::Open => Some(is_live && welded != Some(true)),
            Position::Unknown => None,
        };
        if position != Position::Open || metered.voltage_is_new {
            self.live.take(live, true, now);
        }
    }

    /// I10: told to open, seen open, and carrying current for too long.
    pub(super) fn is_welded(&self) -> bool {
        self.welded.lasts(WELDED_AFTER)
    }

    /// Current flows though the contact was told to open and says it is.
    pub(super) fn carries_after_off(&self) -> bool {
        self.welded.lasting.has_begun()
    }

    /// Position and meter contradict each other for too long.
    pub(super) fn feedback_is_broken(&self) -> bool {
        self.carries.lasts(FEEDBACK_AFTER) || self.live.lasts(FEEDBACK_AFTER)
    }

    /// The same, where nothing is waited for any more.
    pub(super) fn is_contradicted(&self) -> bool {
        self.carries.samples >= SAMPLES || self.live.samples >= SAMPLES
    }

    /// Whether the meter is to be read in each look.
    pub(super) fn is_in_doubt(&self) -> bool {
        [self.welded, self.carries, self.live]
            .iter()
            .any(|evidence| evidence.lasting.has_begun())
    }
}

impl Evidence {
    /// `None`, where nobody can tell, neither counts nor forgets.
    fn take(&mut self, is_so: Option<bool>, is_new: bool, now: Tick) {
        match is_so {
            Some(true) => {
                self.lasting.seen(now);
                self.samples = self.samples.saturating_add(u8::from(is_new));
            }
            None if self.lasting.since_seen(now) < FORGOTTEN => self.lasting.missed(),
            Some(false) | None => *self = Self::default(),
        }
    }

    fn lasts(&self, at_least: Millis) -> bool {
        self.samples >= SAMPLES && self.lasting.lasted() >= at_least
    }
}
