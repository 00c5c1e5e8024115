//! A closed breaker through which nothing flows: nobody plugged in, or the car is full.

use crate::units::{MilliAmps, Millis, Tick};

/// Samples further apart do not tell that nothing flowed between them.
const GAP: Millis = Millis::seconds(60);
const SAMPLES: u8 = 2;

/// How long the current has been low.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lull {
    since: Option<Tick>,
    last: Option<Tick>,
    samples: u8,
    told: bool,
}

impl Lull {
    /// Takes in a sample: for how long the current has been below `low`; `None` while it is not, or on one sample.
    pub(super) fn lasts(&mut self, current: MilliAmps, low: MilliAmps, now: Tick) -> Option<Millis> {
        if current >= low || self.last.is_some_and(|last| now.since(last) > GAP) {
            *self = Self::default();
        }
        if current >= low {
            return None;
        }
        self.last = Some(now);
        self.samples = self.samples.saturating_add(1);
        let since = *self.since.get_or_insert(now);
        (self.samples >= SAMPLES).then(|| now.since(since))
    }

    /// True once for each lull.
    pub(super) fn tells(&mut self) -> bool {
        !std::mem::replace(&mut self.told, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lull_begins_anew_after_a_current_or_a_gap_between_samples() {
        let mut lull = Lull::default();
        let table = [
            (0, 100, None),
            (1, 100, Some(1)),
            (50, 100, Some(50)),
            (51, 500, None),
            (52, 100, None),
            (60, 100, Some(8)),
            (121, 100, None),
            (122, 100, Some(1)),
        ];
        for (s, ma, expected) in table {
            let lasts = lull.lasts(MilliAmps(ma), MilliAmps(500), Tick(s * 1000));
            assert_eq!(lasts, expected.map(Millis::seconds), "second {s}");
        }
    }
}
