//! What is asked for again, or anew, while charges run.

use super::*;

impl Building {
    pub(super) fn repeat_last_start(&mut self) {
        let Some((number, start)) = self.last_start.clone() else {
            return;
        };
        let running = self.panel.outlet(number).unwrap().charge().cloned();
        if running.is_some_and(|charge| charge.transaction == start.transaction) {
            let before = self.panel.outlet(number).unwrap().clone();
            self.panel.start(number, start, self.now()).unwrap();
            assert_eq!(&before, self.panel.outlet(number).unwrap());
        }
    }

    /// From then on the new end counts, and no other.
    pub(super) fn change(&mut self, outlet: u8, limits: NewLimits) {
        let (now, number) = (self.now(), Self::number(outlet));
        let Some(charge) = self.panel.outlet(number).unwrap().charge().cloned() else {
            return;
        };
        let changed = self
            .panel
            .outlet_mut(number)
            .unwrap()
            .change_limits(&charge.transaction, limits, now);
        if changed.is_ok() {
            let truth = &mut self.truth[usize::from(outlet)];
            let name = charge.transaction.0;
            truth.timed.remove(&name);
            truth.ends_at.insert(name, self.now_ms + limits.duration.0);
            self.look_at_clock();
            self.check_state();
        }
    }
}
