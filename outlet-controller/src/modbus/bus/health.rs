//! Who answers: a silent unit is tried ever more rarely, and while nobody waits for it, so that it stalls nobody.

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
    /// Something else has begun to answer since.
    woken: bool,
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
        self.rest(now);
    }

    /// It could not even be tried.
    pub(super) fn rest(&mut self, now: Instant) {
        self.last_failure = Some(now);
        self.woken = false;
    }

    /// Lets it be tried at once.
    pub(super) fn wake(&mut self) {
        self.woken = true;
    }

    /// When a silent unit is tried, whether or not somebody asks for it.
    pub(super) fn next_try(&self) -> Option<Instant> {
        let last_failure = self.last_failure?;
        let doublings = self.failures.saturating_sub(1).min(8);
        let rest = FIRST_REST.saturating_mul(1 << doublings).min(LONGEST_REST);
        Some(if self.woken {
            last_failure
        } else {
            last_failure + rest
        })
    }

    /// Whether a job for it fails at once. Only commands may try a silent unit; what is read again and again finds
    /// it when it answers.
    pub(super) fn refuses(&self, now: Instant, class: Class) -> bool {
        let Some(last_failure) = self.last_failure else {
            return false;
        };
        let rest = match class {
            Class::Off => OFF_REST,
            Class::Command => COMMAND_REST,
            Class::State | Class::Current | Class::Energy | Class::Identity => return true,
        };
        !self.woken && now.saturating_duration_since(last_failure) < rest
    }

    /// The longer of two wishes counts.
    pub(super) fn keep_quiet(&mut self, until: Instant) {
        self.quiet_until = self.quiet_until.max(Some(until));
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
        assert!(!health.refuses(start, Class::Energy) && health.next_try().is_none());
        for rest_s in [2, 4, 8, 16, 30, 30] {
            health.failed(start);
            assert_eq!(health.next_try(), Some(start + Duration::from_secs(rest_s)));
            assert!(health.refuses(start + Duration::from_secs(100), Class::State));
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
            assert!(health.refuses(start + Duration::from_millis(rest_ms - 1), class));
            assert!(!health.refuses(start + Duration::from_millis(rest_ms), class));
        }
    }

    #[test]
    fn a_woken_unit_is_tried_once_and_rests_longer_if_it_stays_silent() {
        let start = Instant::now();
        let mut health = Health::default();
        health.failed(start);
        health.wake();
        assert_eq!(health.next_try(), Some(start));
        assert!(!health.refuses(start, Class::Command));
        health.failed(start);
        assert_eq!(health.next_try(), Some(start + Duration::from_secs(4)));
        assert!(health.answered());
        assert!(health.is_well() && !health.refuses(start, Class::State) && health.next_try().is_none());
    }
}
