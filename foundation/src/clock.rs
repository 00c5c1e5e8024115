//! The clock that programs are handed: wall time, monotonic time, and sleeping; tests can move it, simulations make it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::watch;

/// There once systemd-timesyncd has set the wall clock in this boot.
const SYNCHRONISED: &str = "/run/systemd/timesync/synchronized";

/// A cheap handle; clones share one time. [`Clock::system`] never moves by itself relative to the machine.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

/// Where time comes from.
#[derive(Debug)]
enum Source {
    Machine(Instant),
    /// The runtime's own time, which a simulation pauses, and what the wall showed when it began.
    Simulated {
        started: tokio::time::Instant,
        wall_us: i64,
    },
}

#[derive(Debug)]
struct Inner {
    source: Source,
    uptime_at_start_ms: u64,
    boot_id: String,
    wall_offset_us: AtomicI64,
    elapsed_offset_ms: AtomicI64,
    /// Whether somebody who knows the time has agreed with the wall clock.
    agreed: AtomicBool,
    moved: watch::Sender<()>,
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        let boot_id = boot_id().unwrap_or_else(|| crate::ids::id("boot"));
        Self::from(Source::Machine(Instant::now()), uptime_ms().unwrap_or(0), boot_id)
    }

    /// For simulations: the clock of a machine that boots now, in the runtime's paused time, and believes it is `wall_us`.
    pub fn simulated(boot_id: &str, wall_us: i64) -> Self {
        let started = tokio::time::Instant::now();
        Self::from(Source::Simulated { started, wall_us }, 0, boot_id.to_owned())
    }

    fn from(source: Source, uptime_at_start_ms: u64, boot_id: String) -> Self {
        Self(Arc::new(Inner {
            source,
            uptime_at_start_ms,
            boot_id,
            wall_offset_us: AtomicI64::new(0),
            elapsed_offset_ms: AtomicI64::new(0),
            agreed: AtomicBool::new(false),
            moved: watch::Sender::new(()),
        }))
    }

    /// Wall time.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.now_us()).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Wall time in microseconds since 1970-01-01T00:00:00Z: how the databases store time.
    pub fn now_us(&self) -> i64 {
        let unmoved = match self.0.source {
            Source::Machine(_) => Timestamp::now().as_microsecond(),
            Source::Simulated { started, wall_us } => {
                let elapsed = i64::try_from(started.elapsed().as_micros()).unwrap_or(i64::MAX);
                wall_us.saturating_add(elapsed)
            }
        };
        unmoved.saturating_add(self.0.wall_offset_us.load(SeqCst))
    }

    /// Milliseconds since the machine booted: never steps, survives a restart of the program, and is
    /// comparable only under the same [`Clock::boot_id`].
    pub fn tick_ms(&self) -> u64 {
        let elapsed = match self.0.source {
            Source::Machine(started) => started.elapsed(),
            Source::Simulated { started, .. } => started.elapsed(),
        };
        let elapsed = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        self.0
            .uptime_at_start_ms
            .saturating_add(elapsed)
            .saturating_add_signed(self.0.elapsed_offset_ms.load(SeqCst))
    }

    /// Whether the wall clock is known to be right: it was set over the network in this boot, or somebody has agreed.
    pub fn is_right(&self) -> bool {
        let is_machines =
            matches!(self.0.source, Source::Machine(_)) && self.0.wall_offset_us.load(SeqCst) == 0;
        self.0.agreed.load(SeqCst) || (is_machines && Path::new(SYNCHRONISED).exists())
    }

    /// Somebody who knows the time agrees with the wall clock, or nobody does any more.
    pub fn agree(&self, right: bool) {
        self.0.agreed.store(right, SeqCst);
    }

    /// Names the machine's present boot.
    pub fn boot_id(&self) -> &str {
        &self.0.boot_id
    }

    /// Sleeps for `duration` of this clock's time: returns early when the clock is advanced past it.
    pub async fn sleep(&self, duration: Duration) {
        let until = self
            .tick_ms()
            .saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
        let mut moved = self.0.moved.subscribe();
        loop {
            let left = until.saturating_sub(self.tick_ms());
            if left == 0 {
                return;
            }
            tokio::select! {
                biased;
                () = tokio::time::sleep(Duration::from_millis(left)) => {}
                _ = moved.changed() => {}
            }
        }
    }

    /// For tests: lets `duration` pass at once, on the wall and on the monotonic clock.
    pub fn advance(&self, duration: Duration) {
        let ms = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        self.0.elapsed_offset_ms.fetch_add(ms, SeqCst);
        self.step_wall_ms(ms);
    }

    /// For tests: steps the wall clock alone, as NTP or a person would.
    pub fn step_wall_ms(&self, ms: i64) {
        self.0.wall_offset_us.fetch_add(ms.saturating_mul(1000), SeqCst);
        self.0.moved.send_replace(());
    }
}

fn uptime_ms() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/uptime").ok()?;
    let (seconds, hundredths) = text.split_whitespace().next()?.split_once('.')?;
    Some(seconds.parse::<u64>().ok()? * 1000 + hundredths.parse::<u64>().ok()? * 10)
}

fn boot_id() -> Option<String> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sleep_ends_when_the_clock_is_advanced_past_it() {
        let clock = Clock::system();
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep(Duration::from_secs(86_400)).await }
        });
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(86_401));
        sleeper.await.unwrap();
    }

    #[tokio::test]
    async fn a_simulated_clock_begins_with_its_boot_and_follows_the_runtime() {
        tokio::time::pause();
        let clock = Clock::simulated("boot-1", 5_000_000);
        tokio::time::advance(Duration::from_secs(86_400)).await;
        assert_eq!((clock.tick_ms(), clock.now_us()), (86_400_000, 86_405_000_000));
        clock.step_wall_ms(-86_400_000);
        assert_eq!((clock.tick_ms(), clock.now_us()), (86_400_000, 5_000_000));
        assert_eq!(clock.boot_id(), "boot-1");
    }

    #[tokio::test]
    async fn a_wall_clock_is_right_only_once_somebody_has_agreed() {
        let clock = Clock::simulated("boot-1", 0);
        assert!(!clock.is_right());
        clock.agree(true);
        assert!(clock.clone().is_right());
        clock.agree(false);
        assert!(!clock.is_right());
    }

    #[test]
    fn a_wall_step_leaves_the_monotonic_clock_alone() {
        let clock = Clock::system();
        let (tick, wall) = (clock.tick_ms(), clock.now_us());
        clock.step_wall_ms(-86_400_000);
        assert!(clock.now_us() < wall);
        assert!(clock.tick_ms() >= tick);
    }
}
