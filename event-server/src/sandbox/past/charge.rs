//! One charge of the past: when what happened, and how much had flowed by then.

use domain::session::EndedReason;

use super::{PastCharge, PastEnd};

const SECOND_US: i64 = 1_000_000;
/// The breaker closes, and a little later the car draws.
const CLOSES_US: i64 = 2 * SECOND_US;
const DRAWS_US: i64 = 5 * SECOND_US;
const SEEN_DRAWING_US: i64 = 15 * SECOND_US;
/// A full car's outlet is switched off.
const IDLE_US: i64 = 600 * SECOND_US;
const SAMPLE_US: i64 = 1800 * SECOND_US;
const US_PER_HOUR: i64 = 3600 * SECOND_US;

/// What is told of a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Chapter {
    Asked,
    Energized,
    Charging,
    Sample,
    Full,
    Ended,
    Reset,
}

impl PastCharge {
    /// Everything that is told, the first first.
    pub(super) fn chapters(&self) -> Vec<(i64, Chapter)> {
        let (end_us, _) = self.ended();
        let draws_us = self.draws_us();
        let mut all = vec![
            (self.from_us, Chapter::Asked),
            (self.from_us + CLOSES_US, Chapter::Energized),
            (draws_us + SEEN_DRAWING_US, Chapter::Charging),
        ];
        let first_us = (draws_us / SAMPLE_US + 1) * SAMPLE_US;
        let samples = (0..).map(|n| first_us + n * SAMPLE_US);
        let samples = samples.take_while(|at_us| *at_us < end_us);
        all.extend(samples.map(|at_us| (at_us, Chapter::Sample)));
        if self.full_us() < end_us {
            all.push((self.full_us(), Chapter::Full));
        }
        all.push((end_us, Chapter::Ended));
        if let PastEnd::Tripped {
            reset_us: Some(at_us),
            ..
        } = self.end
        {
            all.push((at_us, Chapter::Reset));
        }
        all.sort_unstable();
        all
    }

    /// When it was over, and why.
    pub(super) fn ended(&self) -> (i64, EndedReason) {
        let off_us = self.full_us() + IDLE_US;
        match self.end {
            PastEnd::Tripped { at_us, .. } => (at_us, EndedReason::Tripped),
            PastEnd::OpenedByHand { at_us } => (at_us, EndedReason::OpenedByHand),
            PastEnd::OfItself if off_us < self.limit_us => (off_us, EndedReason::CarIdle),
            PastEnd::OfItself => (self.limit_us, EndedReason::TimeLimit),
        }
    }

    /// What flows at a moment, in W.
    pub(super) fn power_at(&self, at_us: i64) -> i64 {
        let flows = (self.draws_us()..self.flows_until_us()).contains(&at_us);
        if flows { self.power_w } else { 0 }
    }

    /// What had flowed by a moment, in Wh.
    pub(super) fn energy_by(&self, at_us: i64) -> i64 {
        let flowed_us = at_us.min(self.flows_until_us()) - self.draws_us();
        self.power_w * flowed_us.max(0) / US_PER_HOUR
    }

    fn draws_us(&self) -> i64 {
        self.from_us + DRAWS_US
    }

    fn full_us(&self) -> i64 {
        self.draws_us() + self.need_wh * US_PER_HOUR / self.power_w.max(1)
    }

    fn flows_until_us(&self) -> i64 {
        self.full_us().min(self.ended().0)
    }
}
