//! Which delivery is next: one at a time per lane, so many at a time per endpoint and tenant, no faster than the endpoint takes
//! them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Bound::{Excluded, Included, Unbounded};

use crate::store::deliveries::Head;

/// Of all endpoints together.
const MAX_IN_FLIGHT: usize = 1024;
/// Of one tenant: all its endpoints together leave room for those of others.
const MAX_PER_TENANT: usize = 256;
/// Of one endpoint that answers well.
const MAX_PER_ENDPOINT: usize = 64;
/// Of one endpoint of which nothing is known: slow ones cannot take the room of the others.
const FIRST_PER_ENDPOINT: usize = 4;
const SECOND_US: i64 = 1_000_000;

/// The first pending delivery of every lane that has one.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    endpoints: BTreeMap<String, Endpoint>,
    in_flight: usize,
    /// The same by tenant; who has nothing in flight is not in it.
    of_tenants: HashMap<String, usize>,
    /// The endpoint whose turn was last; the others have theirs before it has another.
    last: String,
}

#[derive(Debug)]
struct Endpoint {
    tenant_id: String,
    /// By when they are due; the oldest event first among equals.
    waiting: BTreeSet<(i64, i64, String)>,
    /// Lanes with a first delivery, waiting or in flight.
    known: HashSet<String>,
    /// The first delivery that came behind that one: it may have been written after the last attempt looked for it.
    behind: HashMap<String, Head>,
    in_flight: usize,
    /// Lanes that were in flight when the endpoint was mended.
    hurried: HashSet<String>,
    /// How many may be: grows with each success, halves with each failure.
    width: usize,
    /// Nothing is sent before: the receiver said so, or its rate does.
    not_before: i64,
    rate_per_s: Option<i32>,
}

/// What an attempt says of the endpoint's readiness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// Nothing was sent.
    Same,
    Good,
    Bad,
    /// The receiver wants to be left alone until then.
    Rest {
        until_us: i64,
    },
}

impl Default for Endpoint {
    fn default() -> Self {
        Self {
            tenant_id: String::new(),
            waiting: BTreeSet::new(),
            known: HashSet::new(),
            behind: HashMap::new(),
            in_flight: 0,
            hurried: HashSet::new(),
            width: FIRST_PER_ENDPOINT,
            not_before: 0,
            rate_per_s: None,
        }
    }
}

impl Endpoint {
    /// When it may be sent something that waits; `None` while only the end of an attempt can change that.
    fn due(&self) -> Option<i64> {
        let first = self.waiting.first().filter(|_| self.in_flight < self.width)?;
        Some(first.0.max(self.not_before))
    }

    fn take(&mut self, now_us: i64) -> Option<(i64, i64, String)> {
        let first = self.waiting.pop_first()?;
        self.in_flight += 1;
        if let Some(rate_per_s) = self.rate_per_s {
            self.not_before = now_us + SECOND_US / i64::from(rate_per_s.max(1));
        }
        Some(first)
    }

    fn keep_pace(&mut self, pace: Pace) {
        match pace {
            Pace::Same => {}
            Pace::Good => self.width = (self.width + 1).min(MAX_PER_ENDPOINT),
            Pace::Bad => self.width = (self.width / 2).max(1),
            Pace::Rest { until_us } => {
                self.width = (self.width / 2).max(1);
                self.not_before = self.not_before.max(until_us);
            }
        }
    }
}

impl Lanes {
    /// Takes notice of a pending delivery; unless its lane has an earlier one, it is the lane's first.
    pub(super) fn add(&mut self, head: Head) {
        let endpoint = self.endpoints.entry(head.endpoint_id.clone()).or_default();
        endpoint.tenant_id.clone_from(&head.tenant_id);
        endpoint.rate_per_s = head.rate_per_s;
        if endpoint.known.insert(head.lane.clone()) {
            endpoint
                .waiting
                .insert((head.next_attempt_at, head.id, head.lane));
        } else {
            endpoint.behind.entry(head.lane.clone()).or_insert(head);
        }
    }

    /// The endpoint is another node's now; what is in flight to it ends as it may.
    pub(super) fn forget(&mut self, endpoint_id: &str) {
        if let Some(endpoint) = self.endpoints.remove(endpoint_id) {
            self.free(&endpoint.tenant_id, endpoint.in_flight);
        }
    }

    /// Takes what is due and may be sent now.
    pub(super) fn take_due(&mut self, now_us: i64) -> Vec<Head> {
        let mut due = Vec::new();
        while self.in_flight < MAX_IN_FLIGHT {
            let Some(head) = self.take_next(now_us) else { break };
            self.in_flight += 1;
            *self.of_tenants.entry(head.tenant_id.clone()).or_default() += 1;
            self.last.clone_from(&head.endpoint_id);
            due.push(head);
        }
        due
    }

    /// One of the next endpoint in turn that may send something.
    fn take_next(&mut self, now_us: i64) -> Option<Head> {
        let after = (Excluded(self.last.as_str()), Unbounded);
        let later = self.endpoints.range::<str, _>(after);
        let up_to = (Unbounded, Included(self.last.as_str()));
        let mut in_turn = later.chain(self.endpoints.range::<str, _>(up_to));
        let ready = |endpoint: &Endpoint| self.due(endpoint).is_some_and(|due| due <= now_us);
        let endpoint_id = in_turn.find(|(_, endpoint)| ready(endpoint))?.0.clone();
        let endpoint = self.endpoints.get_mut(&endpoint_id)?;
        let (next_attempt_at, id, lane) = endpoint.take(now_us)?;
        Some(Head {
            id,
            endpoint_id,
            tenant_id: endpoint.tenant_id.clone(),
            lane,
            next_attempt_at,
            rate_per_s: endpoint.rate_per_s,
        })
    }

    /// When an endpoint may be sent something, its tenant's others considered.
    fn due(&self, endpoint: &Endpoint) -> Option<i64> {
        let flying = self.of_tenants.get(&endpoint.tenant_id).copied();
        let has_room = flying.unwrap_or_default() < MAX_PER_TENANT;
        endpoint.due().filter(|_| has_room)
    }

    /// So many of a tenant's are in flight no more.
    fn free(&mut self, tenant_id: &str, count: usize) {
        self.in_flight = self.in_flight.saturating_sub(count);
        if let Some(flying) = self.of_tenants.get_mut(tenant_id) {
            *flying = flying.saturating_sub(count);
            if *flying == 0 {
                self.of_tenants.remove(tenant_id);
            }
        }
    }

    /// An attempt is over: `next` is what its lane must do next, and `pace` what the endpoint takes.
    pub(super) fn finish(&mut self, used: &Head, next: Option<Head>, (pace, now_us): (Pace, i64)) {
        let Some(endpoint) = self.endpoints.get_mut(&used.endpoint_id) else {
            return;
        };
        endpoint.known.remove(&used.lane);
        endpoint.in_flight = endpoint.in_flight.saturating_sub(1);
        endpoint.keep_pace(pace);
        let behind = endpoint.behind.remove(&used.lane);
        let hurried = endpoint.hurried.remove(&used.lane);
        let is_over = endpoint.known.is_empty() && endpoint.not_before <= now_us;
        self.free(&used.tenant_id, 1);
        if let Some(mut next) = next.or(behind) {
            if hurried {
                next.next_attempt_at = next.next_attempt_at.min(now_us);
            }
            self.add(next);
        } else if is_over {
            self.endpoints.remove(&used.endpoint_id);
        }
    }

    /// Somebody has mended the endpoint: whatever waits is due now.
    pub(super) fn hurry(&mut self, endpoint_id: &str, now_us: i64) {
        if let Some(endpoint) = self.endpoints.get_mut(endpoint_id) {
            let waiting = std::mem::take(&mut endpoint.waiting);
            let due = waiting
                .into_iter()
                .map(|(due, id, lane)| (due.min(now_us), id, lane));
            endpoint.waiting = due.collect();
            endpoint.hurried.clone_from(&endpoint.known);
            for (_, _, lane) in &endpoint.waiting {
                endpoint.hurried.remove(lane);
            }
            endpoint.not_before = 0;
        }
    }

    /// The clock was set back: of what waits nobody can tell any more how long, so it is due now.
    pub(super) fn hurry_all(&mut self, now_us: i64) {
        let endpoint_ids: Vec<String> = self.endpoints.keys().cloned().collect();
        for endpoint_id in endpoint_ids {
            self.hurry(&endpoint_id, now_us);
        }
    }

    /// When something is due that may be sent; `None` while only an end of an attempt can change that.
    pub(super) fn next_due(&self) -> Option<i64> {
        if self.in_flight >= MAX_IN_FLIGHT {
            return None;
        }
        let endpoints = self.endpoints.values();
        endpoints.filter_map(|endpoint| self.due(endpoint)).min()
    }
}

#[cfg(test)]
#[path = "lanes_tests.rs"]
mod tests;
