//! A started program: its address, and how to stop it cleanly.

use std::net::SocketAddr;

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::lock::Held;

/// What `start` returns. Dropping it does not stop the program; [`Service::stop`] does.
#[derive(Debug)]
pub struct Service {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where it listens to clients with a certificate.
    pub mutual_address: Option<SocketAddr>,
    /// Where its figures can be read.
    pub metrics_address: Option<SocketAddr>,
    stop: CancellationToken,
    tasks: TaskTracker,
    lock: Option<Held>,
}

impl Service {
    /// `tasks` are those that end once `stop` is cancelled.
    pub fn new(address: SocketAddr, stop: CancellationToken, tasks: TaskTracker) -> Self {
        tasks.close();
        Self {
            address,
            mutual_address: None,
            metrics_address: None,
            stop,
            tasks,
            lock: None,
        }
    }

    /// Also listens to clients with a certificate.
    #[must_use]
    pub fn with_mutual_address(self, mutual_address: Option<SocketAddr>) -> Self {
        Self {
            mutual_address,
            ..self
        }
    }

    /// Also tells figures.
    #[must_use]
    pub fn with_metrics_address(self, metrics_address: Option<SocketAddr>) -> Self {
        Self {
            metrics_address,
            ..self
        }
    }

    /// Keeps a lock until it is stopped.
    #[must_use]
    pub fn with_lock(self, lock: Option<Held>) -> Self {
        Self { lock, ..self }
    }

    /// Asks every task to stop and waits for all of them.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.wait().await;
        drop(self.lock);
    }

    /// Runs until the process is told to stop (SIGINT or SIGTERM), then stops cleanly.
    ///
    /// # Errors
    /// If the signals cannot be watched.
    pub async fn run_until_signal(self) -> std::io::Result<()> {
        stop_signal()?.await;
        tracing::info!("told to stop");
        self.stop().await;
        tracing::info!("stopped");
        Ok(())
    }
}

/// SIGINT and SIGTERM, watched from here on; ready when one has come.
///
/// # Errors
/// If the signals cannot be watched.
pub fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
