//! From a meter's register to energy: what may be billed, what is held back, what nobody is billed for (I1, I8).

use serde::{Deserialize, Serialize};

use crate::observation::{Measured, Unusable};
use crate::units::{Millis, Tick, WattHours, Watts};

/// A new level is believed after this many samples in a row that rise from one to the next as a meter would.
const SAMPLES_TO_BELIEVE: u8 = 3;
/// Registers advance in steps and are read a little early or late.
const STEP: WattHours = WattHours(2);
/// After a gap of unknown length (a power cut without a clock), a register may have moved by this much time's worth.
const UNKNOWN_GAP: Millis = Millis::seconds(24 * 3600);

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
    attributable: WattHours,
    unattributed: WattHours,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Sample {
    register: WattHours,
    at: Tick,
    /// Whether `at` is comparable with the ticks to come.
    same_clock: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Doubted {
    last: Sample,
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
            .filter(|last| last.same_clock)
            .map(|last| now.since(last.at))
    }

    /// The most that can have passed unseen in `elapsed`.
    pub fn carried_in(&self, elapsed: Millis) -> WattHours {
        let carried = i128::from(self.max_power.0) * i128::from(elapsed.0) / 3_600_000;
        WattHours(i64::try_from(carried).unwrap_or(i64::MAX))
    }

    /// After a restart whose length the monotonic clock cannot tell.
    pub fn after_unknown_gap(mut self) -> Self {
        self.doubted = None;
        if let Some(last) = &mut self.last {
            last.same_clock = false;
        }
        self
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
                same_clock: true,
            }),
        }
    }

    fn observe_register(&mut self, sample: Sample) -> Outcome {
        let Some(last) = self.last else {
            self.accept(sample);
            return Outcome::Baseline;
        };
        let moved = sample.register - last.register;
        if self.follows(last, sample) && self.disowned && moved.0 > 0 {
            return self.rebase(last, sample);
        }
        if self.follows(last, sample) {
            self.attributable = self.attributable + moved;
            self.accept(sample);
            return Outcome::Advanced(moved);
        }
        let rising = match self.doubted {
            Some(doubted) if self.follows(doubted.last, sample) => doubted.rising.saturating_add(1),
            Some(_) | None => 1,
        };
        if rising >= SAMPLES_TO_BELIEVE {
            return self.rebase(last, sample);
        }
        let (from, to) = (last.register, sample.register);
        let begins = self.doubted.is_none();
        self.doubted = Some(Doubted { last: sample, rising });
        let anomaly = if moved.0 < 0 {
            Anomaly::Back { from, to }
        } else {
            Anomaly::TooFast { from, to }
        };
        Outcome::Nothing(begins.then_some(anomaly))
    }

    fn rebase(&mut self, last: Sample, sample: Sample) -> Outcome {
        let (from, to) = (last.register, sample.register);
        self.unattributed = self.unattributed + (to - from);
        self.accept(sample);
        Outcome::Rebased { from, to }
    }

    /// Whether a meter on this circuit can go from one sample to the other.
    fn follows(&self, earlier: Sample, later: Sample) -> bool {
        let moved = (later.register - earlier.register).0;
        let elapsed = if earlier.same_clock {
            later.at.since(earlier.at)
        } else {
            UNKNOWN_GAP
        };
        let carried = self.carried_in(elapsed).0;
        // A tenth more: registers and clocks are not exact.
        moved >= 0 && moved <= carried.saturating_add(carried / 10).saturating_add(self.step.0)
    }

    fn accept(&mut self, sample: Sample) {
        self.last = Some(sample);
        self.doubted = None;
        self.quiet = false;
        self.disowned = false;
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
