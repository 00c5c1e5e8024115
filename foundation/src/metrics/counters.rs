//! Counters by labels and histograms of durations. They start at nothing with the program, as Prometheus expects.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::text::{Kind, Labels, Seconds, Text};

/// So many series a counter keeps, whatever values come: the rest is counted together.
const MAX_SERIES: usize = 500;
const OTHER: Cow<'static, str> = Cow::Borrowed("other");
/// The upper ends of a histogram's buckets.
const BOUNDS_MS: [u64; 14] = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000,
];

type Values<const N: usize> = [Cow<'static, str>; N];

/// A counter with labels.
#[derive(Debug)]
pub struct Counts<const N: usize> {
    labels: [&'static str; N],
    counts: Mutex<BTreeMap<Values<N>, u64>>,
}

impl<const N: usize> Counts<N> {
    /// Without a series yet.
    pub const fn new(labels: [&'static str; N]) -> Self {
        Self {
            labels,
            counts: Mutex::new(BTreeMap::new()),
        }
    }

    /// Begins series at 0, so that their first step is a rise.
    #[must_use]
    pub fn with(self, known: &[[&'static str; N]]) -> Self {
        for values in known {
            self.count(values.map(Cow::Borrowed), 0);
        }
        self
    }

    /// One more.
    pub fn add(&self, values: [&'static str; N]) {
        self.count(values.map(Cow::Borrowed), 1);
    }

    /// So many more, of values that may be made at run time.
    pub fn count(&self, values: Values<N>, more: u64) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&values) {
            *count += more;
            return;
        }
        let values = match counts.len() < MAX_SERIES {
            true => values,
            false => std::array::from_fn(|_| OTHER),
        };
        *counts.entry(values).or_default() += more;
    }

    /// All of them together.
    pub fn sum(&self) -> u64 {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.values().sum()
    }

    /// Its family.
    pub fn write(&self, text: &mut Text, name: &'static str, help: &str) {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut family = text.family(name, Kind::Counter, help);
        for (values, count) in counts.iter() {
            let named = self.labels.iter().zip(values);
            let labels: Vec<(&'static str, &str)> = named.map(|(label, value)| (*label, &**value)).collect();
            family.sample(&labels, count);
        }
    }
}

/// A histogram of how long something took.
#[derive(Debug, Default)]
pub struct Durations {
    within: [AtomicU64; BOUNDS_MS.len()],
    count: AtomicU64,
    sum_us: AtomicU64,
}

impl Durations {
    /// One more.
    pub fn add(&self, took: Duration) {
        for (bound_ms, within) in BOUNDS_MS.iter().zip(&self.within) {
            if took <= Duration::from_millis(*bound_ms) {
                within.fetch_add(1, Relaxed);
            }
        }
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.sum_us.fetch_add(took_us, Relaxed);
        self.count.fetch_add(1, Relaxed);
    }

    /// Its family, without labels.
    pub fn write(&self, text: &mut Text, name: &'static str, help: &str) {
        Self::write_all(text, (name, help), &[(&[], self)]);
    }

    /// One family of several.
    pub fn write_all(text: &mut Text, (name, help): (&'static str, &str), all: &[(Labels<'_>, &Self)]) {
        let mut family = text.family(name, Kind::Histogram, help);
        for (labels, durations) in all {
            let count = durations.count.load(Relaxed);
            let bounds = BOUNDS_MS.map(|bound| Seconds::from_ms(bound).to_string());
            let within = durations.within.iter().map(|within| within.load(Relaxed));
            let buckets = bounds.iter().map(String::as_str).zip(within);
            for (bound, within) in buckets.chain([("+Inf", count)]) {
                let mut labels = labels.to_vec();
                labels.push(("le", bound));
                // Read one after another while others count: never more than there are in all.
                family.with_suffix("_bucket", &labels, within.min(count));
            }
            family.with_suffix("_sum", labels, Seconds::from_us(durations.sum_us.load(Relaxed)));
            family.with_suffix("_count", labels, count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_many_values_come_so_many_series_are_kept() {
        let counts = Counts::new(["path"]);
        for number in 0..2 * MAX_SERIES {
            counts.count([format!("/{number}").into()], 1);
        }
        let mut text = Text::default();
        counts.write(&mut text, "denro_x_total", "Things.");
        let text = text.into_text();
        assert_eq!(text.lines().count(), 2 + MAX_SERIES + 1);
        let rest = format!("denro_x_total{{path=\"other\"}} {MAX_SERIES}\n");
        assert!(text.contains(&rest), "{text}");
    }

    #[test]
    fn a_duration_is_in_every_bucket_that_it_fits_in() {
        let durations = Durations::default();
        durations.add(Duration::from_millis(3));
        durations.add(Duration::from_secs(60));
        let mut text = Text::default();
        durations.write(&mut text, "denro_x_seconds", "Times.");
        let text = text.into_text();
        for line in [
            "denro_x_seconds_bucket{le=\"0.002000\"} 0\n",
            "denro_x_seconds_bucket{le=\"0.005000\"} 1\n",
            "denro_x_seconds_bucket{le=\"30.000000\"} 1\n",
            "denro_x_seconds_bucket{le=\"+Inf\"} 2\n",
            "denro_x_seconds_sum 60.003000\n",
            "denro_x_seconds_count 2\n",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
    }
}
