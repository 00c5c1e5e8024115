//! How long an answer of one unit is waited for, learnt from its answers.

use std::time::Duration;

use crate::modbus::panel::Unit;

pub(super) const LEAST: Duration = Duration::from_millis(100);
const MOST: Duration = Duration::from_secs(1);
/// A new latency counts for one part in as many.
const WEIGHT: u32 = 8;

/// What is known of a unit's speed. Latencies are without the time of the frames on the line.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Patience {
    mean: Option<Duration>,
    worst: Duration,
    /// Timeouts since the last answer.
    silences: u32,
}

impl Patience {
    pub(super) fn answered(&mut self, latency: Duration) {
        self.silences = 0;
        self.worst = self.worst.max(latency);
        self.mean = Some(match self.mean {
            Some(mean) => (mean * (WEIGHT - 1) + latency) / WEIGHT,
            None => latency,
        });
    }

    pub(super) fn silent(&mut self) {
        self.silences = self.silences.saturating_add(1);
    }

    /// Whether its last request was answered.
    pub(super) fn trusts(&self) -> bool {
        self.mean.is_some() && self.silences == 0
    }

    /// Four times its usual latency and the frames; twice as long after each silence. Never less than the panel
    /// file says, nor than the frames alone can take.
    pub(super) fn timeout(&self, unit: &Unit, frames: Duration) -> Duration {
        let usual = self.mean.map_or(unit.timeout, |mean| mean * 4) + frames;
        let grown = usual.clamp(LEAST, MOST) * (1 << self.silences.min(4));
        grown
            .min(MOST)
            .max(unit.least_timeout)
            .max(frames.saturating_add(LEAST))
    }

    /// How late an answer to a request may be that was sent `ago`, from now on.
    pub(super) fn lateness(&self, unit: &Unit, ago: Duration) -> Duration {
        unit.timeout.saturating_sub(ago).max(self.worst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modbus::bus::testing;

    const FRAMES: Duration = Duration::from_millis(20);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn used_to(latency_ms: u64) -> Patience {
        let mut patience = Patience::default();
        (0..100).for_each(|_| patience.answered(ms(latency_ms)));
        patience
    }

    #[test]
    fn the_timeout_follows_the_latency_between_its_ends() {
        let unit = testing::unit();
        assert_eq!(unit.timeout, ms(300));
        assert_eq!(Patience::default().timeout(&unit, FRAMES), ms(320));
        for (latency_ms, timeout_ms) in [(0, 120), (5, 120), (30, 140), (200, 820), (400, 1000)] {
            assert_eq!(
                used_to(latency_ms).timeout(&unit, FRAMES),
                ms(timeout_ms),
                "{latency_ms}"
            );
        }
        assert_eq!(used_to(400).timeout(&unit, ms(2000)), ms(2100));
    }

    #[test]
    fn a_silent_unit_gets_more_time_and_an_answer_takes_it_back() {
        let (unit, mut patience) = (testing::unit(), used_to(30));
        for timeout_ms in [280, 560, 1000, 1000] {
            patience.silent();
            assert_eq!(patience.timeout(&unit, FRAMES), ms(timeout_ms));
            assert!(!patience.trusts());
        }
        patience.answered(ms(30));
        assert_eq!(patience.timeout(&unit, FRAMES), ms(140));
    }

    #[test]
    fn a_late_answer_is_expected_for_as_long_as_the_unit_may_take_and_has_taken() {
        let unit = testing::unit();
        assert_eq!(Patience::default().lateness(&unit, ms(100)), ms(200));
        assert_eq!(used_to(50).lateness(&unit, ms(1000)), ms(50));
    }
}
