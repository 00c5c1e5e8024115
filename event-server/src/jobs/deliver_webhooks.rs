//! Delivers events to endpoints: in order per endpoint and outlet, everything else side by side.

mod attempt;
mod attempt_step;
mod lanes;
mod owned;
mod receiver_tokens;
mod signature;

use std::sync::Arc;
use std::time::Duration;

use foundation::DbError;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::config::Webhooks;
use crate::context::Context;
use crate::store::deliveries::{self, Head};
use attempt::{Found, Sender};
use lanes::{Lanes, Pace};
use owned::Owned;

/// How many new rows are read at once.
const AT_ONCE: i64 = 1000;
/// How many are read at once that are due.
const READ_AT_ONCE: usize = 64;
/// Nothing is missed meanwhile: whatever is new wakes the job.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
const AFTER_TROUBLE: Duration = Duration::from_secs(1);
/// A clock that is kept right over the network is set back by less.
const STEP_US: i64 = 1_000_000;

/// The job. It remembers the first pending delivery of every lane, so that a long backlog costs nothing to look at.
pub(super) struct Deliverer {
    context: Context,
    sender: Arc<Sender>,
    tasks: TaskTracker,
    lanes: Lanes,
    /// Where there are several nodes.
    owned: Option<Owned>,
    /// The newest delivery that was looked at.
    last_id: i64,
    /// Wall time when what is due was looked for last.
    looked_at_us: i64,
    news: watch::Receiver<()>,
    changed: broadcast::Receiver<Arc<str>>,
    done: (mpsc::UnboundedSender<Done>, mpsc::UnboundedReceiver<Done>),
}

/// An attempt is over: the lane that was used, and its first pending delivery now.
struct Done {
    used: Head,
    next: Option<Head>,
    pace: Pace,
}

impl Deliverer {
    pub(super) async fn new(
        context: Context,
        webhooks: &Webhooks,
        tasks: TaskTracker,
    ) -> anyhow::Result<Self> {
        let (news, changed) = (context.signals.deliveries(), context.signals.endpoints());
        let read = context.db.read(|conn| {
            let last_id = deliveries::last_id(conn)?;
            Ok::<_, DbError>((last_id, deliveries::list_heads(conn)?))
        });
        let (last_id, heads) = read.await?;
        let owned = context.node.name().map(Owned::new);
        let mut lanes = Lanes::default();
        // Of several nodes each looks at what it owns, when it owns it.
        for head in heads.into_iter().filter(|_| owned.is_none()) {
            lanes.add(head);
        }
        Ok(Self {
            sender: Arc::new(Sender::new(context.clone(), webhooks)?),
            context,
            tasks,
            lanes,
            owned,
            last_id,
            looked_at_us: 0,
            news,
            changed,
            done: mpsc::unbounded_channel(),
        })
    }

    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut look = true;
        let mut trouble = false;
        loop {
            if look {
                self.news.mark_unchanged();
                trouble = self.look_for_new().await;
            }
            self.start_due(&stop);
            look = true;
            let sleep = if trouble { AFTER_TROUBLE } else { self.until_next() };
            tokio::select! {
                () = stop.cancelled() => return,
                changed = self.news.changed() => if changed.is_err() { return },
                endpoint = self.changed.recv() => self.hurry(endpoint),
                // Nothing new has come with it: whatever comes wakes the job by itself.
                Some(done) = self.done.1.recv() => { self.finish(done); look = trouble },
                () = self.context.clock.sleep(sleep) => {}
            }
        }
    }

    /// Whether the rows could not be read.
    async fn look_for_new(&mut self) -> bool {
        loop {
            let after = self.last_id;
            let read = self
                .context
                .db
                .read(move |conn| deliveries::list_pending_after(conn, after, AT_ONCE));
            let heads = match read.await {
                Ok(heads) => heads,
                Err(error) => {
                    tracing::error!(%error, "deliveries cannot be read");
                    return true;
                }
            };
            let Some(last) = heads.last() else {
                return self.take(heads).await.is_err();
            };
            let last_id = last.id;
            if let Err(error) = self.take(heads).await {
                tracing::error!(%error, "endpoints cannot be taken");
                return true;
            }
            self.last_id = last_id;
        }
    }

    fn hurry(&mut self, changed: Result<Arc<str>, RecvError>) {
        if let Ok(endpoint_id) = changed {
            self.lanes.hurry(&endpoint_id, self.context.clock.now_us());
        }
    }

    /// Takes notice of what is new; of several nodes, the one whose endpoint it is for.
    async fn take(&mut self, heads: Vec<Head>) -> Result<(), DbError> {
        if let Some(owned) = &mut self.owned {
            return owned.take(&self.context, &mut self.lanes, heads).await;
        }
        for head in heads {
            self.lanes.add(head);
        }
        Ok(())
    }

    /// One that is over, and whichever others are.
    fn finish(&mut self, done: Done) {
        let now_us = self.context.clock.now_us();
        let mut next = Some(done);
        while let Some(done) = next {
            self.lanes.finish(&done.used, done.next, (done.pace, now_us));
            next = self.done.1.try_recv().ok();
        }
    }

    /// An attempt that is cut off by `stop` stays pending and is made again.
    fn start_due(&mut self, stop: &CancellationToken) {
        let now_us = self.context.clock.now_us();
        if now_us < self.looked_at_us - STEP_US {
            tracing::warn!("the clock was set back: every delivery that waits is tried now");
            self.lanes.hurry_all(now_us);
        }
        self.looked_at_us = now_us;
        let due = self.lanes.take_due(now_us);
        for heads in due.chunks(READ_AT_ONCE) {
            let (sender, done, stop) = (self.sender.clone(), self.done.0.clone(), stop.clone());
            let (heads, tasks) = (heads.to_vec(), self.tasks.clone());
            self.tasks.spawn(async move {
                let mut jobs = sender.find_all(&heads).await;
                for head in heads {
                    let job = jobs.take(&head);
                    let attempt = attempt(sender.clone(), head, job, done.clone());
                    tasks.spawn(stop.clone().run_until_cancelled_owned(attempt));
                }
            });
        }
    }

    fn until_next(&self) -> Duration {
        let now_us = self.context.clock.now_us();
        let wait_us = self.lanes.next_due().map(|due| due.saturating_sub(now_us));
        let wait_us = wait_us.and_then(|wait| u64::try_from(wait).ok());
        // A millisecond more, because the clock sleeps in whole ones.
        wait_us
            .map_or(LONGEST_SLEEP, |us| Duration::from_micros(us + 1000))
            .min(LONGEST_SLEEP)
    }
}

async fn attempt(sender: Arc<Sender>, head: Head, job: Found, done: mpsc::UnboundedSender<Done>) {
    let (next, pace) = sender.attempt(&head, job).await;
    let over = Done {
        used: head,
        next,
        pace,
    };
    // The job has ended; the rows know what is left to do.
    let _ended = done.send(over);
}
