//! What speaks for or against the direction of an outlet's current, and for its register, while a load is on.

use domain::observation::Reading;
use domain::units::{MilliAmps, WattHours, Watts};

use super::load::LOAD_MA;
use crate::install::protocol::{Because, Check, Fault, Step};
use crate::modbus::panel::Outlet;

/// Power in one direction, beyond what a meter makes up.
const CERTAIN_W: i64 = 20;
/// Steps of the register that are waited for, and what the meter may be late.
const STEPS: u64 = 3;
const SLACK_MS: u64 = 10_000;

/// Counted from the first sample of each value that can be used.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    /// The meter's power can be negative, so a positive one says something.
    signed: bool,
    power_w: Option<i64>,
    reversed: bool,
    register_wh: Option<i64>,
    rise_wh: i64,
    exported_wh: Option<i64>,
    exports_wh: i64,
}

impl Evidence {
    pub(super) fn of(outlet: &Outlet) -> Self {
        let power = outlet.meter.power.as_ref();
        Self {
            signed: power.is_some_and(|power| power.format.has_sign()),
            ..Self::default()
        }
    }

    pub(super) fn add(&mut self, seen: &Reading, exported_wh: Option<i64>) {
        if let Ok(Watts(w)) = seen.power {
            self.power_w = Some(w);
            self.reversed |= w < -CERTAIN_W;
        }
        self.reversed |= seen.current.is_ok_and(|MilliAmps(ma)| ma <= -LOAD_MA);
        if let Ok(WattHours(wh)) = seen.register {
            self.rise_wh = wh - *self.register_wh.get_or_insert(wh);
        }
        if let Some(wh) = exported_wh {
            self.exports_wh = wh - *self.exported_wh.get_or_insert(wh);
        }
    }

    /// Direction and register, once both have spoken.
    pub(super) fn verdicts(&self) -> Option<(Check, Check)> {
        let (direction, counts) = (Step::Direction, Step::RegisterCounts);
        if self.reversed {
            let reversed = Check::failed(direction, Fault::Reversed);
            let counts = Check::not_checked(counts, Because::EarlierFault);
            return Some((self.with_power(reversed), counts));
        }
        if self.rise_wh > 0 {
            let counts = Check::passed(counts).with("rise_wh", self.rise_wh);
            return Some((self.with_power(Check::passed(direction)), counts));
        }
        (self.exports_wh > 0).then(|| {
            let reversed = Check::failed(direction, Fault::Reversed).with("export_rise_wh", self.exports_wh);
            let counts = Check::failed(counts, Fault::RegisterStandsStill);
            (self.with_power(reversed), counts)
        })
    }

    /// The register has not moved in its time: what is known all the same.
    pub(super) fn at_the_end(&self, coarse: bool) -> (Check, Check) {
        let counts = if self.register_wh.is_none() {
            Check::failed(Step::RegisterCounts, Fault::NoRegister)
        } else if coarse {
            Check::not_checked(Step::RegisterCounts, Because::CoarseRegister)
        } else {
            Check::failed(Step::RegisterCounts, Fault::RegisterStandsStill)
        };
        let direction = if self.signed && self.power_w.is_some_and(|w| w > CERTAIN_W) {
            Check::passed(Step::Direction)
        } else {
            Check::not_checked(Step::Direction, Because::NothingTells)
        };
        (self.with_power(direction), counts)
    }

    /// The time in which the register makes a few steps at the power that was seen.
    pub(super) fn steps_ms(&self, outlet: &Outlet) -> u64 {
        let step_wh = u64::try_from(outlet.meter.register_step_wh).unwrap_or(1);
        let watts = self.power_w.and_then(|w| u64::try_from(w).ok());
        let watts = watts.unwrap_or(500).max(100);
        (STEPS * step_wh * 3_600_000 / watts).saturating_add(SLACK_MS)
    }

    fn with_power(&self, check: Check) -> Check {
        match self.power_w {
            Some(w) => check.with("power_w", w),
            None => check,
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::observation::Unusable;

    use super::*;
    use crate::install::protocol::Verdict;

    fn sample(register_wh: Option<i64>, power_w: Option<i64>) -> Reading {
        Reading {
            register: register_wh.map(WattHours).ok_or(Unusable::Silent),
            power: power_w.map(Watts).ok_or(Unusable::Silent),
            ..Reading::default()
        }
    }

    fn after(signed: bool, samples: &[Reading]) -> Evidence {
        let mut evidence = Evidence {
            signed,
            ..Evidence::default()
        };
        for sample in samples {
            evidence.add(sample, None);
        }
        evidence
    }

    #[test]
    fn the_register_counts_from_the_first_sample_that_can_be_used() {
        let evidence = after(true, &[sample(None, None), sample(Some(500), Some(900))]);
        assert!(evidence.verdicts().is_none());
        let evidence = after(
            true,
            &[
                sample(None, None),
                sample(Some(500), None),
                sample(Some(501), None),
            ],
        );
        let (direction, counts) = evidence.verdicts().unwrap();
        assert_eq!(
            (direction.verdict, counts.measured["rise_wh"]),
            (Verdict::Passed, 1)
        );
    }

    #[test]
    fn a_direction_that_nothing_tells_is_not_passed() {
        let not_checked = |because| Verdict::NotChecked { because };
        let still = [sample(Some(500), Some(900)), sample(Some(500), Some(900))];
        let (direction, counts) = after(false, &still).at_the_end(true);
        assert_eq!(direction.verdict, not_checked(Because::NothingTells));
        assert_eq!(counts.verdict, not_checked(Because::CoarseRegister));
        let (direction, _) = after(true, &still).at_the_end(true);
        assert_eq!(direction.verdict, Verdict::Passed);
        let (direction, counts) = after(true, &[sample(None, None)]).at_the_end(true);
        assert_eq!(direction.verdict, not_checked(Because::NothingTells));
        let fault = Fault::NoRegister;
        assert_eq!(counts.verdict, Verdict::Failed { fault });
    }
}
