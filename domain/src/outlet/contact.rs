//! The meter against the position: a contact that does not part, a feedback that does not tell the truth.

use super::Wanted;
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

/// For how long, and in how many samples, something has been so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Evidence {
    since: Option<Tick>,
    samples: u8,
}

/// Watches an open position for signs of a closed contact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ContactWatch {
    /// Current through a contact that was told to open and says it is.
    welded: Evidence,
    /// Current through a contact that should be closed and says it is open.
    carries: Evidence,
    /// Voltage behind a contact that says it is open.
    live: Evidence,
}

impl Metered {
    pub(super) fn carries(&self) -> bool {
        self.current.is_some_and(|current| current >= CARRIES_FROM)
    }
}

impl ContactWatch {
    pub(super) fn take(&mut self, wanted: Wanted, position: Position, metered: &Metered, now: Tick) {
        let open = position == Position::Open;
        let carries = open && metered.carries();
        let wanted_open = wanted == Wanted::Open;
        self.welded
            .take(carries && wanted_open, metered.current_is_new, now);
        self.carries
            .take(carries && !wanted_open, metered.current_is_new, now);
        let live = metered.voltage_behind.map(|voltage| voltage > LIVE_ABOVE);
        if !open || metered.voltage_is_new {
            let is_welded_rather = carries && wanted_open;
            self.live
                .take(open && live == Some(true) && !is_welded_rather, true, now);
        }
    }

    /// I10: told to open, seen open, and carrying current for too long.
    pub(super) fn is_welded(&self, now: Tick) -> bool {
        self.welded.lasts(WELDED_AFTER, now)
    }

    /// Current flows though the contact was told to open and says it is.
    pub(super) fn carries_after_off(&self) -> bool {
        self.welded.since.is_some()
    }

    /// Position and meter contradict each other for too long.
    pub(super) fn feedback_is_broken(&self, now: Tick) -> bool {
        self.carries.lasts(FEEDBACK_AFTER, now) || self.live.lasts(FEEDBACK_AFTER, now)
    }

    /// The same, where nothing is waited for any more.
    pub(super) fn is_contradicted(&self) -> bool {
        self.carries.samples >= SAMPLES || self.live.samples >= SAMPLES
    }

    /// Whether the meter is to be read in each look.
    pub(super) fn is_in_doubt(&self) -> bool {
        [self.welded, self.carries, self.live]
            .iter()
            .any(|evidence| evidence.since.is_some())
    }
}

impl Evidence {
    fn take(&mut self, is_so: bool, is_new: bool, now: Tick) {
        if !is_so {
            *self = Self::default();
            return;
        }
        self.since.get_or_insert(now);
        self.samples = self.samples.saturating_add(u8::from(is_new));
    }

    fn lasts(&self, at_least: Millis, now: Tick) -> bool {
        self.samples >= SAMPLES && self.since.is_some_and(|since| now.since(since) >= at_least)
    }
}
