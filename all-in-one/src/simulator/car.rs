//! A car on a charging cable: soft start, steady current, taper, full. Power is piecewise constant, so energy is exact.

use super::units::{MilliWattMillis, from_wh};

const RAMP_STEP_MS: u64 = 100;
const RAMP_STEPS: u64 = 50;
/// The last tenth of the need is drawn in so many ever smaller steps.
const TAPER_STEPS: i64 = 100;
/// A car does not draw less than this share of its current before it is full.
const SMALLEST_PERCENT: i64 = 6;
/// Ten megawatt-hours: far above any battery, and small enough that no product overflows.
const LARGEST_NEED_WH: i64 = 10_000_000;

/// The branch that feeds an outlet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Supply {
    pub(super) no_load_mv: i64,
}

impl Supply {
    /// A tenth of an ohm of cable.
    pub(super) fn voltage_mv(self, current_ma: i64) -> i64 {
        self.no_load_mv - current_ma / 10
    }

    pub(super) fn power_mw(self, current_ma: i64) -> i64 {
        self.voltage_mv(current_ma) * current_ma / 1000
    }
}

#[derive(Clone, Debug)]
pub(super) struct Car {
    steady_ma: i64,
    /// `None` never gets full.
    need: Option<MilliWattMillis>,
    drawn: MilliWattMillis,
    powered_ms: u64,
}

impl Car {
    pub(super) fn new(steady_ma: i64, need_wh: Option<i64>) -> Self {
        Self {
            steady_ma,
            need: need_wh.map(|wh| from_wh(wh.clamp(0, LARGEST_NEED_WH))),
            drawn: 0,
            powered_ms: 0,
        }
    }

    /// The next power-up starts softly again.
    pub(super) fn lose_power(&mut self) {
        self.powered_ms = 0;
    }

    /// What it draws at this moment while it has power.
    pub(super) fn current_ma(&self) -> i64 {
        let ramp = self.powered_ms.min(RAMP_STEP_MS * RAMP_STEPS) / RAMP_STEP_MS;
        let soft_ma = self.steady_ma * i64::try_from(ramp).unwrap_or(0) / RAMP_STEPS as i64;
        soft_ma.min(self.steady_ma * self.taper_percent() / 100)
    }

    /// Lets `ms` pass under power and returns the energy drawn, however the time is cut into calls.
    pub(super) fn draw(&mut self, ms: u64, supply: Supply) -> MilliWattMillis {
        let (mut left, before) = (ms, self.drawn);
        while left > 0 {
            let power_mw = supply.power_mw(self.current_ma());
            let step = self.next_change_ms(power_mw).min(left);
            let energy = power_mw.saturating_mul(i64::try_from(step).unwrap_or(i64::MAX));
            self.drawn = self.drawn.saturating_add(energy);
            self.powered_ms = self.powered_ms.saturating_add(step);
            left -= step;
        }
        self.drawn - before
    }

    fn taper_percent(&self) -> i64 {
        match self.taper_step() {
            None => 100,
            Some((_, remaining)) if remaining <= 0 => 0,
            Some((step, _)) => (step + 1).max(SMALLEST_PERCENT),
        }
    }

    /// The step of the taper and the energy still needed: [`TAPER_STEPS`] before the taper, then down to 0.
    fn taper_step(&self) -> Option<(i64, MilliWattMillis)> {
        let need = self.need?;
        let (remaining, band) = (need - self.drawn, need / 10);
        if remaining >= band {
            return Some((TAPER_STEPS, remaining));
        }
        Some((remaining.max(0) * TAPER_STEPS / band, remaining))
    }

    /// How long the present power lasts.
    fn next_change_ms(&self, power_mw: i64) -> u64 {
        let ramp = match self.powered_ms {
            ms if ms < RAMP_STEP_MS * RAMP_STEPS => RAMP_STEP_MS - ms % RAMP_STEP_MS,
            _ => u64::MAX,
        };
        let (Some(need), Some((step, remaining))) = (self.need, self.taper_step()) else {
            return ramp;
        };
        if power_mw <= 0 || remaining <= 0 {
            return ramp;
        }
        let band = need / 10;
        let edge = (band * step + TAPER_STEPS - 1) / TAPER_STEPS;
        let until_below_edge = remaining - edge.max(1) + 1;
        let taper = (until_below_edge + power_mw - 1) / power_mw;
        ramp.min(u64::try_from(taper).unwrap_or(1).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::super::units::to_mwh;
    use super::*;

    const SUPPLY: Supply = Supply { no_load_mv: 201_500 };

    #[test]
    fn the_soft_start_is_monotone_and_ends_at_15_a_after_five_seconds() {
        let mut car = Car::new(15_000, None);
        let mut last = 0;
        for _ in 0..500 {
            car.draw(10, SUPPLY);
            assert!(car.current_ma() >= last);
            last = car.current_ma();
        }
        assert_eq!(last, 15_000);
        assert_eq!(SUPPLY.power_mw(last), 3_000_000);
    }

    #[test]
    fn steady_energy_is_power_times_time() {
        let mut car = Car::new(15_000, None);
        car.draw(5_000, SUPPLY);
        assert_eq!(to_mwh(car.draw(3_600_000, SUPPLY)), 3_000_000);
    }

    #[test]
    fn the_taper_falls_without_rising_again_and_ends_full_with_what_was_needed() {
        let mut car = Car::new(15_000, Some(6_000));
        car.draw(5_000, SUPPLY);
        let (mut last, mut falls) = (car.current_ma(), 0);
        for _ in 0..20_000 {
            car.draw(1_000, SUPPLY);
            assert!(car.current_ma() <= last);
            falls += i64::from(car.current_ma() < last);
            last = car.current_ma();
        }
        assert_eq!(last, 0);
        assert!(falls > 50, "{falls} steps only");
        assert_eq!(to_mwh(car.drawn), 6_000_000);
    }

    #[test]
    fn energy_does_not_depend_on_how_often_one_looks() {
        for (need, ms) in [
            (Some(900), 3_600_000),
            (Some(1), 60_000),
            (None, 7_777),
            (Some(0), 10_000),
        ] {
            let (mut once, mut often) = (Car::new(14_937, need), Car::new(14_937, need));
            once.draw(ms, SUPPLY);
            let (mut left, mut step) = (ms, 1);
            while left > 0 {
                let now = step.min(left);
                often.draw(now, SUPPLY);
                (left, step) = (left - now, step * 7 % 1_009);
            }
            assert_eq!(once.drawn, often.drawn, "{need:?} {ms}");
            assert_eq!(once.current_ma(), often.current_ma());
        }
    }

    #[test]
    fn a_car_that_lost_power_starts_softly_again() {
        let mut car = Car::new(15_000, None);
        car.draw(60_000, SUPPLY);
        car.lose_power();
        assert_eq!(car.current_ma(), 0);
        car.draw(2_500, SUPPLY);
        assert_eq!(car.current_ma(), 7_500);
    }
}
