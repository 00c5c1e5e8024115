//! More current than the outlet is rated for.

use crate::units::{MilliAmps, Millis, Tick};

/// Above this share of the rating, two samples are enough …
const AT_ONCE_PERCENT: i64 = 150;
/// … and above this one it must last.
const IN_TIME_PERCENT: i64 = 110;
const IN_TIME: Millis = Millis::seconds(10);
/// Nothing is switched on a single sample.
const SAMPLES: u8 = 2;
/// Meters measure anew a few times a second: what is read sooner may be the same measurement once more.
const APART: Millis = Millis(200);

/// Watches the current against the outlet's rating.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Overload {
    far_above_since: Option<Tick>,
    above: u8,
    above_since: Option<Tick>,
}

impl Overload {
    /// Takes in a sample: whether this is more than the outlet may carry.
    pub(super) fn is_over(&mut self, current: MilliAmps, rated: MilliAmps, now: Tick) -> bool {
        let share = |percent: i64| rated.0.saturating_mul(percent) / 100;
        if current.0 <= share(IN_TIME_PERCENT) {
            *self = Self::default();
            return false;
        }
        self.above = self.above.saturating_add(1);
        let since = *self.above_since.get_or_insert(now);
        if current.0 > share(AT_ONCE_PERCENT) {
            self.far_above_since.get_or_insert(now);
        } else {
            self.far_above_since = None;
        }
        let far_above = self
            .far_above_since
            .is_some_and(|since| now.since(since) >= APART);
        far_above || (self.above >= SAMPLES && now.since(since) >= IN_TIME)
    }

    /// From when on the second sample decides.
    pub(super) fn second_look_at(&self) -> Option<Tick> {
        self.far_above_since.map(|since| since.after(APART))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_as_much_again_needs_two_samples_and_a_tenth_more_ten_seconds() {
        let table = [
            ("one sample", vec![(0, 30_000)], false),
            ("two samples", vec![(0, 24_001), (1_000, 24_001)], true),
            (
                "one measurement, read twice",
                vec![(0, 24_001), (199, 24_001)],
                false,
            ),
            (
                "two measurements",
                vec![(0, 24_001), (199, 24_001), (200, 24_001)],
                true,
            ),
            (
                "not one after the other",
                vec![(0, 24_001), (1_000, 16_000), (2_000, 24_001)],
                false,
            ),
            ("a tenth more, shortly", vec![(0, 17_601), (9_000, 17_601)], false),
            (
                "a tenth more, for long",
                vec![(0, 17_601), (5_000, 17_700), (10_000, 17_601)],
                true,
            ),
            (
                "as rated and a little",
                vec![(0, 17_600), (3_600_000, 17_600)],
                false,
            ),
        ];
        for (name, samples, expected) in table {
            let mut watch = Overload::default();
            let over = |(ms, ma): &(u64, i64)| watch.is_over(MilliAmps(*ma), MilliAmps(16_000), Tick(*ms));
            assert_eq!(samples.iter().any(over), expected, "{name}");
        }
    }
}
