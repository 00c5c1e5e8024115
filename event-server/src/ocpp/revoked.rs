//! The certificates that are revoked and have not expired yet.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

/// Numbers of certificates. A cheap handle; clones share the list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Revoked(Arc<RwLock<HashSet<String>>>);

impl Revoked {
    pub(crate) fn contains(&self, serial: &str) -> bool {
        let list = self.0.read().unwrap_or_else(PoisonError::into_inner);
        list.contains(serial)
    }

    pub(crate) fn replace(&self, serials: HashSet<String>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = serials;
    }
}
