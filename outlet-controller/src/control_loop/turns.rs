//! Counts the turns of the loop, so that one that is stuck can be told from one that waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// A turn that lasts is counted this often: it waits for the bus, and is not stuck …
const SIGN: Duration = Duration::from_secs(1);
/// … unless it lasts longer than the slowest bus needs.
const LONGEST: Duration = Duration::from_secs(25);

/// Clones share one count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Turns(Arc<AtomicU64>);

impl Turns {
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn turned(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts `turn`, and the signs of life that it gives while it lasts.
    pub(super) async fn alive<T>(&self, turn: impl Future<Output = T>) -> T {
        self.turned();
        let begun = Instant::now();
        let mut turn = std::pin::pin!(turn);
        loop {
            tokio::select! {
                biased;
                done = &mut turn => return done,
                () = sleep(SIGN), if begun.elapsed() < LONGEST => self.turned(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_lasts_gives_signs_of_life_for_a_while_and_no_longer() {
        let turns = Turns::default();
        turns.alive(sleep(Duration::from_millis(4_500))).await;
        assert_eq!(turns.count(), 5);
        turns.alive(sleep(Duration::from_secs(600))).await;
        assert_eq!(turns.count(), 5 + 26);
    }
}
