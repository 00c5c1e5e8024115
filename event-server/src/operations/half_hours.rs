//! The mean demand of each half of an hour, as utilities count it: the energy of that half, times two.

use api_spec::rest::{MeterQuality, MeterValue};

const QUARTER_US: i64 = 900 * 1_000_000;
pub(crate) const HALF_HOUR_US: i64 = 2 * QUARTER_US;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HalfHour {
    pub(crate) from_us: i64,
    pub(crate) watts: i64,
    /// Registers lie further apart here than this half: their energy is spread over the time between them.
    pub(crate) is_spread: bool,
}

/// What flowed in a quarter of an hour.
#[derive(Clone, Copy)]
struct Quarter {
    from_us: i64,
    energy_wh: i64,
    /// The quarters over which energy is spread, the first and the last, if over several.
    spread: Option<(i64, i64)>,
}

/// The halves between two moments. `values`: quarters in the order of time, also from before and after. A half of which
/// a quarter is not known is left out.
pub(crate) fn half_hours(values: &[MeterValue], (from_us, to_us): (i64, i64)) -> Vec<HalfHour> {
    let quarters = quarters(values);
    let mut halves = Vec::new();
    let pairs = quarters.iter().zip(quarters.iter().skip(1));
    for (first, second) in pairs {
        let is_within = first.from_us >= from_us && second.from_us < to_us;
        let begins_half = (first.from_us - from_us).rem_euclid(HALF_HOUR_US) == 0;
        let own = (first.from_us, first.from_us + QUARTER_US);
        if is_within && begins_half && second.from_us == own.1 {
            let mut spread = [first, second].into_iter().filter_map(|quarter| quarter.spread);
            halves.push(HalfHour {
                from_us: first.from_us,
                watts: (first.energy_wh + second.energy_wh) * 2,
                is_spread: spread.any(|span| span != own),
            });
        }
    }
    halves
}

/// What flowed from a moment on, by the quarters that end after it.
pub(crate) fn energy_since(values: &[MeterValue], from_us: i64) -> i64 {
    let since = values.iter().filter(|value| value.to.0 > from_us);
    since.filter_map(|value| value.energy_wh).sum()
}

/// From the first register on, each quarter until the last.
fn quarters(values: &[MeterValue]) -> Vec<Quarter> {
    let mut quarters = Vec::with_capacity(values.len());
    let mut silent: Vec<i64> = Vec::new();
    for value in values.iter().skip_while(|value| value.register_wh.is_none()) {
        silent.push(value.from.0);
        if value.register_wh.is_none() {
            continue;
        }
        let energy_wh = value.energy_wh.unwrap_or(0);
        if value.quality == MeterQuality::Measured {
            // The register had not moved in the silence before: what is counted is this quarter's own.
            quarters.extend(silent.drain(..).map(|from_us| Quarter {
                from_us,
                energy_wh: if from_us == value.from.0 { energy_wh } else { 0 },
                spread: None,
            }));
            continue;
        }
        let count = i64::try_from(silent.len()).unwrap_or(i64::MAX);
        let span = (silent.first().copied().unwrap_or(value.from.0), value.from.0);
        let spread = Some(span).filter(|_| count > 1 && energy_wh != 0);
        for (place, from_us) in (0..).zip(silent.drain(..)) {
            quarters.push(Quarter {
                from_us,
                energy_wh: energy_wh * (place + 1) / count - energy_wh * place / count,
                spread,
            });
        }
    }
    quarters
}

#[cfg(test)]
mod tests {
    use api_spec::rest::Time;

    use super::*;

    fn value(quarter: i64, energy_wh: Option<i64>) -> MeterValue {
        MeterValue {
            from: Time(quarter * QUARTER_US),
            to: Time((quarter + 1) * QUARTER_US),
            energy_wh,
            register_wh: energy_wh,
            voltage_mv: None,
            current_ma: None,
            breaker: None,
            quality: MeterQuality::Estimated,
        }
    }

    fn told(energies: &[Option<i64>], bounds: (i64, i64)) -> Vec<(i64, i64, bool)> {
        let values: Vec<MeterValue> = (0..)
            .zip(energies)
            .map(|(quarter, energy)| value(quarter, *energy))
            .collect();
        let bounds = (bounds.0 * QUARTER_US, bounds.1 * QUARTER_US);
        half_hours(&values, bounds)
            .into_iter()
            .map(|half| (half.from_us / QUARTER_US, half.watts, half.is_spread))
            .collect()
    }

    #[test]
    fn a_halfs_demand_is_its_energy_times_two() {
        let read = [Some(500), Some(700), Some(0), Some(10)];
        assert_eq!(told(&read, (0, 4)), [(0, 2_400, false), (2, 20, false)]);
    }

    #[test]
    fn energy_between_registers_that_lie_far_apart_is_spread_over_the_time_between_them() {
        // Once in an hour: 8 kW all the time are 8 kW in each half, not 32 kW in one.
        let hourly = [
            Some(0),
            None,
            None,
            None,
            Some(8_000),
            None,
            None,
            None,
            Some(8_000),
        ];
        assert_eq!(
            told(&hourly, (1, 9)),
            [
                (1, 8_000, true),
                (3, 8_000, true),
                (5, 8_000, true),
                (7, 8_000, true)
            ]
        );
        // Once in each half is as good as it needs.
        let halves = [Some(0), Some(0), None, Some(900), None, Some(1_100)];
        assert_eq!(told(&halves, (2, 6)), [(2, 1_800, false), (4, 2_200, false)]);
        // Also over the begin of the day, and nothing is lost by rounding.
        let uneven = [Some(0), None, None, Some(1_000)];
        let halves = told(&uneven, (2, 4));
        assert_eq!(halves, [(2, (1_000 - 333) * 2, true)]);
    }

    #[test]
    fn energy_after_a_silence_in_which_nothing_flowed_is_of_its_own_quarter() {
        let mut values: Vec<MeterValue> = [(0, Some(0)), (1, None), (2, None), (3, Some(900))]
            .map(|(quarter, energy)| value(quarter, energy))
            .into();
        values[3].quality = MeterQuality::Measured;
        let halves = half_hours(&values, (0, 4 * QUARTER_US));
        let told: Vec<(i64, bool)> = halves.iter().map(|half| (half.watts, half.is_spread)).collect();
        assert_eq!(told, [(0, false), (1_800, false)]);
    }

    #[test]
    fn energy_counts_also_where_half_an_hour_is_not_known_whole() {
        let values: Vec<MeterValue> = [(0, None), (1, Some(100)), (2, Some(70))]
            .map(|(quarter, energy)| value(quarter, energy))
            .into();
        assert_eq!(half_hours(&values, (0, 4 * QUARTER_US)), []);
        assert_eq!(energy_since(&values, 0), 170);
        assert_eq!(energy_since(&values, 2 * QUARTER_US), 70);
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        // Before the first register, after the last, and a half of which only one quarter is known.
        let read = [None, None, None, Some(0), Some(100), Some(100), Some(50), None];
        assert_eq!(told(&read, (0, 8)), [(4, 400, false)]);
        // Silence in which nothing flowed is no guess.
        assert_eq!(
            told(&[Some(5), None, None, Some(0)], (0, 4)),
            [(0, 10, false), (2, 0, false)]
        );
    }
}
