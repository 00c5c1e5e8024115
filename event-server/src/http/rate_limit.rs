//! How often one client and one tenant may do what, and what is left of it (draft-ietf-httpapi-ratelimit-headers).

use std::num::NonZeroU32;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpRequest};
use api_spec::rest;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use super::problems::ApiError;
use crate::config::Limits;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LEFT: HeaderName = HeaderName::from_static("ratelimit");
/// More keys than this are not remembered longer than they matter.
const MAX_KEYS: usize = 10_000;

type Buckets = RateLimiter<String, DefaultKeyedStateStore<String>, DefaultClock, StateInformationMiddleware>;

/// What is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Starting, stopping, asking a controller, making something new.
    Acting,
    /// Codes of labels, which could be guessed.
    Scanning,
    /// Whatever a tenant's clients and people ask of the API, so that it leaves room for other tenants.
    Tenant,
}

/// One bucket per policy and client, or tenant.
pub(crate) struct RateLimit {
    acting: Limit,
    scanning: Limit,
    tenant: Limit,
}

struct Limit {
    name: &'static str,
    per_second: NonZeroU32,
    burst: NonZeroU32,
    buckets: Buckets,
}

/// What a request has used of each policy that it was counted by.
#[derive(Clone, Debug, Default)]
pub(super) struct Used(Vec<Spent>);

/// What is left of one policy.
#[derive(Clone, Copy, Debug)]
struct Spent {
    name: &'static str,
    requests: u32,
    window_s: u32,
    left: u32,
    whole_again_s: u32,
}

impl RateLimit {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            acting: Limit::new("acting", limits.acting_per_second, limits.acting_burst),
            scanning: Limit::new("scanning", limits.scanning_per_second, limits.scanning_burst),
            tenant: Limit::new("tenant", limits.tenant_per_second, limits.tenant_burst),
        }
    }

    /// Counts a request, whose answer will tell what is left; refused where there were too many.
    pub(super) fn spend(&self, request: &HttpRequest, policy: Policy, key: &str) -> Result<(), ApiError> {
        let (spent, allowed) = self.of(policy).spend(key);
        let mut extensions = request.extensions_mut();
        let mut used = extensions.remove::<Used>().unwrap_or_default();
        used.0.push(spent);
        extensions.insert(used);
        allowed
    }

    fn of(&self, policy: Policy) -> &Limit {
        match policy {
            Policy::Acting => &self.acting,
            Policy::Scanning => &self.scanning,
            Policy::Tenant => &self.tenant,
        }
    }

    pub(super) fn quotas(&self) -> Vec<rest::Quota> {
        let quota = |limit: &Limit| rest::Quota {
            policy: limit.name.to_owned(),
            requests: limit.burst.get(),
            window_s: limit.window_s(),
        };
        vec![quota(&self.acting), quota(&self.scanning), quota(&self.tenant)]
    }
}

impl Limit {
    fn new(name: &'static str, per_second: NonZeroU32, burst: NonZeroU32) -> Self {
        let quota = Quota::per_second(per_second).allow_burst(burst);
        Self {
            name,
            per_second,
            burst,
            buckets: RateLimiter::keyed(quota).with_middleware(),
        }
    }

    fn window_s(&self) -> u32 {
        self.burst.get().div_ceil(self.per_second.get())
    }

    fn spend(&self, key: &str) -> (Spent, Result<(), ApiError>) {
        if self.buckets.len() > MAX_KEYS {
            self.buckets.retain_recent();
        }
        let spent = |left: u32| Spent {
            name: self.name,
            requests: self.burst.get(),
            window_s: self.window_s(),
            left,
            whole_again_s: self
                .burst
                .get()
                .saturating_sub(left)
                .div_ceil(self.per_second.get()),
        };
        match self.buckets.check_key(&key.to_owned()) {
            Ok(state) => (spent(state.remaining_burst_capacity()), Ok(())),
            Err(until) => {
                let wait = until.wait_time_from(DefaultClock::default().now());
                let refused = ApiError::too_many_requests(wait.as_secs() + 1);
                (spent(0), Err(refused))
            }
        }
    }
}

impl Used {
    pub(super) fn write(&self, headers: &mut HeaderMap) {
        let list = |tell: fn(&Spent) -> String| self.0.iter().map(tell).collect::<Vec<_>>().join(", ");
        for (name, value) in [(POLICY, list(Spent::policy)), (LEFT, list(Spent::left))] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
    }
}

impl Spent {
    fn policy(&self) -> String {
        format!("\"{}\";q={};w={}", self.name, self.requests, self.window_s)
    }

    fn left(&self) -> String {
        format!("\"{}\";r={};t={}", self.name, self.left, self.whole_again_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_leaves_one_less_until_it_is_refused() {
        let limit = RateLimit::new(&Limits {
            acting_burst: NonZeroU32::new(3).unwrap(),
            acting_per_second: NonZeroU32::MIN,
            ..Limits::default()
        });
        let left = |key: &str| {
            let (spent, allowed) = limit.acting.spend(key);
            (spent.left, spent.whole_again_s, allowed.is_ok())
        };
        assert_eq!(left("a"), (2, 1, true));
        assert_eq!(left("a"), (1, 2, true));
        assert_eq!(left("b"), (2, 1, true));
        assert_eq!(left("a"), (0, 3, true));
        assert_eq!(left("a"), (0, 3, false));
        let mut headers = HeaderMap::new();
        Used(vec![limit.tenant.spend("t").0, limit.scanning.spend("a").0]).write(&mut headers);
        let policies = "\"tenant\";q=1000;w=2, \"scanning\";q=100;w=5";
        assert_eq!(headers.get(POLICY).unwrap(), policies);
        assert_eq!(
            headers.get(LEFT).unwrap(),
            "\"tenant\";r=999;t=1, \"scanning\";r=99;t=1"
        );
    }
}
