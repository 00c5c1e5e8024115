//! Watching a current: when charging begins and pauses, and when it rises above a threshold.

use crate::units::{MilliAmps, Millis, Tick};

/// Nothing is said on a single sample.
const SAMPLES: u8 = 2;

/// Tells charging from not charging.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct CurrentWatch {
    above: u8,
    below_since: Option<Tick>,
}

impl CurrentWatch {
    /// `Some(true)`: charging; `Some(false)`: no current for `paused_after`; `None`: too early to tell.
    pub(super) fn charging(
        &mut self,
        current: MilliAmps,
        from: MilliAmps,
        paused_after: Millis,
        now: Tick,
    ) -> Option<bool> {
        if current >= from {
            self.below_since = None;
            self.above = self.above.saturating_add(1);
            return (self.above >= SAMPLES).then_some(true);
        }
        self.above = 0;
        let since = *self.below_since.get_or_insert(now);
        (now.since(since) >= paused_after).then_some(false)
    }
}

/// Reports a rise once, until the current has fallen a tenth below the threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RiseWatch {
    threshold: Option<MilliAmps>,
    above: u8,
    reported: bool,
}

impl RiseWatch {
    pub(super) fn new(threshold: Option<MilliAmps>) -> Self {
        Self {
            threshold,
            ..Self::default()
        }
    }

    pub(super) fn threshold(&self) -> Option<MilliAmps> {
        self.threshold
    }

    /// The threshold, when `current` has just risen above it.
    pub(super) fn rises(&mut self, current: MilliAmps) -> Option<MilliAmps> {
        let threshold = self.threshold?;
        if current > threshold {
            self.above = self.above.saturating_add(1);
            let rises = self.above >= SAMPLES && !self.reported;
            self.reported |= rises;
            return rises.then_some(threshold);
        }
        self.above = 0;
        if current.0 < threshold.0 - threshold.0 / 10 {
            self.reported = false;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rise_is_reported_once_until_the_current_has_fallen_a_tenth_below() {
        let mut watch = RiseWatch::new(Some(MilliAmps(10_000)));
        let table = [
            (10_001, false),
            (10_002, true),
            (12_000, false),
            (9_500, false),
            (10_500, false),
            (10_500, false),
            (8_900, false),
            (10_500, false),
            (10_500, true),
        ];
        for (step, (current, expected)) in table.into_iter().enumerate() {
            assert_eq!(watch.rises(MilliAmps(current)).is_some(), expected, "step {step}");
        }
    }

    #[test]
    fn charging_needs_two_samples_and_pausing_its_time() {
        let mut watch = CurrentWatch::default();
        let table = [
            (0, 600, None),
            (1, 600, Some(true)),
            (2, 100, None),
            (61, 100, None),
            (62, 100, Some(false)),
        ];
        for (s, current, expected) in table {
            let said = watch.charging(
                MilliAmps(current),
                MilliAmps(500),
                Millis::seconds(60),
                Tick(s * 1000),
            );
            assert_eq!(said, expected, "second {s}");
        }
    }
}
