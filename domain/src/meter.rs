//! From a meter's register to energy: what may be billed, what is held back, what nobody is billed for (I1, I8).

use serde::{Deserialize, Serialize};

use crate::observation::{Measured, Unusable};
use crate::units::{Millis, Tick, WattHours, Watts};

/// A new level is believed after this many samples in a row that a meter could show, and that have risen.
const SAMPLES_TO_BELIEVE: u8 = 3;
/// Registers advance in steps and are read a little early or late.
const STEP: WattHours = WattHours(2);
/// After a gap of unknown length (a power cut without a clock), a register may have moved by this much time's worth.
pub const LONGEST_GAP: Millis = Millis::seconds(24 * 3600);
/// After such a gap, more than this time's worth is not attributed on a single sample.
const SURE: Millis = Millis::seconds(60);
/// No power cut that nobody has measured is believed to have let more than this time's worth pass: whoever exchanges a
/// meter cuts the power too.
const LIKELY: Millis = Millis::seconds(600);

/// The account of one meter's register. All sums are exact:
/// `attributable + unattributed = last good register - first good register`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meter {
    /// More than the circuit can carry: a register that moves faster is wrong.
    max_power: Watts,
    /// The register advances by as much at once.
    step: WattHours,
    last: Option<Sample>,
    doubted: Option<Doubted>,
    quiet: bool,
    /// The next movement belongs to nobody.
    disowned: bool,
    /// Another meter has taken the place of the one that was read last.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    replaced: bool,
    attributable: WattHours,
    unattributed: WattHours,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Sample {
    register: WattHours,
    at: Tick,
    /// Where `at` is a tick of an earlier boot: how long ago that was at most.
    #[serde(default)]
    gap: Option<Millis>,
    /// No clock has measured that gap, and nobody knows whether it is the same meter still.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_guessed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Doubted {
    /// Where the run of consistent samples began.
    #[serde(default)]
    first: WattHours,
    last: Sample,
    /// How long that run is.
    rising: u8,
}

/// What a sample was worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The first good register: counting begins here.
    Baseline,
    /// The energy since the last good register, which may be attributed.
    Advanced(WattHours),
    /// Nothing usable; `Some` when this begins, so that it is told once.
    Nothing(Option<Anomaly>),
    /// A new level is believed after a held one; the difference is attributed to nobody.
    Rebased { from: WattHours, to: WattHours },
}

/// Why registers are not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Anomaly {
    /// No usable value: silent, the device's "invalid" marker, or out of range.
    Unusable { why: Unusable },
    /// The register went back.
    Back { from: WattHours, to: WattHours },
    /// The register rose faster than the circuit can carry.
    TooFast { from: WattHours, to: WattHours },
    /// The register stands still although power flows.
    Frozen { from: WattHours },
}

impl Meter {
    /// A meter never read before, on a circuit that carries at most `max_power`.
    pub fn new(max_power: Watts) -> Self {
        let zero = WattHours(0);
        Self {
            max_power,
            step: STEP,
            last: None,
            doubted: None,
            quiet: false,
            disowned: false,
            replaced: false,
            attributable: zero,
            unattributed: zero,
        }
    }

    /// The same account on a circuit, and with a register, that are described anew.
    pub fn described(self, max_power: Watts, step: WattHours) -> Self {
        Self {
            max_power,
            step: step.max(STEP),
            ..self
        }
    }

    /// The register's next movement is attributed to nobody: it began before whoever uses the outlet now.
    pub fn disown_gap(&mut self) {
        self.disowned = self.last.is_some();
    }

    /// How long ago a register was believed; `None` where none was, or where no clock can tell.
    pub fn silent_for(&self, now: Tick) -> Option<Millis> {
        self.last
            .filter(|last| last.gap.is_none())
            .map(|last| now.since(last.at))
    }

    /// Whether a register was believed, or at least stood at one level, not longer than `lately` ago.
    pub fn is_heard(&self, lately: Millis, now: Tick) -> bool {
        let stands =
            |doubted: &Doubted| doubted.rising >= SAMPLES_TO_BELIEVE && now.since(doubted.last.at) <= lately;
        self.silent_for(now).is_some_and(|silent| silent <= lately)
            || self.doubted.as_ref().is_some_and(stands)
    }

    /// Whether the last sample awaits those that bear it out.
    pub fn is_in_doubt(&self) -> bool {
        self.doubted.is_some()
    }

    /// The most that can have passed unseen in `elapsed`.
    pub fn carried_in(&self, elapsed: Millis) -> WattHours {
        let carried = i128::from(self.max_power.0) * i128::from(elapsed.0) / 3_600_000;
        WattHours(i64::try_from(carried).unwrap_or(i64::MAX))
    }

    /// After a boot, whose ticks begin anew: the last register was read at most `longest` ago; `is_measured`: by a clock
    /// that is believed.
    pub fn after_gap(mut self, longest: Millis, is_measured: bool) -> Self {
        self.doubted = None;
        if let Some(last) = &mut self.last {
            let longest = last.gap.map_or(longest, |_| LONGEST_GAP);
            last.gap = Some(longest.min(LONGEST_GAP));
            last.is_guessed |= !is_measured;
        }
        self
    }

    /// The meter has told who it is, and it is the one that was read last.
    pub fn is_the_same(&mut self) {
        if let Some(last) = &mut self.last {
            last.is_guessed = false;
        }
    }

    /// Another meter stands here now: what its register shows continues nobody's account.
    pub fn is_replaced(&mut self) {
        self.replaced = self.last.is_some();
    }

    /// The tick at which a register was believed last; of an earlier boot where nothing was read since.
    pub(crate) fn believed_at(&self) -> Option<Tick> {
        self.last.map(|last| last.at)
    }

    /// The last register that was believed.
    pub fn register(&self) -> Option<WattHours> {
        self.last.map(|sample| sample.register)
    }

    /// All energy since the first good register that may be attributed to whoever used the outlet.
    pub fn attributable(&self) -> WattHours {
        self.attributable
    }

    /// The register's movement that is attributed to nobody; negative after a reset.
    pub fn unattributed(&self) -> WattHours {
        self.unattributed
    }

    /// Takes one sample, read at `now`.
    pub fn observe(&mut self, register: Measured<WattHours>, now: Tick) -> Outcome {
        match register {
            Err(why) => Outcome::Nothing(self.begins(Anomaly::Unusable { why })),
            Ok(register) => self.observe_register(Sample {
                register,
                at: now,
                gap: None,
                is_guessed: false,
            }),
        }
    }

    fn observe_register(&mut self, sample: Sample) -> Outcome {
        let Some(last) = self.last else {
            self.accept(sample);
            return Outcome::Baseline;
        };
        if self.replaced {
            return self.rebase(last, sample);
        }
        let moved = sample.register - last.register;
        if self.follows(last, sample) && self.disowned && moved.0 > 0 {
            return self.rebase(last, sample);
        }
        let run = self.run_with(sample);
        if self.follows(last, sample) {
            if last.gap.is_some() && run.rising == 1 && moved > self.most_in(SURE) {
                self.doubted = Some(run);
                return Outcome::Nothing(None);
            }
            if last.is_guessed && moved > self.most_in(LIKELY) {
                return self.rebase(last, sample);
            }
            self.attributable = self.attributable + moved;
            self.accept(sample);
            return Outcome::Advanced(moved);
        }
        if run.rising >= SAMPLES_TO_BELIEVE && sample.register > run.first {
            return self.rebase(last, sample);
        }
        let (from, to) = (last.register, sample.register);
        let begins = self.doubted.is_none();
        self.doubted = Some(run);
        let anomaly = if moved.0 < 0 {
            Anomaly::Back { from, to }
        } else {
            Anomaly::TooFast { from, to }
        };
        Outcome::Nothing(begins.then_some(anomaly))
    }

    /// The run of consistent samples that this one ends.
    fn run_with(&self, sample: Sample) -> Doubted {
        let (first, rising) = match self.doubted {
            Some(doubted) if self.follows(doubted.last, sample) => {
                (doubted.first, doubted.rising.saturating_add(1))
            }
            Some(_) | None => (sample.register, 1),
        };
        Doubted {
            first,
            last: sample,
            rising,
        }
    }

    fn rebase(&mut self, last: Sample, sample: Sample) -> Outcome {
        let (from, to) = (last.register, sample.register);
        self.unattributed = self.unattributed + (to - from);
        self.accept(sample);
        Outcome::Rebased { from, to }
    }

    /// Whether a meter on this circuit can go from one sample to the other.
    fn follows(&self, earlier: Sample, later: Sample) -> bool {
        let moved = later.register - earlier.register;
        // The time of this boot comes on top of what had passed before it.
        let elapsed = match earlier.gap {
            None => later.at.since(earlier.at),
            Some(gap) => Millis(gap.0.saturating_add(later.at.0)),
        };
        moved.0 >= 0 && moved <= self.most_in(elapsed)
    }

    /// The most that a register may move in `elapsed`; a tenth more, as registers and clocks are not exact.
    fn most_in(&self, elapsed: Millis) -> WattHours {
        let carried = self.carried_in(elapsed).0;
        WattHours(carried.saturating_add(carried / 10).saturating_add(self.step.0))
    }

    fn accept(&mut self, sample: Sample) {
        self.last = Some(sample);
        self.doubted = None;
        self.quiet = false;
        self.disowned = false;
        self.replaced = false;
    }

    fn begins(&mut self, anomaly: Anomaly) -> Option<Anomaly> {
        let begins = !self.quiet;
        self.quiet = true;
        begins.then_some(anomaly)
    }
}

#[cfg(test)]
#[path = "meter_tests.rs"]
mod tests;
