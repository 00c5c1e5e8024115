//! How often one client may act.

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};

use super::problems::ApiError;
use crate::config::Limits;

/// One bucket per client.
pub(crate) struct RateLimit {
    buckets: DefaultKeyedRateLimiter<String>,
}

impl RateLimit {
    pub(crate) fn new(limits: &Limits) -> Self {
        let quota = Quota::per_second(limits.acting_per_second).allow_burst(limits.acting_burst);
        Self {
            buckets: DefaultKeyedRateLimiter::keyed(quota),
        }
    }

    pub(super) fn check(&self, client_id: &str) -> Result<(), ApiError> {
        let checked = self.buckets.check_key(&client_id.to_owned());
        checked.map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            ApiError::too_many_requests(wait.as_secs() + 1)
        })
    }
}
