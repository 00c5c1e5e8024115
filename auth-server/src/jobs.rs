//! What goes on by itself, every second. Jobs look at the rows and can be run twice, on several nodes at once.

use std::sync::Arc;
use std::time::Duration;

use foundation::{Clock, Db};
use tokio_util::sync::CancellationToken;

use crate::keys::KeyRing;
use crate::operations::{OperationError, tend_keys};

const TICK: Duration = Duration::from_secs(1);

/// What the jobs work with.
#[derive(Clone)]
pub(crate) struct Jobs {
    pub(crate) db: Db,
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) key_life_us: i64,
    pub(crate) clock: Clock,
}

impl Jobs {
    /// Until `stop`. A job that fails is told once, and runs again.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut failing = false;
        loop {
            let outcome = self.tend_keys().await;
            match &outcome {
                Err(error) if !failing => {
                    tracing::error!(%error, "signing keys cannot be looked after; the last ones go on")
                }
                Ok(()) if failing => tracing::info!("signing keys are looked after again"),
                Ok(()) | Err(_) => {}
            }
            failing = outcome.is_err();
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.clock.sleep(TICK) => {}
            }
        }
    }

    pub(crate) async fn tend_keys(&self) -> Result<(), OperationError> {
        let now_us = self.clock.now_us();
        let rows = tend_keys::run(&self.db, self.key_life_us, now_us).await?;
        if self.keys.take(rows, now_us)? {
            tracing::info!(keys = ?self.keys.now().kids(), "signing keys published");
        }
        Ok(())
    }
}
