//! How often and how soon a breaker may close. What is counted outlives a restart.

use std::collections::VecDeque;

use super::{Deadline, Refusal, Settings};
use crate::units::{Millis, Now, Tick};

const HOUR: Millis = Millis::seconds(3600);
const TEN_MINUTES: Millis = Millis::seconds(600);

/// The closings of the last hour, and since when the breaker is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Closings {
    /// For each closing, when it is an hour old.
    hours: VecDeque<Deadline>,
    /// Until when the breaker must stay open.
    rest: Option<Deadline>,
}

impl Closings {
    pub(super) fn restore(hours: Vec<Deadline>, rest: Option<Deadline>) -> Self {
        Self {
            hours: hours.into(),
            rest,
        }
    }

    pub(super) fn hours(&self) -> Vec<Deadline> {
        self.hours.iter().copied().collect()
    }

    pub(super) fn rest(&self) -> Option<Deadline> {
        self.rest
    }

    pub(super) fn has_closed(&mut self, now: Now) {
        self.hours.retain(|hour| !hour.has_passed(now.tick));
        self.hours.push_back(Deadline::in_future(HOUR, now));
    }

    pub(super) fn has_opened(&mut self, settings: &Settings, now: Now) {
        self.rest = Some(Deadline::in_future(settings.min_off, now));
    }

    pub(super) fn may_close(&self, settings: &Settings, now: Tick) -> Result<(), Refusal> {
        if let Some(rest) = self.rest.filter(|rest| !rest.has_passed(now)) {
            return Err(Refusal::TooSoon(rest.tick.since(now)));
        }
        let younger_than = |age: Millis| {
            let left = Millis(HOUR.0 - age.0);
            let young = |hour: &&Deadline| hour.tick.since(now) > left;
            self.hours.iter().filter(young).count()
        };
        let too_many = younger_than(HOUR) >= usize::from(settings.max_closings_per_hour)
            || younger_than(TEN_MINUTES) >= usize::from(settings.max_closings_per_10_min);
        if too_many { Err(Refusal::TooOften) } else { Ok(()) }
    }
}
