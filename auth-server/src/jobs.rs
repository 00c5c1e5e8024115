//! What goes on by itself, every second. Jobs look at the rows and can be run twice, on several nodes at once.

use std::sync::Arc;
use std::time::Duration;

use foundation::{Clock, Db, DbError};
use tokio_util::sync::CancellationToken;

use crate::audit;
use crate::keys::KeyRing;
use crate::operations::{OperationError, tend_keys};
use crate::revocations::Revocations;
use crate::store::{
    attempts, authorization_requests, enrolments, known_browsers, login_sessions, passkeys, revoked_tokens,
    token_families, used_assertions,
};
use crate::tally::Tally;

const TICK: Duration = Duration::from_secs(1);
const TALLY_EVERY_TICKS: u64 = 10;
const SWEEP_EVERY_TICKS: u64 = 60;

/// What the jobs work with.
pub(crate) struct Jobs {
    pub(crate) db: Db,
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) revocations: Arc<Revocations>,
    pub(crate) tally: Arc<Tally>,
    pub(crate) key_life_us: i64,
    pub(crate) clock: Clock,
}

impl Jobs {
    /// What must have been done once before the first request.
    pub(crate) async fn begin(&self) -> Result<(), OperationError> {
        self.tend_keys().await?;
        self.read_revocations().await
    }

    /// Until `stop`. That jobs fail is told once, and they run again.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut failing = false;
        for tick in 1_u64.. {
            let outcome = self.tick(tick).await;
            match &outcome {
                Err(error) if !failing => {
                    tracing::error!(%error, "jobs fail; keys and revocations stay as they are")
                }
                Ok(()) if failing => tracing::info!("jobs run again"),
                Ok(()) | Err(_) => {}
            }
            failing = outcome.is_err();
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.clock.sleep(TICK) => {}
            }
        }
        if let Err(error) = self.write_tally().await {
            tracing::error!(%error, "what was counted last is not in the audit log");
        }
    }

    async fn tick(&self, tick: u64) -> Result<(), OperationError> {
        self.begin().await?;
        if tick.is_multiple_of(TALLY_EVERY_TICKS) {
            self.write_tally().await?;
        }
        if tick.is_multiple_of(SWEEP_EVERY_TICKS) {
            self.sweep().await?;
        }
        Ok(())
    }

    async fn tend_keys(&self) -> Result<(), OperationError> {
        let now_us = self.clock.now_us();
        let rows = tend_keys::run(&self.db, self.key_life_us, now_us).await?;
        if self.keys.take(rows, now_us)? {
            tracing::info!(keys = ?self.keys.now().kids(), "signing keys published");
        }
        Ok(())
    }

    async fn read_revocations(&self) -> Result<(), OperationError> {
        let from_us = self.revocations.read_from_us();
        let rows = self
            .db
            .read(move |conn| revoked_tokens::list_since(conn, from_us))
            .await?;
        self.revocations.take(rows, self.clock.now_us());
        Ok(())
    }

    async fn write_tally(&self) -> Result<(), OperationError> {
        let (counted, now_us) = (self.tally.take(), self.clock.now_us());
        if counted.is_empty() {
            return Ok(());
        }
        let entries = counted.clone();
        let written = self.db.write(move |conn| {
            let append = |entry| audit::append(conn, entry, now_us);
            entries.iter().try_for_each(append)
        });
        let written: Result<(), DbError> = written.await;
        if written.is_err() {
            self.tally.put_back(counted);
        }
        Ok(written?)
    }

    async fn sweep(&self) -> Result<(), OperationError> {
        let now_us = self.clock.now_us();
        self.db
            .write(move |conn| {
                used_assertions::delete_expired(conn, now_us)?;
                revoked_tokens::delete_expired(conn, now_us)?;
                attempts::delete_expired(conn, now_us)?;
                authorization_requests::delete_expired(conn, now_us)?;
                token_families::delete_expired(conn, now_us)?;
                login_sessions::delete_expired(conn, now_us)?;
                enrolments::delete_expired(conn, now_us)?;
                passkeys::delete_expired(conn, now_us)?;
                Ok(known_browsers::delete_expired(conn, now_us)?)
            })
            .await
    }
}
