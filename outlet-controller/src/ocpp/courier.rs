//! The journal on its way to the server: the oldest message first, each deleted once it was answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use foundation::Clock;
use tokio_util::task::TaskTracker;

use crate::store::{Entry, Store, StoreError};

const DELETE_TRIES: u32 = 10;
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

/// Clones share what was answered.
#[derive(Clone)]
pub(super) struct Courier {
    store: Store,
    clock: Clock,
    tasks: TaskTracker,
    /// The last message that was answered: it is not sent again, even while the disk is slow to forget it.
    answered: Arc<AtomicI64>,
}

impl Courier {
    pub(super) fn new(store: Store, clock: Clock, tasks: TaskTracker) -> Self {
        Self {
            store,
            clock,
            tasks,
            answered: Arc::default(),
        }
    }

    /// The oldest message that was not answered.
    pub(super) async fn oldest(&self) -> Result<Option<Entry>, StoreError> {
        self.store.oldest(self.answered.load(Ordering::Relaxed)).await
    }

    /// The server has answered this message; the disk is not waited for.
    pub(super) fn answered(&self, id: i64) {
        self.answered.store(id, Ordering::Relaxed);
        let (store, clock) = (self.store.clone(), self.clock.clone());
        self.tasks.spawn(async move {
            for _ in 0..DELETE_TRIES {
                match store.delivered(id).await {
                    Ok(()) => return,
                    Err(error) => tracing::warn!(id, %error, "an answered message cannot be deleted"),
                }
                clock.sleep(BETWEEN_TRIES).await;
            }
            tracing::error!(
                id,
                "an answered message stays in the journal; it is sent again after a restart"
            );
        });
    }

    /// The server has refused this message; `set_aside` keeps it out of the others' way.
    pub(super) async fn refused(&self, id: i64, why: String, set_aside: bool) -> Result<(), StoreError> {
        self.store.refused(id, why, set_aside).await
    }
}
