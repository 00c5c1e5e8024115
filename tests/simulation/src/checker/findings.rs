//! What the checker found, and how often each of its checks had something to judge.

use std::collections::BTreeMap;

use crate::Ms;

/// A check that judges less often than this in 10,000 stories proves little.
pub const FLOORS: [(&str, u64); 0] = [];

/// The outcome of all checks of a story, or of many.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    pub violations: Vec<String>,
    /// By the name of the check.
    pub judged: BTreeMap<&'static str, u64>,
}

impl Findings {
    /// Judges once: where the demand does not hold, that is a violation.
    pub(super) fn demand(&mut self, check: &'static str, holds: bool, at: Ms, what: impl FnOnce() -> String) {
        *self.judged.entry(check).or_default() += 1;
        if !holds {
            let (minute, second, ms) = (at / 60_000, at / 1000 % 60, at % 1000);
            let what = what();
            self.violations
                .push(format!("{check}, at {minute}:{second:02}.{ms:03}: {what}"));
        }
    }

    pub fn add(&mut self, judged: &BTreeMap<&'static str, u64>) {
        for (check, times) in judged {
            *self.judged.entry(check).or_default() += times;
        }
    }

    /// The checks that have judged too rarely in so many stories.
    pub fn idle(&self, stories: u64) -> Vec<String> {
        let rare = FLOORS.iter().filter_map(|(check, floor)| {
            let (times, floor) = (
                self.judged.get(check).copied().unwrap_or(0),
                floor * stories / 10_000,
            );
            (times < floor).then(|| format!("{check}: {times} times, at least {floor} are expected"))
        });
        rare.collect()
    }
}
