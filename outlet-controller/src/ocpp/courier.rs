//! The journal on its way to the server: the oldest message first, each deleted once it was answered.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use foundation::Clock;
use tokio_util::task::TaskTracker;

use crate::control_loop::JournalSignal;
use crate::store::{Answered, Entry, Store, StoreError};

/// After so many broken connections in a row a message is kept aside.
const MAX_CUTS: u32 = 10;
/// What was set aside is tried again this often,
const PASS_EVERY_MS: u64 = 24 * 3_600_000;
/// and after a registration, though not with each of a server that comes and goes.
const PASS_AFTER_REGISTRATION_MS: u64 = 3_600_000;
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
    retries: Arc<Mutex<Retries>>,
    signal: JournalSignal,
}

/// The passes in which reports of charges that are set aside get another try.
#[derive(Debug, Default)]
struct Retries {
    /// When the last pass began.
    begun_ms: Option<u64>,
    /// How the pass goes on that is under way.
    next: Option<i64>,
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
    pub(super) fn new(store: Store, clock: Clock, tasks: TaskTracker, signal: JournalSignal) -> Self {
        Self {
            store,
            clock,
            tasks,
            answered: Arc::default(),
            cuts: Arc::default(),
            retries: Arc::default(),
            signal,
        }
    }

    /// The oldest message that was not answered; behind the last one, what was set aside where its time has come.
    pub(super) async fn oldest(&self) -> Result<Option<Entry>, StoreError> {
        let answered = self.answers(|answers| answers.last);
        let mut oldest = self.heeded(self.store.oldest(answered).await)?;
        if oldest.is_none() {
            let again = self.retry(PASS_EVERY_MS).await;
            if self.heeded(again)? {
                oldest = self.heeded(self.store.oldest(answered).await)?;
            }
            self.look_for_debts().await;
        }
        Ok(oldest)
    }

    /// The server has registered this station: it may be a better one than the last.
    pub(super) async fn registered(&self) {
        if let Err(error) = self.retry(PASS_AFTER_REGISTRATION_MS).await {
            tracing::warn!(%error, "what was set aside cannot be tried again");
        }
        self.look_for_debts().await;
    }

    /// Goes on with the pass that is under way, or begins one if the last is so long ago; whether there is more to send.
    async fn retry(&self, every_ms: u64) -> Result<bool, StoreError> {
        let now_ms = self.clock.tick_ms();
        let next = {
            let mut retries = self.retries.lock().unwrap_or_else(PoisonError::into_inner);
            let begun_ms = retries.begun_ms;
            let is_due = begun_ms.is_none_or(|begun_ms| now_ms.saturating_sub(begun_ms) >= every_ms);
            match (retries.next, is_due) {
                (Some(before), _) => Some(before),
                (None, true) => {
                    retries.begun_ms = Some(now_ms);
                    None
                }
                (None, false) => return Ok(false),
            }
        };
        let next = self.store.try_again(next).await?;
        self.retries.lock().unwrap_or_else(PoisonError::into_inner).next = next;
        Ok(true)
    }

    async fn look_for_debts(&self) {
        if let Ok(owes) = self.store.owes().await {
            self.signal.set_owes(owes);
        }
    }

    fn heeded<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        result.inspect_err(|error| self.signal.heed(error))
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
            match self.heeded(self.store.delivered(answered).await) {
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
        let noted = self.store.refused(id, why, set_aside).await;
        if set_aside {
            self.look_for_debts().await;
        }
        if let Err(error) = self.heeded(noted) {
            tracing::error!(id, %error, "that a message was refused cannot be written down: it is tried again");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Message, Rank, Step};

    fn message(action: &'static str, payload: &str) -> Message {
        Message {
            rank: Rank::Report,
            action,
            payload: payload.to_owned(),
            created_us: 0,
        }
    }

    async fn courier(messages: Vec<Message>) -> (Courier, std::path::PathBuf) {
        let folder = std::env::temp_dir().join(foundation::ids::id("denro-courier-test"));
        let store = Store::open(&folder).unwrap();
        let step = Step {
            messages,
            ..Step::default()
        };
        store.write(step).await.unwrap();
        let signal = JournalSignal::default();
        (
            Courier::new(store, Clock::system(), TaskTracker::new(), signal),
            folder,
        )
    }

    #[tokio::test]
    async fn a_report_of_a_charge_that_was_refused_is_tried_again_each_day_and_after_a_registration() {
        let (courier, folder) = courier(vec![message("TransactionEvent", "{\"n\": 1}")]).await;
        let refuse = async || {
            let entry = courier.oldest().await.unwrap();
            if let Some(entry) = &entry {
                courier.refused(entry.id, "FormatViolation".into(), true).await;
            }
            entry.is_some()
        };
        courier.registered().await;
        assert!(refuse().await && courier.signal.owes());
        for (hours, is_registered, is_tried) in [
            (0, true, false),
            (1, true, true),
            (23, false, false),
            (1, false, true),
            (0, false, false),
        ] {
            courier.clock.advance(Duration::from_secs(hours * 3_600));
            if is_registered {
                courier.registered().await;
            }
            assert_eq!(refuse().await, is_tried, "{hours} {is_registered}");
        }
        courier.clock.advance(Duration::from_secs(3_600));
        courier.registered().await;
        let entry = courier.oldest().await.unwrap().unwrap();
        courier.answered(entry.id);
        assert_eq!(courier.oldest().await.unwrap(), None);
        assert!(!courier.signal.owes());
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn a_message_with_which_the_connection_always_breaks_is_set_aside() {
        let notices = ["{\"n\": 1}", "{\"n\": 2}"].map(|payload| message("NotifyEvent", payload));
        let (courier, folder) = courier(notices.into()).await;
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
