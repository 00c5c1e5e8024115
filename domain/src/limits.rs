//! What ends a charge: a time always, an amount of energy if wished.

use serde::{Deserialize, Serialize};

use crate::units::{Millis, Timestamp, WattHours};

/// Without an end, a charge ends after 24 hours; no charge is longer.
pub const LONGEST: Millis = Millis::seconds(24 * 3600);
/// How late a message may be, and how far the wall clocks of its two ends may differ, for its time of the end to count.
const CLOCKS_DIFFER: Millis = Millis::seconds(60);

/// When a charge must end; whichever comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Counted from the acceptance of the start.
    pub duration: Millis,
    pub energy: Option<WattHours>,
    #[serde(default)]
    pub when_idle: WhenIdle,
}

/// What is to end a charge that runs, from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewLimits {
    /// Counted from now; none left ends the charge.
    pub duration: Millis,
    /// Of the whole charge.
    pub energy: Option<WattHours>,
    /// `None`: as it was.
    pub when_idle: Option<WhenIdle>,
}

/// What becomes of a charge whose car is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenIdle {
    /// It goes on to its end: cars warm up and balance.
    #[default]
    Keep,
    /// It ends.
    End,
}

/// What was wished for; all of it may be left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    pub until: Option<Timestamp>,
    pub duration: Option<Millis>,
    pub energy: Option<WattHours>,
    pub when_idle: WhenIdle,
}

/// Why a wish cannot be granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadWish {
    UntilAndDuration,
    /// The end is not ahead.
    EndNotAhead,
    /// The end is further than 24 hours ahead.
    TooLong,
    EnergyNotPositive,
}

/// What is left at `now` of a charge whose end was told twice: as a `duration` from the telling, and as the time `until`.
/// What was told late ends on time. A wall clock that is further off than that says nothing; nothing ends later by it.
pub fn left_of(duration: Millis, until: Timestamp, now: Timestamp) -> Millis {
    let ahead_us = until.0.saturating_sub(now.0);
    let ahead = Millis(u64::try_from(ahead_us / 1000).unwrap_or(0));
    let told_us = i64::try_from(duration.0).unwrap_or(i64::MAX).saturating_mul(1000);
    let differ_ms = told_us.saturating_sub(ahead_us).unsigned_abs() / 1000;
    if differ_ms > CLOCKS_DIFFER.0 {
        return duration;
    }
    ahead.min(duration)
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            duration: LONGEST,
            energy: None,
            when_idle: WhenIdle::Keep,
        }
    }
}

impl Wish {
    /// The limits that this wish means at `now`.
    ///
    /// # Errors
    /// What is wrong with the wish.
    pub fn limits(self, now: Timestamp) -> Result<Limits, BadWish> {
        let duration = match (self.until, self.duration) {
            (Some(_), Some(_)) => return Err(BadWish::UntilAndDuration),
            (Some(until), None) => Millis(u64::try_from((until.0 - now.0) / 1000).unwrap_or(0)),
            (None, Some(duration)) => duration,
            (None, None) => LONGEST,
        };
        if duration == Millis(0) {
            return Err(BadWish::EndNotAhead);
        }
        if duration > LONGEST {
            return Err(BadWish::TooLong);
        }
        if self.energy.is_some_and(|energy| energy.0 <= 0) {
            return Err(BadWish::EnergyNotPositive);
        }
        Ok(Limits {
            duration,
            energy: self.energy,
            when_idle: self.when_idle,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE_MS: i64 = 60_000;

    fn left_ms(duration_ms: i64, late_ms: i64, wrong_ms: i64) -> i64 {
        let until = Timestamp(1_795_000_000_000_000);
        let told_at = until.0 - duration_ms * 1000;
        let now = Timestamp(told_at + (late_ms + wrong_ms) * 1000);
        let duration = Millis(u64::try_from(duration_ms).unwrap());
        i64::try_from(left_of(duration, until, now).0).unwrap()
    }

    #[test]
    fn an_end_told_late_is_kept_and_a_wrong_clock_moves_none() {
        for (duration_s, late_s, wrong_s, left_s) in [
            (3_600, 0, 0, 3_600),
            (3_600, 20, 0, 3_580),
            (10, 20, 0, 0),
            // A day ahead, a day behind, in 1970.
            (3_600, 20, 86_400, 3_600),
            (3_600, 20, -86_400, 3_600),
            (3_600, 20, -1_795_000_000, 3_600),
            // Behind by less than a minute: never more than was told.
            (3_600, 0, -50, 3_600),
        ] {
            let left = left_ms(duration_s * 1000, late_s * 1000, wrong_s * 1000);
            assert_eq!(left, left_s * 1000, "{duration_s} {late_s} {wrong_s}");
        }
    }

    proptest! {
        #[test]
        fn by_a_right_clock_what_is_told_late_ends_when_it_was_to_end(
            duration_ms in 1_i64..86_400_000, late_ms in 0..=MINUTE_MS
        ) {
            prop_assert_eq!(left_ms(duration_ms, late_ms, 0), (duration_ms - late_ms).max(0));
        }

        #[test]
        fn whatever_the_clock_says_an_end_is_never_later_and_at_most_a_minute_earlier(
            duration_ms in 1_i64..86_400_000, wrong_ms in -1_800_000_000_000_i64..1_800_000_000_000
        ) {
            let left_ms = left_ms(duration_ms, 0, wrong_ms);
            prop_assert!(left_ms <= duration_ms);
            prop_assert!(left_ms >= duration_ms - MINUTE_MS);
            prop_assert!(wrong_ms.abs() <= MINUTE_MS || left_ms == duration_ms);
        }
    }

    #[test]
    fn wishes_become_limits_or_are_refused_with_the_reason() {
        let now = Timestamp(1_000_000_000);
        let until = |s: i64| Wish {
            until: Some(Timestamp(now.0 + s * 1_000_000)),
            ..Wish::default()
        };
        let lasting = |s: u64| Wish {
            duration: Some(Millis::seconds(s)),
            ..Wish::default()
        };
        let energy = |wh: i64| Wish {
            energy: Some(WattHours(wh)),
            ..Wish::default()
        };
        let limits = |s: u64| {
            Ok(Limits {
                duration: Millis::seconds(s),
                ..Limits::default()
            })
        };
        let table = [
            (Wish::default(), Ok(Limits::default())),
            (until(600), limits(600)),
            (lasting(600), limits(600)),
            (
                energy(500),
                Ok(Limits {
                    energy: Some(WattHours(500)),
                    ..Limits::default()
                }),
            ),
            (until(0), Err(BadWish::EndNotAhead)),
            (until(-5), Err(BadWish::EndNotAhead)),
            (lasting(0), Err(BadWish::EndNotAhead)),
            (lasting(86_401), Err(BadWish::TooLong)),
            (energy(0), Err(BadWish::EnergyNotPositive)),
            (
                Wish {
                    duration: Some(Millis(1)),
                    ..until(5)
                },
                Err(BadWish::UntilAndDuration),
            ),
        ];
        for (wish, expected) in table {
            assert_eq!(wish.limits(now), expected, "{wish:?}");
        }
    }
}
