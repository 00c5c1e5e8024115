//! Figures of benchmarks: percentiles, what work takes, and rows of a Markdown table.

use std::time::{Duration, Instant};

use crate::program::cpu_us;

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

/// Looks at the time, and at the CPU time of a server and of this process, which makes its work.
pub struct Watch<F> {
    begun: Instant,
    own_us: u64,
    server_us: u64,
    of_server: F,
}

/// What a stretch of work has taken.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    pub elapsed: Duration,
    pub server_us: u64,
    pub own_us: u64,
}

impl<F: Fn() -> u64> Watch<F> {
    /// From now on; `of_server` tells the server's CPU time in microseconds.
    pub fn begin(of_server: F) -> Self {
        Self {
            server_us: of_server(),
            own_us: cpu_us(std::process::id()),
            begun: Instant::now(),
            of_server,
        }
    }

    /// Until now.
    pub fn spent(&self) -> Spent {
        Spent {
            elapsed: self.begun.elapsed(),
            server_us: (self.of_server)().saturating_sub(self.server_us),
            own_us: cpu_us(std::process::id()).saturating_sub(self.own_us),
        }
    }
}

impl Spent {
    /// So many a second.
    pub fn per_second(&self, count: usize) -> String {
        format!("{:.0}", count as f64 / self.elapsed.as_secs_f64())
    }

    /// The server's microseconds for one of so many.
    pub fn server_us_each(&self, count: usize) -> String {
        format!("{:.0}", self.server_us as f64 / count as f64)
    }

    /// What the server and this process had of one core.
    pub fn shares(&self) -> [String; 2] {
        let share = |us: u64| format!("{:.0} %", us as f64 / self.elapsed.as_micros() as f64 * 100.0);
        [share(self.server_us), share(self.own_us)]
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
