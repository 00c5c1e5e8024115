//! Breakers close one after the other: cars that begin together would pull the voltage down together.

use crate::ids::OutletNumber;
use crate::units::{Millis, Tick};

/// Whose turn it is to close.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stagger {
    apart: Millis,
    last: Option<(OutletNumber, Tick)>,
}

impl Stagger {
    pub(super) fn new(apart: Millis) -> Self {
        Self { apart, last: None }
    }

    /// Which of those that are due, in the order of their numbers, may close now.
    pub(super) fn next_of(&self, due: impl Iterator<Item = OutletNumber>, now: Tick) -> Vec<OutletNumber> {
        let due: Vec<_> = due.collect();
        if self.apart == Millis(0) {
            return due;
        }
        let Some((last, at)) = self.last else {
            return due.into_iter().take(1).collect();
        };
        if now.since(at) < self.apart {
            return Vec::new();
        }
        // In turn: one whose output cannot be written keeps no other waiting.
        let after = due.iter().copied().find(|number| *number > last);
        after.or(due.first().copied()).into_iter().collect()
    }

    /// From when on the next one may close.
    pub(super) fn ready_at(&self) -> Tick {
        self.last.map_or(Tick(0), |(_, at)| at.after(self.apart))
    }

    pub(super) fn has_closed(&mut self, number: OutletNumber, now: Tick) {
        self.last = Some((number, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breakers_close_one_after_the_other_in_turn() {
        let number = |n: u8| OutletNumber::new(n).unwrap();
        let mut stagger = Stagger::new(Millis(2_000));
        let mut turns = Vec::new();
        for ms in (0..9_000).step_by(500) {
            let next = stagger.next_of([2, 5, 7].map(number).into_iter(), Tick(ms));
            for next in next {
                stagger.has_closed(next, Tick(ms));
                turns.push((ms, next.get()));
            }
        }
        assert_eq!(turns, [(0, 2), (2_000, 5), (4_000, 7), (6_000, 2), (8_000, 5)]);
    }
}
