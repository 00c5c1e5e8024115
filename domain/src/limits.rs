//! What ends a charge: a time always, an amount of energy if wished.

use serde::{Deserialize, Serialize};

use crate::units::{Millis, Timestamp, WattHours};

/// Without an end, a charge ends after 24 hours; no charge is longer.
pub const LONGEST: Millis = Millis::seconds(24 * 3600);

/// When a charge must end; whichever comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Counted from the acceptance of the start.
    pub duration: Millis,
    pub energy: Option<WattHours>,
    #[serde(default)]
    pub when_idle: WhenIdle,
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
    use super::*;

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
