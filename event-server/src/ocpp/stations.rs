//! Which stations are connected to this process.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

/// A cheap handle; clones share the list. At most one connection per controller is listed: the newest.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stations(Arc<Mutex<HashMap<String, CancellationToken>>>);

/// A connection's place in the list, given up when dropped.
#[derive(Debug)]
pub(super) struct Place {
    stations: Stations,
    controller_id: String,
    replaced: CancellationToken,
}

impl Stations {
    pub(crate) fn is_online(&self, controller_id: &str) -> bool {
        self.list().contains_key(controller_id)
    }

    /// How many are connected.
    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        self.list().len()
    }

    /// Lists an authenticated connection; one that the controller had before is told to end.
    pub(super) fn enter(&self, controller_id: &str) -> Place {
        let replaced = CancellationToken::new();
        let mut list = self.list();
        if let Some(older) = list.insert(controller_id.to_owned(), replaced.clone()) {
            older.cancel();
        }
        drop(list);
        Place {
            stations: self.clone(),
            controller_id: controller_id.to_owned(),
            replaced,
        }
    }

    fn list(&self) -> MutexGuard<'_, HashMap<String, CancellationToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Returns when a newer connection of the same controller has come.
    pub(super) async fn replaced(&self) {
        self.replaced.cancelled().await;
    }

    fn is_replaced(&self) -> bool {
        self.replaced.is_cancelled()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut list = self.stations.list();
        // Cancelled under the list's lock: whoever replaced this one has its own entry by now.
        if self.is_replaced() {
            return;
        }
        if let Entry::Occupied(entry) = list.entry(std::mem::take(&mut self.controller_id)) {
            entry.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_connection_replaces_the_older_whose_end_changes_nothing() {
        let stations = Stations::default();
        let older = stations.enter("ctl_1");
        let newer = stations.enter("ctl_1");
        assert!(older.is_replaced() && !newer.is_replaced());
        drop(older);
        assert!(stations.is_online("ctl_1"));
        drop(newer);
        assert!(!stations.is_online("ctl_1"));
    }

    #[test]
    fn controllers_do_not_concern_each_other() {
        let stations = Stations::default();
        let _one = stations.enter("ctl_1");
        let two = stations.enter("ctl_2");
        assert_eq!(stations.count(), 2);
        drop(two);
        assert!(stations.is_online("ctl_1") && !stations.is_online("ctl_2"));
    }
}
