//! Limits how often one source is answered after wrong credentials.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Wrong credentials in a burst, and then per minute.
const FAILURES_PER_MINUTE: NonZeroU32 = NonZeroU32::new(30).unwrap();
/// Above this, sources whose allowance is whole again are forgotten.
const SOURCES: usize = 10_000;

/// A cheap handle; clones count together.
#[derive(Clone)]
pub(super) struct Failures(Arc<DefaultKeyedRateLimiter<IpAddr>>);

impl Default for Failures {
    fn default() -> Self {
        Self(Arc::new(RateLimiter::keyed(Quota::per_minute(
            FAILURES_PER_MINUTE,
        ))))
    }
}

impl Failures {
    /// Counts a failure; whether its source has had too many.
    pub(super) fn too_many(&self, source: IpAddr) -> bool {
        if self.0.len() > SOURCES {
            self.0.retain_recent();
        }
        self.0.check_key(&source).is_err()
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
        assert!(!failures.too_many(second));
    }
}
