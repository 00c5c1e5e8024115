//! The start: the last run's state in a bounded time, or every breaker open.

use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use foundation::config::BadValue;
use tokio::sync::oneshot;

use crate::config::Emergency;
use crate::control_loop;
use crate::lock;
use crate::modbus::panel::Panel;
use crate::modbus::panel_io::PanelIo;
use crate::store::{Found, Store};

/// A disk that hangs is waited for no longer, for breakers may be closed meanwhile.
const DISK_PATIENCE: Duration = Duration::from_secs(10);

/// What the last run has left behind.
pub(crate) struct Remembered {
    pub(crate) store: Store,
    pub(crate) found: Found,
    /// Whether a part of it is lost.
    pub(crate) lost: bool,
}

/// Runs `work` on a thread of its own, which nobody waits for when the program ends.
pub(crate) async fn in_time<T: Send + 'static>(
    work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    let (sender, done) = oneshot::channel();
    let named = thread::Builder::new().name("open-state".to_owned());
    // Whoever waited may have gone.
    named.spawn(move || drop(sender.send(work())))?;
    patiently(done).await?.context("the state cannot be opened")?
}

async fn patiently<T>(work: impl Future<Output = T>) -> anyhow::Result<T> {
    match tokio::time::timeout(DISK_PATIENCE, work).await {
        Ok(done) => Ok(done),
        Err(_elapsed) => bail!("the disk has not answered for {} s", DISK_PATIENCE.as_secs()),
    }
}

/// What the last run left behind, and whether this panel can go on from it.
pub(crate) async fn open_state(store: anyhow::Result<Store>, panel: &Panel) -> anyhow::Result<Remembered> {
    let store = store?;
    let found = patiently(store.load()).await??;
    let lost = patiently(store.has_lost()).await??;
    if let Some((outlet, charge)) = control_loop::homeless(panel, &found.outlets) {
        let count = panel.outlets.len();
        let problem = format!(
            "the panel file has {count} outlets, but a charge of outlet {outlet} (transaction {}) has not ended; \
             expected a panel file with that outlet until it has",
            charge.transaction
        );
        return Err(BadValue {
            key: "panel",
            problem,
        }
        .into());
    }
    Ok(Remembered { store, found, lost })
}

/// Nobody would end the charges that run: no breaker stays closed (I10).
pub(crate) async fn give_up(io: PanelIo, error: &anyhow::Error) {
    tracing::error!(
        error = format!("{error:#}"),
        "the controller cannot start: all breakers are opened"
    );
    io.open_all_breakers().await;
    io.close().await;
}

/// Opens the breakers of a panel that cannot be controlled, unless another program does.
pub(crate) async fn open_all_breakers(config: &Emergency) {
    let Ok(panel) = config.load_panel() else {
        return;
    };
    let Ok(_held_or_none) = lock::unless_held(lock::panel_file(&config.panel)) else {
        return;
    };
    let io = PanelIo::open(panel);
    io.open_all_breakers().await;
    io.close().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_disk_that_hangs_is_not_waited_for() {
        let (hang_up, hanging) = std::sync::mpsc::channel::<()>();
        let opened = in_time(move || Ok(hanging.recv().is_err())).await;
        assert_eq!(
            opened.unwrap_err().to_string(),
            "the disk has not answered for 10 s"
        );
        drop(hang_up);
    }

    #[tokio::test]
    async fn a_disk_that_answers_is_waited_for() {
        assert!(in_time(|| Ok(true)).await.unwrap());
        assert!(in_time::<()>(|| bail!("of no use")).await.is_err());
    }
}
