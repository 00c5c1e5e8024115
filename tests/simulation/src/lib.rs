//! The real controller in a simulated house: one seed is one story, exact to the millisecond, judged by a checker
//! that shares no accounting with the product.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a simulation that cannot go on must say where"
)]
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "each part of the checker picks the few facts that it judges by"
)]

pub mod bus;
pub mod checker;
pub mod disk;
pub mod fate;
pub mod history;
pub mod house;
mod logging;
pub mod plant;
pub mod rng;
pub mod server;
pub mod story;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

/// Milliseconds of simulated time since the story began.
pub type Ms = u64;

/// Shared by parts of one story, all on one thread.
#[derive(Debug, Default)]
pub struct Shared<T>(Arc<Mutex<T>>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Shared<T> {
    pub fn new(value: T) -> Self {
        Self(Arc::new(Mutex::new(value)))
    }

    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The story's own time.
#[derive(Clone, Copy, Debug)]
pub struct Time(Instant);

impl Time {
    /// The story begins.
    pub fn begin() -> Self {
        Self(Instant::now())
    }

    pub fn now(self) -> Ms {
        u64::try_from(self.0.elapsed().as_millis()).unwrap()
    }

    pub fn at(self, moment: Ms) -> Instant {
        self.0 + std::time::Duration::from_millis(moment)
    }

    pub async fn until(self, moment: Ms) {
        tokio::time::sleep_until(self.at(moment)).await;
    }
}
