//! What readings come to over a stretch of time. Energy is the movement of registers, never a product of power and time.

use api_spec::rest::{MeterQuality, MeterValue, Time};

use super::local_days::CLOSES_US;
use crate::store::packed::Kept;
use crate::store::reading_days::DaySum;
use crate::store::readings::{Place, REBASED};

/// Energy that was counted after a longer silence may have flowed at any time within it.
pub(crate) const SILENCE_US: i64 = 180_000_000;

/// What falls into one stretch.
#[derive(Clone, Debug, Default)]
struct Heap {
    samples: i32,
    first_at: i64,
    last_at: i64,
    energy_wh: i64,
    register_wh: Option<i64>,
    voltage: Mean,
    current: Mean,
    breaker: Option<String>,
    doubted: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    sum: i64,
    count: i64,
}

impl Mean {
    fn add(&mut self, value: Option<i64>) {
        if let Some(value) = value {
            self.sum = self.sum.saturating_add(value);
            self.count += 1;
        }
    }

    fn value(self) -> Option<i64> {
        self.sum.checked_div(self.count)
    }
}

impl Heap {
    fn add(&mut self, kept: &Kept) {
        let rebased = kept.account == Some(REBASED);
        self.energy_wh += kept.moved_wh.filter(|_| !rebased).unwrap_or(0);
        if !is_sample(kept) {
            return;
        }
        // The first register of all is where counting begins, and in no doubt.
        let believed = kept.register_wh.is_none() || kept.moved_wh.is_some();
        self.doubted |= rebased || (self.samples > 0 && !believed);
        if self.samples == 0 {
            self.first_at = kept.at;
        }
        self.samples += 1;
        self.last_at = kept.at;
        self.register_wh = kept.register_wh.or(self.register_wh);
        self.voltage.add(kept.voltage_mv);
        self.current.add(kept.current_ma);
        if kept.breaker.is_some() {
            self.breaker.clone_from(&kept.breaker);
        }
    }

    fn value(self, (from, to): (i64, i64)) -> MeterValue {
        let quality = match (self.samples, self.doubted) {
            (0, _) => MeterQuality::Gap,
            (_, true) => MeterQuality::Estimated,
            (_, false) => MeterQuality::Measured,
        };
        MeterValue {
            from: Time(from),
            to: Time(to),
            energy_wh: (quality != MeterQuality::Gap || self.energy_wh != 0).then_some(self.energy_wh),
            register_wh: self.register_wh,
            voltage_mv: self.voltage.value(),
            current_ma: self.current.value(),
            breaker: self.breaker.and_then(|name| crate::store::parse(&name).ok()),
            quality,
        }
    }
}

/// Whether it tells of a look at the meter, and does not merely move energy between accounts.
pub(crate) fn is_sample(kept: &Kept) -> bool {
    let measured = [kept.register_wh, kept.voltage_mv, kept.current_ma, kept.power_w];
    measured.iter().any(Option::is_some) || kept.breaker.is_some()
}

/// One value for each pair of neighbouring `bounds`; `readings` in the order of time, with some from before the first bound.
pub(crate) fn roll_up(readings: &[Kept], bounds: &[i64]) -> Vec<MeterValue> {
    let mut heaps = vec![Heap::default(); bounds.len().saturating_sub(1)];
    let place = |kept: &Kept| {
        let after = bounds.partition_point(|bound| *bound <= kept.at.saturating_sub(CLOSES_US));
        after.checked_sub(1)
    };
    let mut before: Option<&Kept> = None;
    for kept in readings {
        let here = place(kept);
        if let Some(before) = before.filter(|before| is_silent(before, kept))
            && place(before) != here
        {
            for heap in [place(before), here].into_iter().flatten() {
                if let Some(heap) = heaps.get_mut(heap) {
                    heap.doubted = true;
                }
            }
        }
        if let Some(heap) = here.and_then(|here| heaps.get_mut(here)) {
            heap.add(kept);
        }
        if is_sample(kept) && kept.register_wh.is_some() {
            before = Some(kept);
        }
    }
    let stretches = bounds.iter().zip(bounds.iter().skip(1));
    let values = heaps.into_iter().zip(stretches);
    values
        .map(|(heap, (from, to))| heap.value((*from, *to)))
        .collect()
}

fn is_silent(before: &Kept, after: &Kept) -> bool {
    after.at - before.at > SILENCE_US && after.moved_wh.unwrap_or(0) != 0
}

/// A main circuit's meter has no account: its register is believed as far as it rises.
pub(crate) fn with_movements(place: &Place, mut readings: Vec<Kept>) -> Vec<Kept> {
    if matches!(place, Place::Outlet(_)) {
        return readings;
    }
    let mut before = None;
    for kept in &mut readings {
        let Some(register_wh) = kept.register_wh else {
            continue;
        };
        let moved_wh = before.map(|before: i64| register_wh.saturating_sub(before));
        kept.account = moved_wh.filter(|moved| *moved < 0).map(|_| REBASED);
        kept.moved_wh = moved_wh;
        before = Some(register_wh);
    }
    readings
}

/// What a whole day comes to.
pub(crate) fn sum(day: i32, readings: &[Kept]) -> DaySum {
    let mut heap = Heap::default();
    for kept in readings {
        heap.add(kept);
    }
    DaySum {
        day,
        samples: heap.samples,
        first_at: heap.first_at,
        last_at: heap.last_at,
        energy_wh: heap.energy_wh,
        register_wh: heap.register_wh,
        voltage_mv: heap.voltage.value(),
        current_ma: heap.current.value(),
        breaker: heap.breaker,
        doubted: heap.doubted,
    }
}

/// One reading as it came.
pub(crate) fn as_read(kept: &Kept) -> MeterValue {
    let believed = kept.register_wh.is_none() || (kept.moved_wh.is_some() && kept.account != Some(REBASED));
    MeterValue {
        from: Time(kept.at),
        to: Time(kept.at),
        energy_wh: kept.moved_wh.filter(|_| kept.account != Some(REBASED)),
        register_wh: kept.register_wh,
        voltage_mv: kept.voltage_mv,
        current_ma: kept.current_ma,
        breaker: kept
            .breaker
            .as_deref()
            .and_then(|name| crate::store::parse(name).ok()),
        quality: match believed {
            true => MeterQuality::Measured,
            false => MeterQuality::Estimated,
        },
    }
}

/// Days as one value. `bounds`: when they begin and end; a day without a row is a gap in them. `until_us`: the present.
pub(crate) fn of_days(days: &[(DaySum, (i64, i64))], bounds: (i64, i64), until_us: i64) -> MeterValue {
    let mut heap = Heap::default();
    let mut covered_us = bounds.0;
    for (sum, (begins, ends)) in days {
        heap.samples = heap.samples.saturating_add(sum.samples);
        heap.energy_wh += sum.energy_wh;
        heap.register_wh = sum.register_wh.or(heap.register_wh);
        heap.voltage.add(sum.voltage_mv);
        heap.current.add(sum.current_ma);
        heap.breaker = sum.breaker.clone().or(heap.breaker);
        let begins_late = sum.first_at - begins > SILENCE_US + CLOSES_US;
        let ends_early = ends.min(&until_us) - sum.last_at > SILENCE_US && *ends <= until_us;
        heap.doubted |= sum.doubted || begins_late || ends_early || *begins > covered_us;
        covered_us = *ends;
    }
    heap.doubted |= covered_us < bounds.1.min(until_us);
    heap.value(bounds)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE_US: i64 = 60_000_000;

    fn read(minute: i64, register_wh: i64, moved_wh: Option<i64>) -> Kept {
        Kept {
            at: minute * MINUTE_US + 80_000,
            register_wh: Some(register_wh),
            voltage_mv: Some(200_000 + minute),
            moved_wh,
            account: moved_wh.map(|_| 0),
            ..Kept::default()
        }
    }

    fn told(values: &[MeterValue]) -> Vec<(Option<i64>, Option<i64>, MeterQuality)> {
        let told = values.iter().map(|v| (v.energy_wh, v.register_wh, v.quality));
        told.collect()
    }

    fn bounds(from: i64, to: i64, step: usize) -> Vec<i64> {
        (from..=to)
            .step_by(step)
            .map(|minute| minute * MINUTE_US)
            .collect()
    }

    #[test]
    fn a_register_read_on_the_minute_closes_the_minute_before() {
        let readings = [read(0, 10, None), read(1, 12, Some(2)), read(2, 15, Some(3))];
        let values = roll_up(&readings, &bounds(0, 2, 1));
        use MeterQuality::Measured;
        assert_eq!(
            told(&values),
            [(Some(2), Some(12), Measured), (Some(3), Some(15), Measured)]
        );
    }

    #[test]
    fn silence_is_a_gap_and_what_flowed_in_it_is_an_estimate_on_both_sides() {
        use MeterQuality::{Estimated, Gap, Measured};
        let readings = [
            read(0, 10, None),
            read(1, 12, Some(2)),
            read(61, 100, Some(88)),
            read(62, 101, Some(1)),
        ];
        let values = roll_up(&readings, &bounds(0, 75, 15));
        assert_eq!(
            told(&values),
            [
                (Some(2), Some(12), Estimated),
                (None, None, Gap),
                (None, None, Gap),
                (None, None, Gap),
                (Some(89), Some(101), Estimated),
            ]
        );
        // Nothing flowed: nothing is uncertain.
        let readings = [read(1, 12, Some(2)), read(61, 12, Some(0))];
        let values = roll_up(&readings, &bounds(0, 75, 15));
        assert_eq!(values[0].quality, Measured);
        assert_eq!(values[4].quality, Measured);
    }

    #[test]
    fn a_step_to_a_new_level_is_no_energy_and_makes_an_estimate() {
        let step = Kept {
            account: Some(REBASED),
            ..read(2, 5, Some(-7))
        };
        let values = roll_up(
            &[read(1, 12, Some(2)), step, read(3, 6, Some(1))],
            &bounds(0, 15, 15),
        );
        assert_eq!(told(&values), [(Some(3), Some(6), MeterQuality::Estimated)]);
    }

    #[test]
    fn energy_that_changes_hands_is_no_sample() {
        let moves = Kept {
            at: 2 * MINUTE_US,
            moved_wh: Some(-2),
            account: Some(7),
            ..Kept::default()
        };
        assert!(!is_sample(&moves));
        let values = roll_up(&[read(1, 12, Some(2)), moves], &bounds(0, 15, 15));
        assert_eq!(told(&values), [(Some(0), Some(12), MeterQuality::Measured)]);
    }

    #[test]
    fn a_main_circuits_register_is_believed_as_far_as_it_rises() {
        let raw = [10, 13, 4, 9]
            .iter()
            .zip(1..)
            .map(|(register, minute)| read(minute, *register, None));
        let place = Place::MainCircuit("ctl_1".into());
        let moved = with_movements(&place, raw.collect());
        let values = roll_up(&moved, &bounds(0, 15, 15));
        assert_eq!(told(&values), [(Some(8), Some(9), MeterQuality::Estimated)]);
    }
}
