//! When to look next: the fast rhythm, each full minute, deadlines, and at once where a breaker is moving.

use std::time::Duration;

use domain::ids::OutletNumber;
use domain::panel::Panel;
use domain::units::{Millis, Now, Tick, Timestamp};

use super::Form;
use super::ledger::Samples;
use super::see::{Look, Seen};
use crate::modbus::panel::Panel as Wiring;

/// Between two looks at a breaker that is moving.
const HURRY: Millis = Millis(4);
/// The same after something did not answer.
const HURRY_AFTER_FAILURE: Millis = Millis(200);
const MINUTE_US: i64 = 60_000_000;

/// The rhythm of the control loop.
#[derive(Debug)]
pub(super) struct Pace {
    fast: Millis,
    begun: bool,
    next_look: Tick,
    /// The wall-clock minute of the last scan.
    minute: i64,
    /// The last look at moving breakers alone.
    closely_at: Tick,
    hurry: Millis,
    /// What somebody has asked for, each once.
    requested: Vec<(Option<OutletNumber>, Form)>,
}

impl Pace {
    pub(super) fn new(wiring: &Wiring, now: Now) -> Self {
        Self {
            fast: Millis(wiring.poll.fast_ms),
            begun: false,
            next_look: now.tick,
            minute: minute_of(now.wall),
            closely_at: Tick(0),
            hurry: HURRY,
            requested: Vec::new(),
        }
    }

    /// What is to be looked at now. A stepped wall clock begins a minute too.
    pub(super) fn due(&self, panel: &Panel, now: Now) -> Option<Look> {
        if !self.begun {
            return Some(Look::First);
        }
        if minute_of(now.wall) != self.minute {
            return Some(Look::Minute);
        }
        if now.tick >= self.next_look {
            return Some(Look::All);
        }
        if let Some((outlet, form)) = self.requested.first() {
            return Some(Look::Requested(*outlet, *form));
        }
        let hurried = Self::hurried(panel, now.tick);
        let may = now.tick.since(self.closely_at) >= self.hurry;
        (may && !hurried.is_empty()).then_some(Look::Closely(hurried))
    }

    /// Whether the fast rhythm was missed by as much as one more look.
    pub(super) fn is_overdue(&self, now: Tick) -> bool {
        now >= self.next_look.after(self.fast)
    }

    /// Asks for a look; the answer to a request that waits already serves this one too.
    pub(super) fn request(&mut self, outlet: Option<OutletNumber>, form: Form) {
        if !self.requested.contains(&(outlet, form)) {
            self.requested.push((outlet, form));
        }
    }

    pub(super) fn looked(&mut self, seen: &Seen, now: Now) {
        if seen.all {
            self.begun = true;
            self.next_look = now.tick.after(self.fast);
        } else {
            self.closely_at = now.tick;
            self.answered(seen.answered);
        }
        match seen.samples {
            Samples::None => {}
            Samples::Minute => self.minute = minute_of(now.wall),
            Samples::Requested(outlet, form) => self.requested.retain(|asked| *asked != (Some(outlet), form)),
            Samples::AllRequested(form) => self.requested.retain(|asked| *asked != (None, form)),
        }
    }

    /// Whether all answered: if not, a moving breaker is looked at less often.
    pub(super) fn answered(&mut self, all: bool) {
        self.hurry = if all { HURRY } else { HURRY_AFTER_FAILURE };
    }

    /// The outlets that cannot wait for the next look at all of them.
    fn hurried(panel: &Panel, now: Tick) -> Vec<OutletNumber> {
        panel
            .outlets()
            .filter(|(_, outlet)| outlet.needs_close_look(now))
            .map(|(number, _)| number)
            .collect()
    }

    /// How long nothing needs to be looked at.
    pub(super) fn wait(&self, panel: &Panel, now: Now) -> Duration {
        let mut wait = self.next_look.since(now.tick).min(until_next_minute(now.wall));
        let closing = panel.next_closing(now.tick);
        for next in [panel.next_deadline(), closing, panel.next_second_look(now.tick)] {
            wait = next.map_or(wait, |next| wait.min(next.since(now.tick)));
        }
        if !Self::hurried(panel, now.tick).is_empty() {
            wait = wait.min(self.closely_at.after(self.hurry).since(now.tick));
        }
        Duration::from_millis(wait.0.min(self.fast.0))
    }
}

fn minute_of(wall: Timestamp) -> i64 {
    wall.0.div_euclid(MINUTE_US)
}

fn until_next_minute(wall: Timestamp) -> Millis {
    let left_us = MINUTE_US - wall.0.rem_euclid(MINUTE_US);
    Millis(u64::try_from(left_us).unwrap_or(0).div_ceil(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_minute_is_never_behind_and_never_further_than_a_minute() {
        for (wall_us, left_ms) in [
            (0, 60_000),
            (1, 60_000),
            (59_999_999, 1),
            (60_000_000, 60_000),
            (-1, 1),
        ] {
            assert_eq!(
                until_next_minute(Timestamp(wall_us)),
                Millis(left_ms),
                "{wall_us}"
            );
        }
    }
}
