//! When a call to a unit that may be silent is given up, because somebody waits for another.

use std::time::Duration;

use super::Class;
use super::member::Member;
use super::patience::LEAST;

/// How long a call lasts at least; never given up where there is nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cuts {
    for_off: Option<Duration>,
    /// For a command, or for a look at a breaker.
    for_urgent: Option<Duration>,
}

impl Cuts {
    /// For OFF as soon as a sound unit would have answered; for others when this one should have, if it was silent.
    pub(super) fn of(member: &Member, frames: Duration) -> Self {
        Self {
            for_off: (!member.patience.trusts()).then_some(LEAST + frames),
            for_urgent: (!member.health.is_well()).then_some(member.unit.timeout.max(LEAST) + frames),
        }
    }

    /// `class`: the most urgent of what waits for other units.
    pub(super) fn after(self, class: Option<Class>) -> Option<Duration> {
        match class? {
            Class::Off => self.for_off,
            Class::Command | Class::State => self.for_urgent,
            Class::Current | Class::Energy | Class::Identity => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::modbus::bus::testing;

    const FRAMES: Duration = Duration::from_millis(20);

    #[test]
    fn a_unit_that_is_silent_is_given_up_for_whatever_is_urgent_and_a_sound_one_for_nobody() {
        let mut member = Member::new(testing::unit());
        member.patience.answered(Duration::from_millis(5));
        let found = |member: &Member, class| Cuts::of(member, FRAMES).after(Some(class));
        for class in [Class::Off, Class::Command, Class::State, Class::Energy] {
            assert_eq!(found(&member, class), None, "{class:?}");
        }
        member.patience.silent();
        member.health.failed(Instant::now());
        let ms = Duration::from_millis;
        for (class, after) in [
            (Class::Off, Some(ms(120))),
            (Class::Command, Some(ms(320))),
            (Class::State, Some(ms(320))),
            (Class::Energy, None),
        ] {
            assert_eq!(found(&member, class), after, "{class:?}");
        }
        assert_eq!(Cuts::of(&member, FRAMES).after(None), None);
    }
}
