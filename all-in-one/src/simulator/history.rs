//! What really happened at the breakers, for those who check what a controller claims.

use std::collections::VecDeque;

use domain::ids::OutletNumber;

/// The most happenings kept; the oldest go first.
const MAX_HAPPENINGS: usize = 65_536;

/// One line of the ground truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Happening {
    /// On the clock the panel was given.
    pub tick_ms: u64,
    pub outlet: OutletNumber,
    pub what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A coil was written, whether or not that changed it.
    CoilOn,
    CoilOff,
    /// The contacts closed: current can flow.
    Closed,
    Opened,
    Tripped,
    TripReset,
}

#[derive(Debug, Default)]
pub(super) struct History(VecDeque<Happening>);

impl History {
    pub(super) fn note(&mut self, tick_ms: u64, outlet: OutletNumber, what: What) {
        if self.0.len() == MAX_HAPPENINGS {
            self.0.pop_front();
        }
        self.0.push_back(Happening {
            tick_ms,
            outlet,
            what,
        });
    }

    pub(super) fn to_vec(&self) -> Vec<Happening> {
        self.0.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_happening_goes_when_the_history_is_full() {
        let outlet = OutletNumber::new(1).unwrap();
        let mut history = History::default();
        for tick in 0..=MAX_HAPPENINGS as u64 {
            history.note(tick, outlet, What::CoilOn);
        }
        let kept = history.to_vec();
        assert_eq!(kept.len(), MAX_HAPPENINGS);
        assert_eq!(kept[0].tick_ms, 1);
    }
}
