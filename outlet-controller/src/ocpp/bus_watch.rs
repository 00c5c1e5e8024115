//! How the buses of the panel answer, for the server: over the last hour at most, told anew every ten minutes.

use std::collections::VecDeque;

use serde::Serialize;

use crate::modbus::bus::BusStats;

/// Soon after the start, so that an installer sees it.
const FIRST_MS: u64 = 10_000;
const EVERY_MS: u64 = 600_000;
/// An hour back.
const MARKS: usize = 6;

/// What a bus has counted over some seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct BusCounts {
    #[serde(skip)]
    pub(super) name: String,
    over_s: u64,
    requests: u64,
    timeouts: u64,
    checksums: u64,
    mismatches: u64,
    refusals: u64,
    line_errors: u64,
}

impl BusCounts {
    /// Requests that were not answered well.
    pub(super) fn failed(&self) -> u64 {
        self.timeouts + self.checksums + self.mismatches + self.refusals + self.line_errors
    }
}

/// What had been counted when it was told before, the oldest first.
#[derive(Debug)]
pub(super) struct BusWatch {
    due_ms: u64,
    marks: VecDeque<(u64, Vec<BusStats>)>,
}

impl BusWatch {
    pub(super) fn new(now_ms: u64) -> Self {
        Self {
            due_ms: now_ms.saturating_add(FIRST_MS),
            marks: VecDeque::from([(now_ms, Vec::new())]),
        }
    }

    /// The tick at which it is to be told.
    pub(super) fn due_ms(&self) -> u64 {
        self.due_ms
    }

    /// Since the oldest mark.
    pub(super) fn counts(&self, now_ms: u64, buses: &[BusStats]) -> Vec<BusCounts> {
        let Some((since_ms, before)) = self.marks.front() else {
            return Vec::new();
        };
        let over_s = now_ms.saturating_sub(*since_ms) / 1000;
        let counted = |bus: &BusStats| {
            let none = BusStats::default();
            let before = before
                .iter()
                .find(|known| known.name == bus.name)
                .unwrap_or(&none);
            BusCounts {
                name: bus.name.clone(),
                over_s,
                requests: bus.requests.saturating_sub(before.requests),
                timeouts: bus.timeouts.saturating_sub(before.timeouts),
                checksums: bus.crc_errors.saturating_sub(before.crc_errors),
                mismatches: bus.mismatches.saturating_sub(before.mismatches),
                refusals: bus.exceptions.saturating_sub(before.exceptions),
                line_errors: bus.line_errors.saturating_sub(before.line_errors),
            }
        };
        buses.iter().map(counted).collect()
    }

    /// There is nothing to tell before the first look at the panel.
    pub(super) fn wait(&mut self, now_ms: u64) {
        self.due_ms = now_ms.saturating_add(FIRST_MS);
    }

    /// It was sent, whatever became of it: the next time tells of this time too.
    pub(super) fn told(&mut self, now_ms: u64, buses: Vec<BusStats>) {
        self.due_ms = now_ms.saturating_add(EVERY_MS);
        self.marks.push_back((now_ms, buses));
        if self.marks.len() > MARKS {
            self.marks.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bus(requests: u64, timeouts: u64) -> Vec<BusStats> {
        vec![BusStats {
            name: "outlets".into(),
            requests,
            timeouts,
            ..BusStats::default()
        }]
    }

    #[test]
    fn it_is_told_soon_and_then_every_ten_minutes() {
        let mut watch = BusWatch::new(5_000);
        assert_eq!(watch.due_ms(), 15_000);
        watch.wait(15_000);
        assert_eq!(watch.due_ms(), 25_000);
        watch.told(25_000, bus(40, 0));
        assert_eq!(watch.due_ms(), 625_000);
    }

    #[test]
    fn what_is_counted_goes_back_an_hour_at_most() {
        let mut watch = BusWatch::new(0);
        let first = &watch.counts(10_000, &bus(40, 3))[0];
        assert_eq!((first.over_s, first.requests, first.failed()), (10, 40, 3));
        for minutes in 1..=7_u64 {
            watch.told(minutes * 600_000, bus(minutes * 1_000, 3));
        }
        // The mark of ten minutes and that of the start are gone.
        let last = &watch.counts(8 * 600_000, &bus(8_000, 4))[0];
        assert_eq!((last.over_s, last.requests, last.failed()), (3_600, 6_000, 1));
    }
}
