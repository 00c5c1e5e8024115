//! For how long something has been seen to be so. What nobody saw neither counts nor is forgotten at once.

use crate::units::{Millis, Tick};

/// Of a time in which nobody saw it, no more than this counts.
const UNSEEN_COUNTS: Millis = Millis::seconds(3);

/// What was seen in one look after the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lasting {
    last: Option<Tick>,
    missed: bool,
    lasted: Millis,
}

impl Lasting {
    /// Seen to be so now.
    pub(super) fn seen(&mut self, now: Tick) {
        if let Some(last) = self.last.replace(now) {
            let passed = now.since(last);
            let counts = if self.missed {
                passed.min(UNSEEN_COUNTS)
            } else {
                passed
            };
            self.lasted = Millis(self.lasted.0.saturating_add(counts.0));
        }
        self.missed = false;
    }

    /// A look that did not tell.
    pub(super) fn missed(&mut self) {
        self.missed = true;
    }

    pub(super) fn has_begun(&self) -> bool {
        self.last.is_some()
    }

    pub(super) fn lasted(&self) -> Millis {
        self.lasted
    }

    /// How long ago it was seen last.
    pub(super) fn since_seen(&self, now: Tick) -> Millis {
        self.last.map_or(Millis(0), |last| now.since(last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_saw_counts_for_three_seconds_at_most() {
        let mut lasting = Lasting::default();
        for (s, missed, lasted) in [
            (10, false, 0),
            (20, false, 10),
            (21, true, 10),
            (22, false, 12),
            (23, true, 12),
            (90, false, 15),
        ] {
            if missed {
                lasting.missed();
            } else {
                lasting.seen(Tick(s * 1000));
            }
            assert_eq!(lasting.lasted(), Millis::seconds(lasted), "second {s}");
        }
        assert_eq!(lasting.since_seen(Tick(92_000)), Millis::seconds(2));
    }
}
