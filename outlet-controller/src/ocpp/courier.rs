//! The journal on its way to the server: the oldest message first, each deleted once it was answered.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use foundation::Clock;
use tokio_util::task::TaskTracker;

use crate::store::{Entry, Store, StoreError};

const DELETE_TRIES: u32 = 10;
/// After so many broken connections in a row a message is kept aside.
const MAX_CUTS: u32 = 10;
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

/// Clones share what was answered.
#[derive(Clone)]
pub(super) struct Courier {
    store: Store,
    clock: Clock,
    tasks: TaskTracker,
    /// The last message that was answered: it is not sent again, even while the disk is slow to forget it.
    answered: Arc<AtomicI64>,
    cuts: Arc<Mutex<Cuts>>,
}

/// How often in a row the connection broke while one message was on its way.
#[derive(Debug, Default)]
struct Cuts {
    id: i64,
    times: u32,
}

impl Courier {
    pub(super) fn new(store: Store, clock: Clock, tasks: TaskTracker) -> Self {
        Self {
            store,
            clock,
            tasks,
            answered: Arc::default(),
            cuts: Arc::default(),
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

    /// The connection broke while this message was on its way; one with which it always breaks is set aside.
    pub(super) async fn cut_off(&self, id: i64) -> Result<(), StoreError> {
        let times = {
            let mut cuts = self.cuts.lock().unwrap_or_else(PoisonError::into_inner);
            let times = if cuts.id == id { cuts.times + 1 } else { 1 };
            *cuts = Cuts { id, times };
            times
        };
        if times < MAX_CUTS {
            return Ok(());
        }
        tracing::error!(
            id,
            times,
            "the connection always breaks with this message: it is set aside"
        );
        let why = format!("the connection broke {times} times while this was on its way");
        self.refused(id, why, true).await
    }

    /// The server has refused this message; `set_aside` keeps it out of the others' way.
    pub(super) async fn refused(&self, id: i64, why: String, set_aside: bool) -> Result<(), StoreError> {
        self.store.refused(id, why, set_aside).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Message, Step};

    #[tokio::test]
    async fn a_message_with_which_the_connection_always_breaks_is_set_aside() {
        let folder = std::env::temp_dir().join(foundation::ids::id("denro-courier-test"));
        let store = Store::open(&folder).unwrap();
        let message = |payload: &str| Message {
            action: "NotifyEvent",
            payload: payload.to_owned(),
            created_us: 0,
        };
        let step = Step {
            messages: vec![message("{\"n\": 1}"), message("{\"n\": 2}")],
            ..Step::default()
        };
        store.write(step).await.unwrap();
        let courier = Courier::new(store, Clock::system(), TaskTracker::new());
        let first = courier.oldest().await.unwrap().unwrap();
        for _ in 1..MAX_CUTS {
            courier.cut_off(first.id).await.unwrap();
        }
        // Another one breaks the row.
        courier.cut_off(first.id + 1).await.unwrap();
        for _ in 1..MAX_CUTS {
            courier.cut_off(first.id).await.unwrap();
        }
        assert_eq!(courier.oldest().await.unwrap(), Some(first.clone()));
        courier.cut_off(first.id).await.unwrap();
        let next = courier.oldest().await.unwrap().unwrap();
        assert_eq!((next.id, next.payload.as_str()), (first.id + 1, "{\"n\": 2}"));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
