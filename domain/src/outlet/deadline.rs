//! When something ends: a tick of this boot, and what a later boot needs to find it again.

use serde::{Deserialize, Serialize};

use crate::units::{Millis, Now, Tick, Timestamp};

/// What is left is noted this often while a charge runs: a power cut may have come so long after the last note.
pub const NOTED_WITHIN: Millis = Millis::seconds(1);
/// What is left of a charge is in its row at least this often.
const ROW_WRITTEN_WITHIN: Millis = Millis::seconds(90);
/// A clock that shows less, the beginning of 2020, was never set, and measures nothing.
const EARLIEST: Timestamp = Timestamp(1_577_836_800_000_000);
/// A clock that nobody has set is not believed to have measured a longer power cut.
const PLAUSIBLE_CUT: Millis = Millis::seconds(12 * 3600);

/// When a charge must end (I3), or a breaker may close again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    pub tick: Tick,
    /// What was left when this was last written down …
    left: Millis,
    /// … and the wall time then.
    noted_at: Timestamp,
    /// The end by the first wall clock that was known to be right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by_wall: Option<Timestamp>,
    /// Nobody knows yet how long the power was gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    awaits_time: bool,
}

impl Deadline {
    /// `duration` from now.
    pub fn in_future(duration: Millis, now: Now) -> Self {
        Self {
            tick: now.tick.after(duration),
            left: duration,
            noted_at: now.wall,
            by_wall: None,
            awaits_time: false,
        }
    }

    pub fn has_passed(self, now: Tick) -> bool {
        now >= self.tick
    }

    /// Notes what is left now, to be written down.
    #[must_use]
    pub fn noted(self, now: Now) -> Self {
        Self {
            left: self.tick.since(now.tick),
            noted_at: now.wall,
            ..self
        }
    }

    /// The same boot was still running at `last`.
    #[must_use]
    pub fn noted_again(self, last: Now) -> Self {
        if self.tick.since(last.tick) < self.left {
            self.noted(last)
        } else {
            self
        }
    }

    /// After a restart within the same boot: never later than what was left when it was written down.
    #[must_use]
    pub fn after_restart(self, now: Now) -> Self {
        Self {
            tick: self.tick.min(now.tick.after(self.left)),
            ..self
        }
    }

    /// The end of a charge after a new boot, whose ticks begin anew: what was left of it, less what a believable clock
    /// says has passed. [`Deadline::set_right`] may shorten it once more.
    #[must_use]
    pub fn end_after_boot(self, now: Now) -> Self {
        let passed = self.believed(now).unwrap_or(NOTED_WITHIN).max(NOTED_WITHIN);
        Self {
            by_wall: self.by_wall,
            awaits_time: true,
            ..Self::in_future(Millis(self.left.0.saturating_sub(passed.0)), now)
        }
    }

    /// A wait after a new boot: the wall clock may shorten what is left, never lengthen it.
    #[must_use]
    pub fn wait_after_boot(self, now: Now) -> Self {
        let away = self.measured(now).unwrap_or_default();
        Self::in_future(Millis(self.left.0.saturating_sub(away.0)), now)
    }

    /// The wall clock is right now. The first time it names the end; once after each boot it may shorten what is
    /// left to that end, never lengthen it. Whether anything is new.
    pub fn set_right(&mut self, now: Now) -> bool {
        let before = *self;
        let left = self.tick.since(now.tick);
        let end = *self
            .by_wall
            .get_or_insert(Timestamp(now.wall.0.saturating_add(micros(left))));
        if std::mem::take(&mut self.awaits_time) {
            let by_wall = millis(end.0.saturating_sub(now.wall.0)).unwrap_or_default();
            self.tick = now.tick.after(left.min(by_wall));
        }
        *self != before
    }

    /// How long ago `tick`, of the boot in which this was noted, was at most: by the wall clock where that has moved on,
    /// else the charge cannot have lasted longer than what was left of it.
    pub(super) fn longest_since(self, tick: Tick, now: Now) -> Millis {
        let noted = Tick(self.tick.0.saturating_sub(self.left.0));
        let before = noted.since(tick);
        let measured = self.measured(now).filter(|away| *away > Millis(0));
        let away = measured.unwrap_or(self.left);
        Millis(
            before
                .0
                .saturating_add(away.0)
                .saturating_add(ROW_WRITTEN_WITHIN.0),
        )
    }

    /// Whether a clock that is believed has measured how long the power was gone.
    pub(super) fn is_measured(self, now: Now) -> bool {
        self.believed(now).is_some()
    }

    /// How long ago this was noted, in an earlier boot, by a clock that is believed.
    fn believed(self, now: Now) -> Option<Millis> {
        self.measured(now).filter(|away| {
            // A clock without a battery goes on from about where it stood, at the latest from the cut: it has measured
            // nothing.
            let booted_us = now.wall.0.saturating_sub(micros(now.tick.since(Tick(0))));
            let latest_cut_us = self.noted_at.0.saturating_add(micros(NOTED_WITHIN));
            booted_us > latest_cut_us && *away <= self.left.min(PLAUSIBLE_CUT)
        })
    }

    /// How long ago this was noted, by the wall clock; `None` where that went back, and where it was never set then.
    fn measured(self, now: Now) -> Option<Millis> {
        millis(now.wall.0.saturating_sub(self.noted_at.0)).filter(|_| self.noted_at >= EARLIEST)
    }
}

fn millis(us: i64) -> Option<Millis> {
    u64::try_from(us).ok().map(|us| Millis(us / 1000))
}

fn micros(duration: Millis) -> i64 {
    i64::try_from(duration.0.saturating_mul(1000)).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[path = "tests/deadline.rs"]
mod tests;
