//! Notes that this boot still runs while a charge does: a power cut then costs its end no more than a second.

use std::time::Duration;

use foundation::Clock;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Handles, JournalSignal, Statuses, now_of};
use crate::store::{Store, TimeNote};

/// So often that a note, its way to the disk counted, stays within [`domain::outlet::NOTED_WITHIN`].
const EVERY: Duration = Duration::from_millis(900);

/// Beside the control loop, which a slow bus may keep for longer.
pub(crate) struct Timekeeper {
    store: Store,
    clock: Clock,
    statuses: watch::Receiver<Statuses>,
    journal: JournalSignal,
}

impl Timekeeper {
    pub(crate) fn new(store: Store, clock: Clock, handles: &Handles) -> Self {
        Self {
            store,
            clock,
            statuses: handles.statuses.clone(),
            journal: handles.journal.clone(),
        }
    }

    /// Notes the time until told to stop.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let (mut fails, mut wait) = (false, EVERY);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = self.clock.sleep(wait) => {}
            }
            let begun = Instant::now();
            wait = EVERY;
            if !self.is_needed() {
                continue;
            }
            let note = TimeNote {
                boot_id: self.clock.boot_id().to_owned(),
                at: now_of(&self.clock),
            };
            let noted = self.store.note_time(note).await;
            // Said once: each minute what is left is written down with the outlets too.
            match &noted {
                Err(error) if !fails => tracing::error!(%error, "the time cannot be noted"),
                Ok(()) | Err(_) => {}
            }
            fails = noted.is_err();
            wait = EVERY.saturating_sub(begun.elapsed());
        }
    }

    /// A note of this boot replaces the last one's: before, what was left then must be on disk under this boot.
    fn is_needed(&self) -> bool {
        let charges = |statuses: &Statuses| statuses.iter().any(|(_, status)| status.transaction.is_some());
        self.journal.holds_boot() && charges(&self.statuses.borrow())
    }
}
