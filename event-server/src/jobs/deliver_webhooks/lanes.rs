//! Which delivery is next: one at a time per lane, so many at a time per endpoint.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Bound::{Excluded, Included, Unbounded};

use crate::store::deliveries::Head;

const MAX_IN_FLIGHT: usize = 256;
const MAX_PER_ENDPOINT: usize = 32;

/// The first pending delivery of every lane that has one.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    endpoints: BTreeMap<String, Endpoint>,
    in_flight: usize,
    /// The endpoint whose turn was last; the others have theirs before it has another.
    last: String,
}

#[derive(Debug, Default)]
struct Endpoint {
    /// By when they are due; the oldest event first among equals.
    waiting: BTreeSet<(i64, i64, String)>,
    /// Lanes with a first delivery, waiting or in flight.
    known: HashSet<String>,
    /// The first delivery that came behind that one: it may have been written after the last attempt looked for it.
    behind: HashMap<String, Head>,
    in_flight: usize,
}

impl Lanes {
    /// Takes notice of a pending delivery; unless its lane has an earlier one, it is the lane's first.
    pub(super) fn add(&mut self, head: Head) {
        let endpoint = self.endpoints.entry(head.endpoint_id.clone()).or_default();
        if endpoint.known.insert(head.lane.clone()) {
            endpoint
                .waiting
                .insert((head.next_attempt_at, head.id, head.lane));
        } else {
            endpoint.behind.entry(head.lane.clone()).or_insert(head);
        }
    }

    /// Takes what is due and may be sent now.
    pub(super) fn take_due(&mut self, now_us: i64) -> Vec<Head> {
        let mut due = Vec::new();
        while self.in_flight < MAX_IN_FLIGHT {
            let Some(head) = self.take_next(now_us) else { break };
            self.in_flight += 1;
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
        let in_turn = later.chain(self.endpoints.range::<str, _>(up_to));
        let (endpoint_id, first) = in_turn
            .filter(|(_, endpoint)| endpoint.in_flight < MAX_PER_ENDPOINT)
            .find_map(|(id, endpoint)| {
                Some((id, endpoint.waiting.first().filter(|first| first.0 <= now_us)?))
            })
            .map(|(id, first)| (id.clone(), first.clone()))?;
        let endpoint = self.endpoints.get_mut(&endpoint_id)?;
        endpoint.waiting.remove(&first);
        endpoint.in_flight += 1;
        let (next_attempt_at, id, lane) = first;
        Some(Head {
            id,
            endpoint_id,
            lane,
            next_attempt_at,
        })
    }

    /// An attempt is over, and `next` is what its lane must do next.
    pub(super) fn finish(&mut self, used: &Head, next: Option<Head>) {
        let Some(endpoint) = self.endpoints.get_mut(&used.endpoint_id) else {
            return;
        };
        endpoint.known.remove(&used.lane);
        endpoint.in_flight = endpoint.in_flight.saturating_sub(1);
        self.in_flight = self.in_flight.saturating_sub(1);
        let behind = endpoint.behind.remove(&used.lane);
        if let Some(next) = next.or(behind) {
            self.add(next);
        } else if endpoint.known.is_empty() {
            self.endpoints.remove(&used.endpoint_id);
        }
    }

    /// When something is due that may be sent; `None` while only an end of an attempt can change that.
    pub(super) fn next_due(&self) -> Option<i64> {
        if self.in_flight >= MAX_IN_FLIGHT {
            return None;
        }
        let free = self
            .endpoints
            .values()
            .filter(|endpoint| endpoint.in_flight < MAX_PER_ENDPOINT);
        free.filter_map(|endpoint| endpoint.waiting.first().map(|first| first.0))
            .min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(id: i64, endpoint: &str, lane: &str, due: i64) -> Head {
        Head {
            id,
            endpoint_id: endpoint.into(),
            lane: lane.into(),
            next_attempt_at: due,
        }
    }

    #[test]
    fn a_lane_sends_one_at_a_time_in_order_while_others_go_on() {
        let mut lanes = Lanes::default();
        for head in [head(1, "e", "a", 0), head(2, "e", "a", 0), head(3, "e", "b", 0)] {
            lanes.add(head);
        }
        let due = lanes.take_due(10);
        assert_eq!(due.iter().map(|head| head.id).collect::<Vec<_>>(), [1, 3]);
        assert!(lanes.take_due(10).is_empty());
        lanes.finish(&due[0], Some(head(1, "e", "a", 5_000)));
        assert!(lanes.take_due(10).is_empty());
        assert_eq!(lanes.next_due(), Some(5_000));
        assert_eq!(lanes.take_due(5_000)[0].id, 1);
        lanes.finish(&due[0], Some(head(2, "e", "a", 0)));
        assert_eq!(lanes.take_due(10)[0].id, 2);
    }

    #[test]
    fn what_comes_while_the_last_one_is_in_flight_is_next_and_in_order() {
        let mut lanes = Lanes::default();
        lanes.add(head(1, "e", "a", 0));
        let due = lanes.take_due(0);
        lanes.add(head(2, "e", "a", 0));
        lanes.add(head(3, "e", "a", 0));
        lanes.finish(&due[0], None);
        let due = lanes.take_due(0);
        assert_eq!(due.iter().map(|head| head.id).collect::<Vec<_>>(), [2]);
        lanes.finish(&due[0], Some(head(3, "e", "a", 0)));
        assert_eq!(lanes.take_due(0)[0].id, 3);
    }

    #[test]
    fn an_endpoint_has_so_many_in_flight_and_holds_up_no_other() {
        let mut lanes = Lanes::default();
        for id in 0..50 {
            lanes.add(head(id, "slow", &format!("lane {id}"), 0));
        }
        lanes.add(head(99, "quick", "", 0));
        let due = lanes.take_due(0);
        assert_eq!(
            due.iter().filter(|head| head.endpoint_id == "slow").count(),
            MAX_PER_ENDPOINT
        );
        assert!(due.iter().any(|head| head.id == 99));
        assert_eq!(lanes.next_due(), None);
    }

    #[test]
    fn endpoints_have_their_turns_when_there_is_not_room_for_all() {
        let mut lanes = Lanes::default();
        for endpoint in 0..20 {
            for lane in 0..40 {
                lanes.add(head(lane, &format!("e{endpoint:02}"), &format!("{lane}"), 0));
            }
        }
        let due = lanes.take_due(0);
        assert_eq!(due.len(), MAX_IN_FLIGHT);
        for endpoint in 0..20 {
            let name = format!("e{endpoint:02}");
            let taken = due.iter().filter(|head| head.endpoint_id == name).count();
            assert!((12..=13).contains(&taken), "{name}: {taken}");
        }
    }
}
