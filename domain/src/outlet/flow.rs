//! What must have passed since the register moved: from the power, as registers move in steps or stand still.

use crate::units::{Millis, Tick, WattHours, Watts};

/// A power that was read longer ago says nothing of now.
pub(super) const SILENT: Millis = Millis::seconds(60);
const MS_PER_HOUR: i64 = 3_600_000;
/// A register that holds back more than so many of its steps, and more than so much, stands still.
const STEPS_HELD_BACK: i64 = 3;
const HELD_BACK: WattHours = WattHours(50);

/// The power when the register was believed last, and what had passed by then without moving it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flow {
    power: Watts,
    at: Tick,
    /// In watt-milliseconds, as small powers count too.
    passed: i64,
    frozen: bool,
}

impl Flow {
    /// Takes in a register that was believed and its power; `moved`: by how much it has risen, where that counts.
    /// True when the register is found to stand still.
    pub(super) fn takes(
        &mut self,
        power: Watts,
        moved: Option<WattHours>,
        step: WattHours,
        now: Tick,
    ) -> bool {
        let flowed = self.flowed(now);
        self.passed = self.passed.saturating_add(flowed);
        if let Some(moved) = moved.filter(|moved| moved.0 > 0) {
            let rest = self.passed.saturating_sub(in_small(moved)).max(0);
            // It moved since it was read last: no more than that can be on its way to the next step.
            self.passed = if self.frozen { rest } else { rest.min(flowed) };
        }
        (self.power, self.at) = (Watts(power.0.max(0)), now);
        let holds_back = in_small(HELD_BACK.max(WattHours(step.0.saturating_mul(STEPS_HELD_BACK))));
        let was_frozen = self.frozen;
        let until = if was_frozen { in_small(step) } else { holds_back };
        self.frozen = self.passed >= until;
        self.frozen && !was_frozen
    }

    /// A charge begins: what has passed before is not its own.
    pub(super) fn begin(&mut self) {
        *self = Self::default();
    }

    /// What has passed and the register does not tell. One that moves holds back less than a step.
    pub(super) fn untold(&self, step: WattHours, now: Tick) -> WattHours {
        WattHours(self.held_back(step).saturating_add(self.flowed(now)) / MS_PER_HOUR)
    }

    /// When `left` will have passed, if that is soon.
    pub(super) fn passes(&self, left: WattHours, step: WattHours) -> Option<Tick> {
        if self.power.0 == 0 {
            return None;
        }
        let missing = in_small(left).saturating_sub(self.held_back(step));
        let wait = Millis(u64::try_from(missing.div_euclid(self.power.0) + 1).ok()?);
        (wait <= SILENT).then(|| self.at.after(wait))
    }

    fn held_back(&self, step: WattHours) -> i64 {
        if self.frozen {
            self.passed
        } else {
            self.passed.min(in_small(step))
        }
    }

    fn flowed(&self, now: Tick) -> i64 {
        // What is foreseen must be there when its time has come, however late that is looked at.
        let elapsed = now.since(self.at).min(SILENT);
        let elapsed_ms = i64::try_from(elapsed.0).unwrap_or(i64::MAX);
        self.power.0.saturating_mul(elapsed_ms)
    }
}

fn in_small(energy: WattHours) -> i64 {
    energy.0.saturating_mul(MS_PER_HOUR)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: WattHours = WattHours(10);

    /// Each second a sample at 3.6 kW, which is one watt-hour a second.
    fn after(seconds: std::ops::Range<u64>, flow: &mut Flow, moved: impl Fn(u64) -> i64) -> usize {
        let found = |s: &u64| flow.takes(Watts(3_600), Some(WattHours(moved(*s))), STEP, Tick(s * 1000));
        seconds.filter(found).count()
    }

    #[test]
    fn a_register_of_coarse_steps_holds_back_less_than_a_step() {
        let mut flow = Flow::default();
        after(0..26, &mut flow, |s| if s % 10 == 0 { 10 } else { 0 });
        assert_eq!(flow.untold(STEP, Tick(25_000)), WattHours(5));
        assert_eq!(flow.untold(STEP, Tick(27_000)), WattHours(7));
        assert_eq!(flow.passes(WattHours(9), STEP), Some(Tick(29_001)));
        after(26..46, &mut flow, |_| 0);
        assert_eq!(flow.untold(STEP, Tick(45_000)), STEP, "late, and no more");
    }

    #[test]
    fn a_register_that_stands_still_is_found_once_and_the_power_counts_instead() {
        let mut flow = Flow::default();
        assert_eq!(after(0..200, &mut flow, |_| 0), 1);
        assert_eq!(flow.untold(STEP, Tick(199_000)), WattHours(199));
        // It moves again, by less than has passed: what it never told stays counted.
        after(200..300, &mut flow, |_| 1);
        assert_eq!(flow.untold(STEP, Tick(299_000)), WattHours(199));
        flow.begin();
        assert_eq!(flow.untold(STEP, Tick(299_000)), WattHours(0));
    }

    #[test]
    fn what_is_foreseen_has_passed_whenever_that_is_looked_at() {
        let mut flow = Flow::default();
        flow.takes(Watts(3_600), Some(WattHours(10)), STEP, Tick(1_000));
        let foreseen = flow.passes(WattHours(20), STEP).unwrap();
        for late in [0, 1_000, 600_000] {
            assert!(
                flow.untold(STEP, Tick(foreseen.0 + late)) >= WattHours(20),
                "{late}"
            );
        }
        flow.begin();
        assert_eq!(flow.passes(WattHours(20), STEP), None);
    }

    #[test]
    fn a_standby_power_finds_no_register_frozen_that_moves_at_last() {
        let mut flow = Flow::default();
        let found = (0..86_400).filter(|s| {
            let moved = WattHours(i64::from(s % 3_600 == 3_599) * 10);
            flow.takes(Watts(10), Some(moved), STEP, Tick(s * 1000))
        });
        assert_eq!(found.count(), 0);
    }
}
