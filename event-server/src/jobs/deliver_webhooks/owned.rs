//! Of several nodes one delivers to an endpoint: the first that has something for it, until it is gone.

use std::collections::{BTreeSet, HashSet};

use foundation::DbError;

use super::lanes::Lanes;
use crate::context::Context;
use crate::operations::nodes::own_endpoints;
use crate::store::deliveries::{self, Head};

/// Other nodes come and go.
const EVERY_MS: u64 = 1_000;

/// The endpoints that this node delivers to.
#[derive(Debug)]
pub(super) struct Owned {
    node: String,
    endpoints: HashSet<String>,
    /// When the rows were asked.
    asked_ms: Option<u64>,
}

impl Owned {
    pub(super) fn new(node: &str) -> Self {
        Self {
            node: node.to_owned(),
            endpoints: HashSet::new(),
            asked_ms: None,
        }
    }

    /// Takes notice of new deliveries, and of the endpoints that came to this node or left it. A lane is begun with its first
    /// delivery that is pending by the rows, so that a new owner goes on where the old one stopped.
    pub(super) async fn take(
        &mut self,
        context: &Context,
        lanes: &mut Lanes,
        heads: Vec<Head>,
    ) -> Result<(), DbError> {
        let wanted: BTreeSet<&String> = heads.iter().map(|head| &head.endpoint_id).collect();
        let wanted = wanted.into_iter().filter(|id| !self.endpoints.contains(*id));
        let wanted: Vec<String> = wanted.cloned().collect();
        let mut come = HashSet::new();
        if !wanted.is_empty() || self.is_time_to_ask(context) {
            let node = self.node.clone();
            let own = context.transact(move |tx| own_endpoints(tx, &node, &wanted));
            let now = own.await?;
            self.asked_ms = Some(context.clock.tick_ms());
            for lost in self.endpoints.extract_if(|id| !now.contains(id)) {
                lanes.forget(&lost);
            }
            come = now.difference(&self.endpoints).cloned().collect();
        }
        for head in heads {
            if self.endpoints.contains(&head.endpoint_id) {
                lanes.add(head);
            }
        }
        for id in come {
            self.begin(context, lanes, id).await?;
        }
        Ok(())
    }

    async fn begin(
        &mut self,
        context: &Context,
        lanes: &mut Lanes,
        endpoint_id: String,
    ) -> Result<(), DbError> {
        let id = endpoint_id.clone();
        let read = context
            .db
            .read(move |conn| deliveries::list_heads_of_endpoint(conn, &id));
        for head in read.await? {
            lanes.add(head);
        }
        self.endpoints.insert(endpoint_id);
        Ok(())
    }

    fn is_time_to_ask(&self, context: &Context) -> bool {
        let now_ms = context.clock.tick_ms();
        self.asked_ms
            .is_none_or(|at| now_ms.saturating_sub(at) >= EVERY_MS)
    }
}
