//! What is physically there, and what the checks remember; it shares no accounting with the rules.

use std::collections::{HashMap, HashSet};

use crate::observation::{Observation, Position, Reading};
use crate::units::{MilliAmps, MilliVolts, WattHours, Watts};

const HOUR_MS: u64 = 3_600_000;
const TEN_MINUTES_MS: u64 = 600_000;
const REST_MS: u64 = 10_000;
/// Half as much again as the outlet is rated for.
const FAR_TOO_MUCH_MA: i64 = 30_000;

#[derive(Clone, Debug, Default)]
pub(super) struct Truth {
    pub(super) closed: bool,
    /// What the output was told last.
    pub(super) told_to_close: bool,
    pub(super) tripped: bool,
    pub(super) leaks: bool,
    pub(super) stuck: bool,
    pub(super) blind: bool,
    pub(super) current_ma: i64,
    pub(super) register_mwh: i64,
    pub(super) ends_at: HashMap<String, u64>,
    /// The charges that ran while the clock was known to be right.
    pub(super) timed: HashSet<String>,
    pub(super) ended: HashMap<String, u32>,
    /// The meter interval of the last charge that ended.
    pub(super) counted_until: i64,
    /// Looks in a row that showed danger.
    pub(super) dangers: [u8; 3],
    /// Danger was seen in two looks, and nobody has cleared it.
    pub(super) locked: bool,
    /// Found open after a boot where the boot cannot have opened it.
    pub(super) left_open: bool,
    /// Seen closed since it was told to close.
    pub(super) has_obeyed: bool,
    seen_closed: bool,
    opened_at: Option<u64>,
    told_on_at: Vec<u64>,
}

impl Truth {
    pub(super) fn look(&mut self, true_ms: u64) -> Observation {
        let current_ma = if self.closed { self.current_ma } else { 0 };
        self.register_mwh += current_ma * 200 / 3_600;
        if self.blind {
            return Observation {
                reading: Some(Reading::default()),
                ..Observation::default()
            };
        }
        let signs = [self.tripped, self.leaks, current_ma > FAR_TOO_MUCH_MA];
        for (looks, sign) in self.dangers.iter_mut().zip(signs) {
            *looks = if sign { *looks + 1 } else { 0 };
            self.locked |= *looks >= 2;
            *looks = (*looks).min(2);
        }
        self.has_obeyed |= self.closed;
        if std::mem::replace(&mut self.seen_closed, self.closed) && !self.closed {
            self.opened_at = Some(true_ms);
        }
        Observation {
            position: if self.closed {
                Position::Closed
            } else {
                Position::Open
            },
            tripped: Some(self.tripped),
            leakage: Some(self.leaks),
            reading: Some(Reading {
                register: Ok(WattHours(self.register_mwh / 1000)),
                voltage: Ok(MilliVolts(200_000)),
                current: Ok(MilliAmps(current_ma)),
                power: Ok(Watts(current_ma / 5)),
                raw_register: None,
            }),
            ..Observation::default()
        }
    }

    /// The program forgets what it saw, and not what it did.
    pub(super) fn forget_looks(&mut self) {
        (self.seen_closed, self.dangers) = (false, [0; 3]);
    }

    pub(super) fn told_on(&mut self, true_ms: u64) {
        assert!(!self.tripped && !self.leaks, "closed in danger (I10)");
        assert!(!self.locked, "closed though locked out (I10)");
        assert!(!self.blind, "closed unseen");
        assert!(!self.left_open, "closed against a hand");
        let rested = self.opened_at.is_none_or(|at| true_ms - at >= REST_MS);
        assert!(rested, "closed too soon after it opened");
        self.has_obeyed = false;
        self.told_on_at.push(true_ms);
        let within = |ms: u64| self.told_on_at.iter().filter(|at| true_ms - **at < ms).count();
        assert!(within(HOUR_MS) <= 12, "closed too often in an hour");
        assert!(within(TEN_MINUTES_MS) <= 6, "closed too often in ten minutes");
    }
}
