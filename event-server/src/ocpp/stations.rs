//! Which stations are connected to this process.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use super::revoked::Revoked;

/// A cheap handle; clones share the list. At most one connection per controller is listed: the newest.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stations(Arc<Mutex<HashMap<String, Arc<Entered>>>>);

/// A connection's place in the list, given up when dropped.
#[derive(Debug)]
pub(super) struct Place {
    stations: Stations,
    controller_id: String,
    entered: Arc<Entered>,
}

/// What both ends know of a connection.
#[derive(Debug)]
struct Entered {
    /// One token for both, because it is looked at whenever the connection wakes.
    end: CancellationToken,
    /// The number of the certificate that it came with.
    certificate: Option<String>,
    revoked: AtomicBool,
    /// No row said at the last look that it is here: it may be written yet, or the station has moved to another node.
    doubted: AtomicBool,
}

impl Stations {
    pub(crate) fn is_online(&self, controller_id: &str) -> bool {
        self.list().contains_key(controller_id)
    }

    /// How many are connected.
    pub(crate) fn count(&self) -> usize {
        self.list().len()
    }

    /// Lists an authenticated connection; one that the controller had before is told to end, and all are by `stop`.
    pub(super) fn enter(
        &self,
        controller_id: &str,
        certificate: Option<String>,
        stop: &CancellationToken,
    ) -> Place {
        let entered = Arc::new(Entered {
            end: stop.child_token(),
            certificate,
            revoked: AtomicBool::new(false),
            doubted: AtomicBool::new(false),
        });
        let mut list = self.list();
        if let Some(older) = list.insert(controller_id.to_owned(), entered.clone()) {
            older.end.cancel();
        }
        drop(list);
        Place {
            stations: self.clone(),
            controller_id: controller_id.to_owned(),
            entered,
        }
    }

    /// Tells the connections to end that came with one of these certificates.
    pub(crate) fn end_revoked(&self, revoked: &Revoked) {
        for entered in self.list().values() {
            let certificate = entered.certificate.as_ref();
            if certificate.is_some_and(|serial| revoked.contains(serial)) {
                entered.revoked.store(true, SeqCst);
                entered.end.cancel();
            }
        }
    }

    /// Tells a controller's connection to end: its newest is at another node.
    pub(crate) fn end_moved(&self, controller_id: &str) {
        if let Some(entered) = self.list().get(controller_id) {
            entered.end.cancel();
        }
    }

    /// Tells the connections to end that were not held at two looks, one after the other.
    pub(crate) fn end_unheld(&self, held: &HashSet<String>) {
        for (controller_id, entered) in self.list().iter() {
            let unheld = !held.contains(controller_id);
            if entered.doubted.swap(unheld, SeqCst) && unheld {
                entered.end.cancel();
            }
        }
    }

    fn list(&self) -> MutexGuard<'_, HashMap<String, Arc<Entered>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Returns when a newer connection of the same controller has come, its certificate is revoked, or the program stops.
    pub(super) async fn ended(&self) {
        self.entered.end.cancelled().await;
    }

    pub(super) fn is_revoked(&self) -> bool {
        self.entered.revoked.load(SeqCst)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut list = self.stations.list();
        let entry = list.entry(std::mem::take(&mut self.controller_id));
        // Whoever replaced this one has its own entry by now.
        if let Entry::Occupied(entry) = entry
            && Arc::ptr_eq(entry.get(), &self.entered)
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
        let older = stations.enter("ctl_1", None, &stop);
        let newer = stations.enter("ctl_1", None, &stop);
        assert!(older.entered.end.is_cancelled() && !newer.entered.end.is_cancelled());
        drop(older);
        assert!(stations.is_online("ctl_1"));
        drop(newer);
        assert!(!stations.is_online("ctl_1"));
    }

    #[test]
    fn controllers_do_not_concern_each_other() {
        let (stations, stop) = (Stations::default(), CancellationToken::new());
        let _one = stations.enter("ctl_1", None, &stop);
        let two = stations.enter("ctl_2", None, &stop);
        assert_eq!(stations.count(), 2);
        drop(two);
        assert!(stations.is_online("ctl_1") && !stations.is_online("ctl_2"));
    }

    #[test]
    fn a_revoked_certificate_ends_its_connection_and_no_other() {
        let (stations, stop) = (Stations::default(), CancellationToken::new());
        let with = |id, serial: Option<&str>| stations.enter(id, serial.map(str::to_owned), &stop);
        let (one, two, three) = (
            with("ctl_1", Some("a1")),
            with("ctl_2", Some("b2")),
            with("ctl_3", None),
        );
        let revoked = Revoked::default();
        revoked.replace(["a1".to_owned()].into());
        stations.end_revoked(&revoked);
        assert!(one.entered.end.is_cancelled() && one.is_revoked());
        assert!(!two.entered.end.is_cancelled() && !three.entered.end.is_cancelled());
    }

    #[test]
    fn a_connection_that_no_row_tells_of_ends_at_the_second_look() {
        let (stations, stop) = (Stations::default(), CancellationToken::new());
        let place = stations.enter("ctl_1", None, &stop);
        let held = HashSet::from(["ctl_1".to_owned()]);
        for seen in [HashSet::new(), held, HashSet::new()] {
            stations.end_unheld(&seen);
            assert!(!place.entered.end.is_cancelled());
        }
        stations.end_unheld(&HashSet::new());
        assert!(place.entered.end.is_cancelled());
    }

    #[test]
    fn a_stop_ends_all_and_each_leaves_the_list() {
        let (stations, stop) = (Stations::default(), CancellationToken::new());
        let (one, two) = (
            stations.enter("ctl_1", None, &stop),
            stations.enter("ctl_2", None, &stop),
        );
        stop.cancel();
        assert!(one.entered.end.is_cancelled() && two.entered.end.is_cancelled());
        drop(one);
        drop(two);
        assert_eq!(stations.count(), 0);
    }
}
