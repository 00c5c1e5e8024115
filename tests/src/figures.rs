//! Figures of benchmarks: percentiles and rows of a Markdown table.

use std::time::Duration;

/// Measured durations.
#[derive(Clone, Debug, Default)]
pub struct Durations(Vec<Duration>);

impl Durations {
    /// One more.
    pub fn push(&mut self, duration: Duration) {
        self.0.push(duration);
    }

    /// All of another.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The duration that `percent` of all do not exceed.
    pub fn percentile(&self, percent: f64) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let place = (sorted.len() as f64 * percent / 100.0).ceil() as usize;
        sorted.get(place.saturating_sub(1)).copied().unwrap_or_default()
    }
}

/// The first two lines of a table.
#[expect(clippy::print_stdout, reason = "the benchmark's answer")]
pub fn head(columns: &[&str]) {
    println!("| {} |", columns.join(" | "));
    println!("|{}", "---|".repeat(columns.len()));
}

/// One line of a table.
#[expect(clippy::print_stdout, reason = "the benchmark's answer")]
pub fn row(cells: &[String]) {
    println!("| {} |", cells.join(" | "));
}

/// Milliseconds with one decimal.
pub fn ms(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_smallest_value_that_so_many_do_not_exceed() {
        let mut durations = Durations::default();
        (1..=100)
            .rev()
            .for_each(|n| durations.push(Duration::from_millis(n)));
        assert_eq!(durations.percentile(50.0), Duration::from_millis(50));
        assert_eq!(durations.percentile(99.0), Duration::from_millis(99));
        assert_eq!(durations.percentile(100.0), Duration::from_millis(100));
    }
}
