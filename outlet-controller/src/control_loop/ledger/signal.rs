//! What the control loop lets the OCPP side know of the journal, and the other way round.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

use crate::store::StoreError;

/// Says when the journal has grown, whether its disk fails, and knows whether the server can be reached.
#[derive(Clone, Debug, Default)]
pub(crate) struct JournalSignal(Arc<Signal>);

#[derive(Debug, Default)]
struct Signal {
    grew: Notify,
    online: AtomicBool,
    disk_fails: AtomicBool,
    owes: AtomicBool,
    broken: AtomicBool,
    holds_boot: AtomicBool,
}

impl JournalSignal {
    /// Waits until there may be something new to tell.
    pub(crate) async fn grew(&self) {
        self.0.grew.notified().await;
    }

    pub(crate) fn set_online(&self, online: bool) {
        self.0.online.store(online, Ordering::Relaxed);
    }

    /// Whether the disk has taken nothing for a while: the journal cannot tell of that.
    pub(crate) fn disk_fails(&self) -> bool {
        self.0.disk_fails.load(Ordering::Relaxed)
    }

    /// Whether reports of charges are set aside.
    pub(crate) fn set_owes(&self, owes: bool) {
        self.0.owes.store(owes, Ordering::Relaxed);
    }

    /// What an answer of the disk says of the file.
    pub(crate) fn heed(&self, error: &StoreError) {
        if error.is_damage() && !self.0.broken.swap(true, Ordering::Relaxed) {
            tracing::error!(%error, "the database is broken: the program ends, and its next start puts it aside");
        }
    }

    pub(crate) fn owes(&self) -> bool {
        self.0.owes.load(Ordering::Relaxed)
    }

    pub(super) fn is_broken(&self) -> bool {
        self.0.broken.load(Ordering::Relaxed)
    }

    /// Whether everything that runs is on disk under the present boot.
    pub(crate) fn holds_boot(&self) -> bool {
        self.0.holds_boot.load(Ordering::Relaxed)
    }

    pub(super) fn set_holds_boot(&self) {
        self.0.holds_boot.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_online(&self) -> bool {
        self.0.online.load(Ordering::Relaxed)
    }

    pub(super) fn tell_growth(&self) {
        self.0.grew.notify_one();
    }

    pub(super) fn set_disk_fails(&self, fails: bool) {
        if self.0.disk_fails.swap(fails, Ordering::Relaxed) != fails {
            self.0.grew.notify_one();
        }
    }
}
