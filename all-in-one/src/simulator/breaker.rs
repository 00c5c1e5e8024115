//! A remote-operated breaker: mechanism, contacts, trip, and what can go wrong with them.

use super::history::What;

/// Position feedback follows the mechanism; current flows through the contacts. They differ when welded.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Breaker {
    pub(super) coil: bool,
    pub(super) mechanism_closed: bool,
    pub(super) contacts_closed: bool,
    pub(super) tripped: bool,
    stuck: bool,
    welded: bool,
    moving: Option<Travel>,
}

#[derive(Clone, Copy, Debug)]
struct Travel {
    closing: bool,
    arrives_ms: u64,
}

impl Breaker {
    /// The relay drives the mechanism on every write, also when the coil already had that value.
    pub(super) fn command(&mut self, on: bool, arrives_ms: u64) {
        self.coil = on;
        let moves = self.mechanism_closed != on && !self.stuck && !(on && self.tripped);
        self.moving = moves.then_some(Travel {
            closing: on,
            arrives_ms,
        });
    }

    /// When the mechanism arrives, while it is on its way.
    pub(super) fn arrives_ms(&self) -> Option<u64> {
        self.moving.map(|travel| travel.arrives_ms)
    }

    pub(super) fn arrive(&mut self) -> Option<What> {
        let travel = self.moving.take()?;
        self.move_to(travel.closing)
    }

    /// The handle. A tripped breaker cannot be closed before its trip is reset.
    pub(super) fn by_hand(&mut self, close: bool) -> Option<What> {
        if close && self.tripped {
            return None;
        }
        self.moving = None;
        self.move_to(close)
    }

    pub(super) fn trip(&mut self) -> Option<What> {
        self.moving = None;
        self.tripped = true;
        self.move_to(false)
    }

    /// Returns whether it was tripped. The breaker stays open.
    pub(super) fn reset_trip(&mut self) -> bool {
        std::mem::take(&mut self.tripped)
    }

    /// A stuck drive stops where it is; the handle still works.
    pub(super) fn stick(&mut self, stuck: bool) {
        self.stuck = stuck;
        if stuck {
            self.moving = None;
        }
    }

    /// From now on closed contacts do not part again.
    pub(super) fn weld(&mut self) {
        self.welded = true;
    }

    /// A new mechanism in the old place: not stuck, not welded; the contacts follow the handle again.
    pub(super) fn repair(&mut self) -> Option<What> {
        (self.stuck, self.welded) = (false, false);
        self.move_to(self.mechanism_closed)
    }

    fn move_to(&mut self, closed: bool) -> Option<What> {
        self.mechanism_closed = closed;
        let contacts = closed || (self.welded && self.contacts_closed);
        if std::mem::replace(&mut self.contacts_closed, contacts) == contacts {
            return None;
        }
        Some(if contacts { What::Closed } else { What::Opened })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed() -> Breaker {
        let mut breaker = Breaker::default();
        breaker.command(true, 0);
        assert_eq!(breaker.arrive(), Some(What::Closed));
        breaker
    }

    #[test]
    fn a_tripped_breaker_opens_and_no_command_and_no_hand_closes_it_before_the_reset() {
        let mut breaker = closed();
        assert_eq!(breaker.trip(), Some(What::Opened));
        breaker.command(true, 5);
        assert_eq!(breaker.arrives_ms(), None);
        assert_eq!(breaker.by_hand(true), None);
        assert!(!breaker.contacts_closed && breaker.tripped);
        assert!(breaker.reset_trip());
        assert!(!breaker.contacts_closed);
        breaker.command(true, 9);
        assert_eq!(breaker.arrive(), Some(What::Closed));
    }

    #[test]
    fn a_stuck_breaker_obeys_the_hand_but_not_the_coil() {
        let mut breaker = closed();
        breaker.stick(true);
        breaker.command(false, 5);
        assert_eq!(breaker.arrives_ms(), None);
        assert!(breaker.contacts_closed && !breaker.coil);
        assert_eq!(breaker.by_hand(false), Some(What::Opened));
    }

    #[test]
    fn sticking_in_the_middle_of_the_travel_ends_it() {
        let mut breaker = closed();
        breaker.command(false, 300);
        breaker.stick(true);
        assert_eq!(breaker.arrives_ms(), None);
    }

    #[test]
    fn welded_contacts_stay_closed_while_the_feedback_says_open() {
        let mut breaker = closed();
        breaker.weld();
        breaker.command(false, 5);
        assert_eq!(breaker.arrive(), None);
        assert!(!breaker.mechanism_closed && breaker.contacts_closed);
        assert_eq!(breaker.repair(), Some(What::Opened));
    }

    #[test]
    fn an_opposite_command_during_the_travel_calls_it_back() {
        let mut breaker = Breaker::default();
        breaker.command(true, 300);
        breaker.command(false, 400);
        assert_eq!(breaker.arrives_ms(), None);
        assert!(!breaker.contacts_closed);
    }
}
