//! What a session costs: by its registers, and the moments from which another rate holds.
//!
//! Rounding happens in one place, [`Terms::cost`]: the energy's cost is summed exactly, in millionths of a yen, over all rates and
//! then rounded down to whole yen, once for the session. Nothing else has fractions of a yen, so the parts add up to the whole.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::Yen;
use crate::units::{Millis, Timestamp, WattHours};

/// Millionths of a yen: watt-hours times thousandths of a yen for a kilowatt-hour.
const MILLIONTHS: i128 = 1_000_000;
const MINUTE_MS: u64 = 60_000;
/// More than any charge takes; an amount of money that buys more limits nothing.
const MOST: WattHours = WattHours(1_000_000_000);

/// A price of energy in thousandths of a yen for a kilowatt-hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(pub i64);

/// What a version of a tariff says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The first holds where no other does. None may be negative, as nothing else here may.
    pub rates: Vec<Rate>,
    /// For each session that took energy.
    pub fixed: Yen,
    /// Energy and the fixed part cost this at least.
    pub minimum: Yen,
    /// For each whole minute that a full car stays beyond [`Terms::idle_free`].
    pub idle_per_minute: Yen,
    pub idle_free: Millis,
}

/// From when on a rate holds; the number is its place in [`Terms::rates`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    pub at: Timestamp,
    pub rate: usize,
}

/// A register and when it was read.
pub type Reading = (Timestamp, WattHours);

/// What a session took at each rate, and how long its car stayed full.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metered {
    by_rate: Vec<WattHours>,
    #[serde(default)]
    pub idle: Millis,
}

/// What a session costs, and its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    pub energy: Yen,
    pub fixed: Yen,
    /// What is missing to the minimum.
    pub minimum: Yen,
    pub idle: Yen,
}

/// The price of a session by all registers read in it, in the order of time, and the turns of rates, in the order of time.
pub fn price(terms: &Terms, readings: &[Reading], turns: &[Turn], idle: Millis) -> Cost {
    let mut metered = Metered {
        idle,
        ..Metered::default()
    };
    for (from, to) in readings.iter().zip(readings.iter().skip(1)) {
        metered.add(*from, *to, turns);
    }
    terms.cost(&metered)
}

impl Metered {
    /// Takes in the energy between two registers. Between them it flowed evenly, so that a turn at a reading is exact. A
    /// register that goes back adds nothing.
    pub fn add(&mut self, from: Reading, to: Reading, turns: &[Turn]) {
        let after = turns.partition_point(|turn| turn.at <= from.0);
        let mut rate = after
            .checked_sub(1)
            .and_then(|place| turns.get(place))
            .map_or(0, |turn| turn.rate);
        let mut counted = from.1;
        let within = turns.iter().skip(after).take_while(|turn| turn.at < to.0);
        for turn in within {
            let register = between(from, to, turn.at);
            self.count(rate, register - counted);
            (rate, counted) = (turn.rate, register);
        }
        self.count(rate, to.1 - counted);
    }

    fn count(&mut self, rate: usize, energy: WattHours) {
        if energy.0 <= 0 {
            return;
        }
        if self.by_rate.len() <= rate {
            self.by_rate.resize(rate + 1, WattHours(0));
        }
        if let Some(sum) = self.by_rate.get_mut(rate) {
            *sum = *sum + energy;
        }
    }

    /// Takes energy back that was not the session's, from the first rate that has any.
    pub fn take_back(&mut self, energy: WattHours) {
        let mut left = energy;
        for sum in &mut self.by_rate {
            let taken = left.min(*sum);
            *sum = *sum - taken;
            left = left - taken;
        }
    }

    /// The same with a car that stayed full for so long.
    pub fn with_idle(self, idle: Millis) -> Self {
        Self { idle, ..self }
    }

    /// What was taken at a rate.
    pub fn at_rate(&self, rate: usize) -> WattHours {
        self.by_rate.get(rate).copied().unwrap_or_default()
    }

    pub fn energy(&self) -> WattHours {
        self.by_rate
            .iter()
            .fold(WattHours(0), |sum, energy| sum + *energy)
    }
}

/// The register at a moment between two readings.
fn between(from: Reading, to: Reading, at: Timestamp) -> WattHours {
    let whole = i128::from(to.0.0) - i128::from(from.0.0);
    let part = i128::from(at.0) - i128::from(from.0.0);
    let moved = i128::from((to.1 - from.1).0.max(0)) * part / whole.max(1);
    from.1 + WattHours(i64::try_from(moved).unwrap_or(i64::MAX))
}

impl Terms {
    /// One price at all times, and nothing else.
    pub fn flat(rate: Rate) -> Self {
        Self {
            rates: vec![rate],
            fixed: Yen(0),
            minimum: Yen(0),
            idle_per_minute: Yen(0),
            idle_free: Millis(0),
        }
    }

    /// The energy's cost in millionths of a yen, which is exact.
    pub fn energy_millionths(&self, metered: &Metered) -> i128 {
        let rates = self.rates.iter().enumerate();
        let costs =
            rates.map(|(place, rate)| i128::from(metered.at_rate(place).0) * i128::from(rate.0.max(0)));
        costs.sum()
    }

    /// What it costs. Whoever took no energy pays nothing.
    pub fn cost(&self, metered: &Metered) -> Cost {
        if metered.energy() <= WattHours(0) {
            return Cost::NOTHING;
        }
        let energy = self.energy_millionths(metered) / MILLIONTHS;
        let energy = Yen(i64::try_from(energy).unwrap_or(i64::MAX));
        let fixed = Yen(self.fixed.0.max(0));
        let missing = self.minimum.0.saturating_sub(energy.0.saturating_add(fixed.0));
        let minutes = metered.idle.0.saturating_sub(self.idle_free.0) / MINUTE_MS;
        let minutes = i64::try_from(minutes).unwrap_or(i64::MAX);
        Cost {
            energy,
            fixed,
            minimum: Yen(missing.max(0)),
            idle: Yen(minutes.saturating_mul(self.idle_per_minute.0.max(0))),
        }
    }

    /// Of what was taken, this much at the dearest of its rates: what so much can cost at most.
    pub fn dearest(&self, metered: &Metered, most: WattHours) -> Metered {
        let mut places: Vec<usize> = (0..metered.by_rate.len()).collect();
        places.sort_by_key(|place| Reverse(self.rates.get(*place)));
        let mut dearest = Metered {
            by_rate: Vec::new(),
            idle: metered.idle,
        };
        let mut left = most;
        for place in places {
            let taken = metered.at_rate(place).min(left);
            dearest.count(place, taken);
            left = left - taken;
        }
        dearest
    }

    /// The least amount of money that buys anything.
    pub fn least(&self) -> Yen {
        let dearest = self
            .rates
            .iter()
            .max()
            .map_or(0, |rate| i128::from(rate.0.max(0)));
        let of_one = i64::try_from((dearest + MILLIONTHS - 1) / MILLIONTHS).unwrap_or(i64::MAX);
        let with_fixed = self.fixed.0.max(0).saturating_add(of_one);
        Yen(with_fixed.max(self.minimum.0).max(1))
    }

    /// The most whole watt-hours that cost no more than `limit` at any time of the day; `None` where not even one does. What
    /// a full car costs comes on top.
    pub fn buys(&self, limit: Yen) -> Option<WattHours> {
        if limit < self.minimum || limit < self.fixed {
            return None;
        }
        let millionths = i128::from(limit.0 - self.fixed.0.max(0)) * MILLIONTHS;
        let dearest = self.rates.iter().max().map_or(0, |rate| rate.0);
        let most = match dearest {
            ..=0 => MOST,
            rate => WattHours(i64::try_from(millionths / i128::from(rate)).unwrap_or(i64::MAX)),
        };
        Some(most.min(MOST)).filter(|energy| *energy >= WattHours(1))
    }
}

impl Cost {
    pub const NOTHING: Self = Self {
        energy: Yen(0),
        fixed: Yen(0),
        minimum: Yen(0),
        idle: Yen(0),
    };

    /// All parts together.
    pub fn total(self) -> Yen {
        let parts = [self.energy, self.fixed, self.minimum, self.idle];
        Yen(parts.iter().fold(0, |sum, part| sum.saturating_add(part.0)))
    }
}

#[cfg(test)]
#[path = "tariff_tests.rs"]
mod tests;
