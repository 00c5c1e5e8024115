//! The journal on its way to the server: the oldest message first, each deleted once it was answered.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use foundation::Clock;
use tokio_util::task::TaskTracker;

use crate::store::{Answered, Entry, Store, StoreError};

/// After so many broken connections in a row a message is kept aside.
const MAX_CUTS: u32 = 10;
const BETWEEN_TRIES: Duration = Duration::from_secs(1);
/// A disk that fails is not waited for any longer than this when the program stops.
const DELETE_TRIES: u32 = 10;

/// Clones share what was answered.
#[derive(Clone)]
pub(super) struct Courier {
    store: Store,
    clock: Clock,
    tasks: TaskTracker,
    answered: Arc<Mutex<Answers>>,
    cuts: Arc<Mutex<Cuts>>,
}

/// What was answered is not sent again, even while the disk is slow to forget it.
#[derive(Debug, Default)]
struct Answers {
    last: Answered,
    /// Whether somebody is at it to forget what was answered.
    forgetting: bool,
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
        let answered = self.answers(|answers| answers.last);
        self.store.oldest(answered).await
    }

    /// The server has answered this message; the disk is not waited for.
    pub(super) fn answered(&self, id: i64) {
        let busy = self.answers(|answers| {
            answers.last.add(id);
            std::mem::replace(&mut answers.forgetting, true)
        });
        if !busy {
            let courier = self.clone();
            self.tasks.spawn(async move { courier.forget().await });
        }
    }

    /// Deletes what was answered; what is answered meanwhile goes with the next delete, all at once.
    async fn forget(&self) {
        let mut failures = 0;
        while failures < DELETE_TRIES {
            let answered = self.answers(|answers| answers.last);
            match self.store.delivered(answered).await {
                Ok(()) => {
                    failures = 0;
                    let done = self.answers(|answers| {
                        answers.forgetting = answers.last != answered;
                        !answers.forgetting
                    });
                    if done {
                        return;
                    }
                }
                Err(error) => {
                    failures += 1;
                    tracing::warn!(?answered, %error, "answered messages cannot be deleted");
                    self.clock.sleep(BETWEEN_TRIES).await;
                }
            }
        }
        tracing::error!("answered messages stay in the journal; they are deleted with the next ones");
        self.answers(|answers| answers.forgetting = false);
    }

    fn answers<T>(&self, look: impl FnOnce(&mut Answers) -> T) -> T {
        look(&mut self.answered.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The connection broke while this message was on its way; one with which it always breaks is set aside.
    pub(super) async fn cut_off(&self, id: i64) {
        let times = {
            let mut cuts = self.cuts.lock().unwrap_or_else(PoisonError::into_inner);
            let times = if cuts.id == id { cuts.times + 1 } else { 1 };
            *cuts = Cuts { id, times };
            times
        };
        if times < MAX_CUTS {
            return;
        }
        tracing::error!(
            id,
            times,
            "the connection always breaks with this message: it is set aside"
        );
        let why = format!("the connection broke {times} times while this was on its way");
        self.refused(id, why, true).await;
    }

    /// The server has refused this message; `set_aside` keeps it out of the others' way.
    pub(super) async fn refused(&self, id: i64, why: String, set_aside: bool) {
        if let Err(error) = self.store.refused(id, why, set_aside).await {
            tracing::error!(id, %error, "that a message was refused cannot be written down: it is tried again");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Message, Rank, Step};

    #[tokio::test]
    async fn a_message_with_which_the_connection_always_breaks_is_set_aside() {
        let folder = std::env::temp_dir().join(foundation::ids::id("denro-courier-test"));
        let store = Store::open(&folder).unwrap();
        let message = |payload: &str| Message {
            rank: Rank::Report,
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
            courier.cut_off(first.id).await;
        }
        // Another one breaks the row.
        courier.cut_off(first.id + 1).await;
        for _ in 1..MAX_CUTS {
            courier.cut_off(first.id).await;
        }
        assert_eq!(courier.oldest().await.unwrap(), Some(first.clone()));
        courier.cut_off(first.id).await;
        let next = courier.oldest().await.unwrap().unwrap();
        assert_eq!((next.id, next.payload.as_str()), (first.id + 1, "{\"n\": 2}"));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
