//! Which stations are connected to this process.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

/// A cheap handle; clones share the list. At most one connection per controller is listed: the newest.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stations(Arc<Mutex<HashMap<String, Arc<CancellationToken>>>>);

/// A connection's place in the list, given up when dropped.
#[derive(Debug)]
pub(super) struct Place {
    stations: Stations,
    controller_id: String,
    /// One token for both ends, because it is looked at whenever the connection wakes.
    end: Arc<CancellationToken>,
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

    /// Lists an authenticated connection; one that the controller had before is told to end, and all are by `stop`.
    pub(super) fn enter(&self, controller_id: &str, stop: &CancellationToken) -> Place {
        let end = Arc::new(stop.child_token());
        let mut list = self.list();
        if let Some(older) = list.insert(controller_id.to_owned(), end.clone()) {
            older.cancel();
        }
        drop(list);
        Place {
            stations: self.clone(),
            controller_id: controller_id.to_owned(),
            end,
        }
    }

    fn list(&self) -> MutexGuard<'_, HashMap<String, Arc<CancellationToken>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Returns when a newer connection of the same controller has come, or the program stops.
    pub(super) async fn ended(&self) {
        self.end.cancelled().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut list = self.stations.list();
        let entry = list.entry(std::mem::take(&mut self.controller_id));
        // Whoever replaced this one has its own entry by now.
        if let Entry::Occupied(entry) = entry
            && Arc::ptr_eq(entry.get(), &self.end)
        {
            entry.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_connection_replaces_the_older_whose_end_changes_nothing() {
        let (stations, stop) = (Stations::default(), CancellationToken::new());
        let older = stations.enter("ctl_1", &stop);
        let newer = stations.enter("ctl_1", &stop);
        assert!(older.end.is_cancelled() && !newer.end.is_cancelled());
        drop(older);
        assert!(stations.is_online("ctl_1"));
        drop(newer);
        assert!(!stations.is_online("ctl_1"));
    }

    #[test]
    fn controllers_do_not_concern_each_other() {
        let (stations, stop) = (Stations::default(), CancellationToken::new());
        let _one = stations.enter("ctl_1", &stop);
        let two = stations.enter("ctl_2", &stop);
        assert_eq!(stations.count(), 2);
        drop(two);
        assert!(stations.is_online("ctl_1") && !stations.is_online("ctl_2"));
    }

    #[test]
    fn a_stop_ends_all_and_each_leaves_the_list() {
        let (stations, stop) = (Stations::default(), CancellationToken::new());
        let (one, two) = (stations.enter("ctl_1", &stop), stations.enter("ctl_2", &stop));
        stop.cancel();
        assert!(one.end.is_cancelled() && two.end.is_cancelled());
        drop(one);
        drop(two);
        assert_eq!(stations.count(), 0);
    }
}
