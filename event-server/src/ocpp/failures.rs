//! Limits how often one source is answered after wrong credentials.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use governor::clock::Clock;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Wrong credentials in a burst, and then per minute.
const FAILURES_PER_MINUTE: NonZeroU32 = NonZeroU32::new(30).unwrap();
/// Above this, sources whose allowance is whole again are forgotten.
const SOURCES: usize = 10_000;

/// A cheap handle; clones count together.
#[derive(Clone)]
pub(super) struct Failures {
    counts: Arc<DefaultKeyedRateLimiter<IpAddr>>,
    /// Sources that have had too many, and until when.
    refused: Arc<Mutex<HashMap<IpAddr, Instant>>>,
}

impl Default for Failures {
    fn default() -> Self {
        let quota = Quota::per_minute(FAILURES_PER_MINUTE);
        Self {
            counts: Arc::new(RateLimiter::keyed(quota)),
            refused: Arc::default(),
        }
    }
}

impl Failures {
    /// Counts a failure; whether its source has had too many.
    pub(super) fn too_many(&self, source: IpAddr) -> bool {
        if self.counts.len() > SOURCES {
            self.counts.retain_recent();
        }
        let Err(not_until) = self.counts.check_key(&source) else {
            return false;
        };
        let now = Instant::now();
        let until = now + not_until.wait_time_from(self.counts.clock().now());
        let mut refused = self.refused();
        refused.retain(|_, until| *until > now);
        refused.insert(source, until);
        true
    }

    /// Whether a source has had too many a moment ago, so that nothing need be looked up for it.
    pub(super) fn is_refused(&self, source: IpAddr) -> bool {
        let until = self.refused().get(&source).copied();
        until.is_some_and(|until| until > Instant::now())
    }

    fn refused(&self) -> MutexGuard<'_, HashMap<IpAddr, Instant>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_may_fail_a_few_times_and_others_are_not_concerned() {
        let failures = Failures::default();
        let (first, second) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let refused = (0..100).filter(|_| failures.too_many(first)).count();
        assert!((60..=70).contains(&refused), "{refused}");
        assert!(failures.is_refused(first) && !failures.is_refused(second));
        assert!(!failures.too_many(second));
    }
}
