//! Which endpoints hear which events of which tenant, remembered so that an event costs no query where nobody listens.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use api_spec::webhook::EventType;
use foundation::{Conn, DbError};

use crate::store::webhook_endpoints;

/// A cheap handle; clones share what is remembered. Used on the writer thread only, whose order makes it exact.
#[derive(Clone, Debug, Default)]
pub(crate) struct Subscriptions {
    known: Arc<RwLock<HashMap<String, Arc<[Subscription]>>>>,
    /// Other nodes change the endpoints too: nothing is remembered.
    shared: bool,
}

/// An endpoint that is not disabled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub(crate) endpoint_id: String,
    /// Empty: all.
    types: Vec<String>,
}

impl Subscription {
    pub(crate) fn hears(&self, kind: EventType) -> bool {
        self.types.is_empty() || self.types.iter().any(|name| name == kind.name())
    }
}

impl Subscriptions {
    /// For one of several nodes.
    pub(crate) fn shared() -> Self {
        Self {
            shared: true,
            ..Self::default()
        }
    }

    pub(crate) fn of(&self, conn: &mut Conn, tenant_id: &str) -> Result<Arc<[Subscription]>, DbError> {
        let known = self
            .known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(tenant_id)
            .cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let rows = webhook_endpoints::list_enabled(conn, tenant_id)?;
        let found: Arc<[Subscription]> = rows
            .into_iter()
            .map(|row| Subscription {
                types: serde_json::from_str(&row.types).unwrap_or_default(),
                endpoint_id: row.id,
            })
            .collect();
        if !self.shared {
            let mut all = self.known.write().unwrap_or_else(PoisonError::into_inner);
            all.insert(tenant_id.to_owned(), found.clone());
        }
        Ok(found)
    }

    /// After a change of the tenant's endpoints, and again once that is committed or undone.
    pub(crate) fn forget(&self, tenant_id: &str) {
        self.known
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(tenant_id);
    }
}
