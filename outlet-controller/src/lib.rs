//! One per panel: Modbus to its breakers and meters, OCPP to the event-server.

pub mod cli;
pub mod config;
mod control_loop;
mod install;
mod lock;
pub mod modbus;
mod ocpp;
mod status;
#[doc(hidden)]
pub mod store;
mod watchdog;
pub mod wire;

use foundation::Clock;
use foundation::config::BadValue;
use foundation::service_manager::ServiceManager;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use config::Config;
use control_loop::{ControlLoop, Timekeeper};
use modbus::panel::Panel;
use modbus::panel_io::PanelIo;
pub use ocpp::Dial;
pub use status::Addresses;
use store::Found;
pub use store::Store;
use watchdog::Watched;

/// A running controller. Dropping it cuts it off in mid-work, as a crash would; [`Controller::stop`] ends it cleanly.
#[derive(Debug)]
pub struct Controller {
    stop: CancellationToken,
    tasks: TaskTracker,
    running: Vec<tokio::task::AbortHandle>,
    addresses: Addresses,
    watched: Watched,
    /// Nobody else works with the panel meanwhile.
    locks: Vec<lock::Held>,
}

/// Starts a controller with the panel that its configuration names.
///
/// # Errors
/// If the configuration or the panel file is wrong, another program works with the panel, or the state cannot be
/// opened.
pub async fn start(config: Config, clock: Clock) -> anyhow::Result<Controller> {
    let panel = config.load_panel()?;
    let lock = lock::unless_held(lock::panel_file(&config.panel))?;
    let mut controller = start_with_panel(config, panel, clock).await?;
    controller.locks.extend(lock);
    Ok(controller)
}

/// As [`start`], with a panel that is loaded already, as a simulated one that was redirected.
///
/// # Errors
/// If another program works with the state; if the configuration is wrong or the state cannot be opened, and every
/// breaker was told to open then.
pub async fn start_with_panel(config: Config, panel: Panel, clock: Clock) -> anyhow::Result<Controller> {
    let lock = lock::unless_held(lock::data_dir(&config.data_dir))?;
    let ground = Ground {
        io: PanelIo::open(panel),
        store: open_store(&config).map_err(Into::into),
        dial: ocpp::tcp(&config.server),
        clock,
    };
    let mut controller = start_on(config, ground).await?;
    controller.locks.extend(lock);
    Ok(controller)
}

/// What a controller stands on; a simulation puts its own into each place.
pub struct Ground {
    pub io: PanelIo,
    pub store: anyhow::Result<Store>,
    pub dial: Dial,
    pub clock: Clock,
}

/// As [`start_with_panel`].
///
/// # Errors
/// As [`start_with_panel`].
pub async fn start_on(config: Config, ground: Ground) -> anyhow::Result<Controller> {
    let Ground {
        io,
        store,
        dial,
        clock,
    } = ground;
    let (name, outlets, started_ms) = (io.panel().name.clone(), io.panel().outlets.len(), clock.tick_ms());
    let (store, found) = match open_state(&config, store, io.panel()).await {
        Ok(opened) => opened,
        Err(error) => {
            give_up(io, &error).await;
            return Err(error);
        }
    };
    let (control_loop, handles) = ControlLoop::resume(io, (store.clone(), found), clock.clone());
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let watch = ocpp::LinkWatch::new(clock.clone());
    let timekeeper = Timekeeper::new(store.clone(), clock.clone(), &handles);
    let watched = Watched::new(&handles, watch.clone(), clock.clone());
    let sources = status::Sources {
        panel: name.clone(),
        station: config.server.station_id.clone(),
        handles: handles.clone(),
        link: watch.clone(),
        store: store.clone(),
        data_dir: config.data_dir.clone(),
        clock: clock.clone(),
        started_ms,
    };
    let link = ocpp::Link {
        server: config.server,
        dial,
        handles,
        store,
        clock,
        watch,
        tasks: tasks.clone(),
    };
    let addresses = status::serve((config.status, config.metrics), &sources, &stop, &tasks);
    let control = control_loop.run(stop.clone());
    let running = vec![
        tasks.spawn(guarded(stop.clone(), control)).abort_handle(),
        tasks.spawn(ocpp::run(link, stop.clone())).abort_handle(),
        tasks.spawn(timekeeper.run(stop.clone())).abort_handle(),
    ];
    tasks.close();
    tracing::info!(panel = name, outlets, "outlet-controller runs");
    Ok(Controller {
        stop,
        tasks,
        running,
        addresses,
        watched,
        locks: Vec::new(),
    })
}

/// Nobody would end the charges that run: no breaker stays closed (I10).
async fn give_up(io: PanelIo, error: &anyhow::Error) {
    tracing::error!(
        error = format!("{error:#}"),
        "the controller cannot start: all breakers are opened"
    );
    io.open_all_breakers().await;
    io.close().await;
}

fn open_store(config: &Config) -> Result<Store, foundation::DbError> {
    Ok(Store::open(&config.data_dir)?.limited_to(config.journal.max_bytes()))
}

/// What the last run left behind, and whether this panel can go on from it.
async fn open_state(
    config: &Config,
    store: anyhow::Result<Store>,
    panel: &Panel,
) -> anyhow::Result<(Store, Found)> {
    config.check()?;
    let store = store?;
    let found = store.load().await?;
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
    Ok((store, found))
}

/// Without its control loop the program ends, so that whoever watches it starts it anew.
async fn guarded(stop: CancellationToken, control: impl Future<Output = ()>) {
    let _guard = stop.drop_guard();
    control.await;
}

impl Controller {
    /// Where its page and its figures can be read.
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Tells the service manager, where there is one, when the panel was seen, and that the control loop turns.
    pub fn tell_service_manager(&self, manager: Option<ServiceManager>) {
        if let Some(manager) = manager {
            let telling = watchdog::run(manager, self.watched.clone(), self.stop.clone());
            self.tasks.spawn(telling);
        }
    }

    /// Waits until the control loop has ended by itself, which it never does unless something is broken.
    pub async fn ended(&self) {
        self.stop.cancelled().await;
    }

    /// Ends cleanly. Breakers stay as they are: a charge that runs goes on at the next start, or ends at its deadline then.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }

    /// Runs until the process is told to stop (SIGINT or SIGTERM), then stops cleanly.
    ///
    /// # Errors
    /// If the signals cannot be watched, or the control loop has ended by itself.
    pub async fn run_until_signal(self) -> std::io::Result<()> {
        tokio::select! {
            signal = foundation::service::stop_signal() => signal?,
            () = self.ended() => return Err(std::io::Error::other("the control loop has ended")),
        }
        self.stop().await;
        Ok(())
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        for task in &self.running {
            task.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_controller_whose_control_loop_fails_has_ended() {
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let broken = async { panic!("a control loop that fails") };
        let running = vec![tasks.spawn(guarded(stop.clone(), broken)).abort_handle()];
        let controller = Controller {
            stop,
            tasks,
            running,
            addresses: Addresses::default(),
            watched: Watched::nothing().1,
            locks: Vec::new(),
        };
        controller.ended().await;
        assert!(controller.run_until_signal().await.is_err());
    }
}
