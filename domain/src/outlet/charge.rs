//! One delivery of energy and what ends it.

use serde::{Deserialize, Serialize};

use crate::ids::TransactionId;
use crate::limits::{Limits, WhenIdle};
use crate::units::{Millis, Now, Tick, Timestamp, WattHours};

/// What is left of a charge is written down at least this often.
const NOTED_EACH: Millis = Millis::seconds(90);

/// A request to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    pub transaction: TransactionId,
    /// The server's number of this request, given back to it.
    pub remote_start_id: i64,
    pub id_token: String,
    pub limits: Limits,
}

/// An accepted start: what is delivered, for whom, until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    pub transaction: TransactionId,
    pub remote_start_id: i64,
    pub id_token: String,
    pub deadline: Deadline,
    pub energy_limit: Option<WattHours>,
    pub accepted_at: Timestamp,
    /// The register when the charge was accepted, where one was known.
    pub start_register: Option<WattHours>,
    /// The meter's attributable energy when the charge was accepted.
    pub counted_at_start: WattHours,
    /// Whether *energized* was reported.
    pub energized: bool,
    /// Whether current was ever seen.
    #[serde(default)]
    pub charged: bool,
    #[serde(default)]
    pub when_idle: WhenIdle,
}

impl Charge {
    pub(super) fn accepted(start: Start, counted: WattHours, register: Option<WattHours>, now: Now) -> Self {
        Self {
            transaction: start.transaction,
            remote_start_id: start.remote_start_id,
            id_token: start.id_token,
            deadline: Deadline::in_future(start.limits.duration, now),
            energy_limit: start.limits.energy,
            accepted_at: now.wall,
            start_register: register,
            counted_at_start: counted,
            energized: false,
            charged: false,
            when_idle: start.limits.when_idle,
        }
    }
}

/// When a charge ends: a tick of this boot, and what a later boot needs to find it again (I3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    pub tick: Tick,
    /// What was left when this was last written down …
    left: Millis,
    /// … and the wall time then.
    noted_at: Timestamp,
}

impl Deadline {
    /// `duration` from now.
    pub fn in_future(duration: Millis, now: Now) -> Self {
        Self {
            tick: now.tick.after(duration),
            left: duration,
            noted_at: now.wall,
        }
    }

    pub fn has_passed(self, now: Tick) -> bool {
        now >= self.tick
    }

    /// Notes what is left now, to be written down.
    pub fn noted(self, now: Now) -> Self {
        Self {
            left: self.tick.since(now.tick),
            noted_at: now.wall,
            ..self
        }
    }

    /// How long ago `tick`, of the boot in which this was noted, was at most: by the wall clock where that has moved on,
    /// else the charge cannot have lasted longer than what was left of it.
    pub(super) fn longest_since(self, tick: Tick, now: Now) -> Millis {
        let noted = Tick(self.tick.0.saturating_sub(self.left.0));
        let before = noted.since(tick);
        let away = u64::try_from((now.wall.0 - self.noted_at.0) / 1000).unwrap_or(0);
        let away = if away > 0 { Millis(away) } else { self.left };
        Millis(before.0.saturating_add(away.0).saturating_add(NOTED_EACH.0))
    }

    /// After a new boot, whose ticks begin anew: the wall clock may shorten what is left, never lengthen it.
    pub fn after_boot(self, now: Now) -> Self {
        let away = Millis(u64::try_from((now.wall.0 - self.noted_at.0) / 1000).unwrap_or(0));
        Self::in_future(Millis(self.left.0.saturating_sub(away.0)), now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(tick_s: u64, wall_s: i64) -> Now {
        Now {
            tick: Tick(tick_s * 1000),
            wall: Timestamp(wall_s * 1_000_000),
        }
    }

    #[test]
    fn after_a_new_boot_the_last_register_is_as_old_as_the_clock_says_or_at_most_as_the_charge_could_last() {
        let noted = Deadline::in_future(Millis::seconds(3600), now(500, 10_000)).noted(now(1100, 10_600));
        for (wall_s, oldest_s) in [
            (10_700, 10 + 100 + 90),
            (20_000, 10 + 9_400 + 90),
            (5_000, 10 + 3_000 + 90),
        ] {
            let longest = noted.longest_since(Tick(1_090_000), now(7, wall_s));
            assert_eq!(longest, Millis::seconds(oldest_s), "wall {wall_s}");
        }
    }

    #[test]
    fn after_a_new_boot_the_wall_clock_shortens_what_is_left_and_never_lengthens_it() {
        let noted = Deadline::in_future(Millis::seconds(3600), now(500, 10_000)).noted(now(1100, 10_600));
        for (wall_s, left_s) in [(10_600, 3000), (11_600, 2000), (20_000, 0), (5_000, 3000)] {
            let deadline = noted.after_boot(now(7, wall_s));
            assert_eq!(
                deadline.tick.since(Tick(7000)),
                Millis::seconds(left_s),
                "wall {wall_s}"
            );
        }
    }
}
