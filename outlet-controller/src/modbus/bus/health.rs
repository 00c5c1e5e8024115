//! Who answers: a silent unit is asked ever more rarely, so that it stalls nobody.

use std::time::Duration;

use tokio::time::Instant;

use super::Class;

const FIRST_REST: Duration = Duration::from_secs(2);
const LONGEST_REST: Duration = Duration::from_secs(30);
/// A command is worth a try more often, and OFF so often that others still get most of the bus.
const COMMAND_REST: Duration = Duration::from_secs(1);
const OFF_REST: Duration = Duration::from_millis(250);

/// What is known of one unit.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Health {
    failures: u32,
    last_failure: Option<Instant>,
    /// The device wants silence until then.
    quiet_until: Option<Instant>,
}

impl Health {
    pub(super) fn is_well(&self) -> bool {
        self.failures == 0
    }

    /// True if it had been silent before.
    pub(super) fn answered(&mut self) -> bool {
        self.last_failure = None;
        std::mem::take(&mut self.failures) > 0
    }

    pub(super) fn failed(&mut self, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        self.last_failure = Some(now);
    }

    /// Lets it be asked once at once: something else has begun to answer.
    pub(super) fn wake(&mut self) {
        self.last_failure = None;
    }

    pub(super) fn rests(&self, now: Instant, class: Class) -> bool {
        let Some(last_failure) = self.last_failure else {
            return false;
        };
        let doublings = self.failures.saturating_sub(1).min(8);
        let rest = FIRST_REST.saturating_mul(1 << doublings).min(LONGEST_REST);
        let rest = match class {
            Class::Off => OFF_REST,
            Class::Command => COMMAND_REST,
            Class::State | Class::Current | Class::Energy => rest,
        };
        now.saturating_duration_since(last_failure) < rest
    }

    pub(super) fn keep_quiet(&mut self, until: Instant) {
        self.quiet_until = Some(until);
    }

    /// When it may be asked again, if not now.
    pub(super) fn quiet_until(&self, now: Instant) -> Option<Instant> {
        self.quiet_until.filter(|until| *until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_unit_is_tried_after_2_4_8_16_and_then_every_30_seconds() {
        let start = Instant::now();
        let mut health = Health::default();
        assert!(!health.rests(start, Class::Energy));
        for rest_s in [2, 4, 8, 16, 30, 30] {
            health.failed(start);
            assert!(health.rests(start + Duration::from_millis(rest_s * 1000 - 1), Class::State));
            assert!(!health.rests(start + Duration::from_secs(rest_s), Class::Energy));
        }
    }

    #[test]
    fn a_command_to_a_dead_unit_is_tried_every_second_and_off_four_times_as_often() {
        let start = Instant::now();
        let mut health = Health::default();
        for _ in 0..9 {
            health.failed(start);
        }
        for (class, rest_ms) in [(Class::Off, 250), (Class::Command, 1000)] {
            assert!(health.rests(start + Duration::from_millis(rest_ms - 1), class));
            assert!(!health.rests(start + Duration::from_millis(rest_ms), class));
        }
    }

    #[test]
    fn a_woken_unit_is_tried_once_and_rests_longer_if_it_stays_silent() {
        let start = Instant::now();
        let mut health = Health::default();
        health.failed(start);
        health.wake();
        assert!(!health.rests(start, Class::State));
        health.failed(start);
        assert!(health.rests(start + Duration::from_secs(3), Class::State));
        assert!(health.answered());
        assert!(health.is_well() && !health.rests(start, Class::State));
    }
}
