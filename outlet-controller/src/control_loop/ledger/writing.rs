//! One step after the other on its way to the disk; a disk that hangs or fails keeps nobody waiting.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::ids::OutletNumber;
use domain::panel::Panel;
use domain::units::Now;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::{Change, Ledger};
use crate::ocpp::messages;
use crate::store::{Message, Step, StoreError, Usage};

/// A write that takes longer is not waited for.
const DISK_PATIENCE: Duration = Duration::from_millis(1_500);
/// How long later rounds wait for it then.
const SLOW_DISK_PATIENCE: Duration = Duration::from_millis(20);

/// A step on its way to the disk.
pub(super) struct Writing {
    task: JoinHandle<Result<Usage, StoreError>>,
    begun: Instant,
    touched: BTreeSet<OutletNumber>,
    messages: Vec<Message>,
    tells_loss: bool,
    /// A slow disk is one that has not written by then.
    patience_ends: Instant,
    is_slow: bool,
}

impl Ledger {
    /// Whether all that is known of this outlet is on disk.
    pub(in crate::control_loop) fn is_outlet_written(&self, number: OutletNumber) -> bool {
        let is_on_its_way = self
            .writing
            .as_ref()
            .is_some_and(|writing| writing.touched.contains(&number));
        !is_on_its_way && !self.touched.contains(&number)
    }

    /// Writes down what has gathered; `false` where the disk has not taken it yet: it is kept, and nothing may be
    /// done that rests on it. May be left at any point and called again.
    pub(in crate::control_loop) async fn write_down(&mut self, panel: &Panel, now: Now) -> bool {
        loop {
            if self.writing.is_none() {
                self.note_debts(now);
                if self.touched.is_empty() && self.messages.is_empty() {
                    return true;
                }
                self.begin_writing(panel, now);
            }
            if !self.has_written(now).await {
                return false;
            }
        }
    }

    fn begin_writing(&mut self, panel: &Panel, now: Now) {
        let touched = std::mem::take(&mut self.touched);
        let step = Step {
            outlets: touched
                .iter()
                .filter_map(|number| self.row(panel, *number, now))
                .collect(),
            messages: std::mem::take(&mut self.messages),
            next_event_id: self.next_event_id,
            thin: self.space.is_thinning(),
            tells_loss: std::mem::take(&mut self.tells_loss),
        };
        let (store, copy) = (self.store.clone(), step.clone());
        let task = tokio::spawn(async move { store.write(copy).await });
        self.writing = Some(Writing {
            task,
            begun: Instant::now(),
            touched,
            messages: step.messages,
            tells_loss: step.tells_loss,
            patience_ends: Instant::now() + DISK_PATIENCE,
            is_slow: false,
        });
    }

    /// Waits a little for what is being written: a disk that hangs must not keep the loop from its work.
    async fn has_written(&mut self, now: Now) -> bool {
        let Some(writing) = &mut self.writing else {
            return true;
        };
        let until = writing.patience_ends.max(Instant::now() + SLOW_DISK_PATIENCE);
        let Ok(ended) = tokio::time::timeout_at(until, &mut writing.task).await else {
            if !writing.is_slow {
                tracing::error!("the disk is slow: no breaker is closed until it has written");
            }
            writing.is_slow = true;
            self.failed(now);
            return false;
        };
        let Some(writing) = self.writing.take() else {
            return true;
        };
        let error = match ended {
            Ok(Ok(usage)) => {
                self.signal.set_holds_boot();
                self.writes.add(writing.begun.elapsed());
                self.steps += 1;
                if !writing.messages.is_empty() {
                    self.signal.tell_growth();
                }
                let changes = self.space.took(usage, self.store.max_bytes());
                self.note_changes(changes, now);
                return true;
            }
            Ok(Err(error)) => {
                self.signal.heed(&error);
                error.to_string()
            }
            Err(error) => error.to_string(),
        };
        // Said once: it is tried again with every look.
        match self.space.is_failing() {
            false => tracing::error!(error, "the controller's state is not on disk"),
            true => tracing::debug!(error, "the controller's state is still not on disk"),
        }
        self.touched.extend(writing.touched);
        self.tells_loss |= writing.tells_loss;
        self.messages.splice(..0, writing.messages);
        self.failed(now);
        false
    }

    fn failed(&mut self, now: Now) {
        self.failures += 1;
        let change = self.space.failed(now.tick);
        self.note_changes(change, now);
    }

    /// Told by the journal as soon as it can; a failing disk also at once, by the OCPP side.
    pub(super) fn note_changes(&mut self, changes: impl IntoIterator<Item = Change>, now: Now) {
        for change in changes {
            tracing::error!(
                trouble = change.trouble.name(),
                begins = change.begins,
                "the journal"
            );
            let message = messages::of_trouble(change, self.next_event_id, now.wall);
            self.next_event_id += i64::from(message.is_some());
            self.messages.extend(message);
        }
        self.signal.set_disk_fails(self.space.has_alarmed());
    }
}
