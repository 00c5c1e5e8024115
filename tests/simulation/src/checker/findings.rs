//! What the checker found, and how often each of its checks had something to judge.

use std::collections::BTreeMap;

use crate::Ms;

/// A check that judges less often than this in 10,000 stories proves little: about half of what is usual.
pub const FLOORS: [(&str, u64); 30] = [
    ("I1 all that passed is billed", 9_000),
    ("I1 it adds up", 9_000),
    ("I1 nothing is billed that did not pass", 30_000),
    ("I1 nothing is nobody's in calm times", 2_000),
    ("I1 registers are told", 10_000),
    ("I10 asked for", 60_000),
    ("I10 clearing needs an open breaker", 300),
    ("I10 closes for a charge that runs", 60_000),
    ("I10 danger opens", 200),
    ("I10 lock-out", 1_000),
    ("I10 lock-out refuses", 500),
    ("I10 looks first", 10_000),
    ("I10 not too often", 20_000),
    ("I10 weld told", 40),
    ("I2 order", 40_000),
    ("I2 registers", 20_000),
    ("I3 car idle", 700),
    ("I3 energy", 1_000),
    ("I3 no load", 500),
    ("I3 not early", 10_000),
    ("I3 stop", 10_000),
    ("I3 time", 20_000),
    ("I4 a calm start is accepted", 10_000),
    ("I4 an accepted start closes", 8_000),
    ("I4 answered", 40_000),
    ("I4 cause", 30_000),
    ("I4 nobody asked", 60_000),
    ("I4 one outcome", 100_000),
    ("I7 nothing lost", 100_000),
    ("I7 one content", 1_000),
];

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
