//! One per panel: Modbus to its breakers and meters, OCPP to the event-server.

mod boot;
pub mod cli;
pub mod config;
mod control_loop;
mod firmware;
mod identity;
mod install;
mod lock;
pub mod modbus;
mod ocpp;
mod status;
#[doc(hidden)]
pub mod store;
mod uploads;
mod watchdog;
mod whole_file;
pub mod wire;

use std::sync::Arc;

use foundation::Clock;
use foundation::service_manager::ServiceManager;
use foundation::telemetry::{Telemetry, Teller};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use boot::Remembered;
pub(crate) use boot::open_all_breakers;
pub use config::Config;
use control_loop::{ControlLoop, Handles, Timekeeper};
use firmware::Firmware;
use modbus::panel::Panel;
use modbus::panel_io::PanelIo;
pub use ocpp::Dial;
pub use status::Addresses;
pub use store::Store;
use uploads::Uploads;
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
/// If the panel file is wrong, another program works with the panel, or the state cannot be opened.
pub async fn start(config: Config, clock: Clock) -> anyhow::Result<Controller> {
    foundation::secret_file::warn_if_others_may_read(&config.secret_files());
    let panel = config.load_panel()?;
    let lock = lock::unless_held(lock::panel_file(&config.panel))?;
    let mut controller = start_with_panel(config, panel, clock).await?;
    controller.locks.extend(lock);
    Ok(controller)
}

/// As [`start`], with a panel that is loaded already, as a simulated one that was redirected.
///
/// # Errors
/// If another program works with the state; if the state cannot be opened in time, and every breaker was told to open then.
pub async fn start_with_panel(config: Config, panel: Panel, clock: Clock) -> anyhow::Result<Controller> {
    let (data_dir, max_bytes) = (config.data_dir.clone(), config.journal.usable().max_bytes());
    let opened = boot::in_time(move || {
        let lock = lock::unless_held(lock::data_dir(&data_dir))?;
        let store = Store::open(&data_dir).map(|store| store.limited_to(max_bytes));
        Ok((lock, store.map_err(Into::into)))
    });
    let (lock, store) = match opened.await {
        Ok(opened) => opened,
        // The breakers are somebody else's then.
        Err(held) if held.is::<lock::LockError>() => return Err(held),
        Err(error) => (None, Err(error)),
    };
    let ground = Ground {
        io: PanelIo::open(panel),
        store,
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
    let config = config.usable();
    let (io, Remembered { store, found, lost }) = recall(io, store).await?;
    let (mut control_loop, handles) = ControlLoop::resume(io, (store.clone(), found), clock.clone());
    if lost {
        control_loop.tell_loss();
    }
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let watch = ocpp::LinkWatch::new(clock.clone());
    let timekeeper = Timekeeper::new(store.clone(), clock.clone(), &handles);
    let telemetry = telemetry(&config, &stop, &tasks);
    let watched = Watched::new(&handles, watch.clone(), clock.clone());
    let sources = status::Sources {
        panel: name.clone(),
        station: config.server.station_id.clone(),
        handles: handles.clone(),
        link: watch.clone(),
        store: store.clone(),
        data_dir: config.data_dir.clone(),
        telemetry: telemetry.clone(),
        clock: clock.clone(),
        started_ms,
    };
    let addresses = status::serve((config.status, config.metrics), &sources, &stop, &tasks);
    let link = link(config, (dial, handles, store), (clock, watch, telemetry), &tasks);
    if link.firmware.is_handed_over() {
        control_loop.hold_starts();
    }
    let installing = link.installing();
    let control = control_loop.run(stop.clone());
    let mut running = vec![
        tasks.spawn(guarded(stop.clone(), control)).abort_handle(),
        tasks.spawn(ocpp::run(link, stop.clone())).abort_handle(),
        tasks.spawn(timekeeper.run(stop.clone())).abort_handle(),
    ];
    running.extend(installing.map(|worker| tasks.spawn(worker.run(stop.clone())).abort_handle()));
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

/// What the connection to the server needs, and what comes by it besides charging.
fn link(
    config: Config,
    (dial, handles, store): (Dial, Handles, Store),
    (clock, watch, telemetry): (Clock, ocpp::LinkWatch, Telemetry),
    tasks: &TaskTracker,
) -> ocpp::Link {
    let (data_dir, server, news) = (config.data_dir, config.server, Arc::new(Notify::new()));
    let trusted = identity::Trusted::new(data_dir.join("roots"), server.ca_file.clone());
    let folder = config
        .firmware
        .as_ref()
        .map(|firmware| firmware.folder(&data_dir));
    let (station_id, for_uploads) = (server.station_id.clone(), trusted.clone());
    ocpp::Link {
        firmware: Firmware::open(config.firmware, folder.unwrap_or_default(), news.clone()),
        uploads: Uploads::new(station_id, for_uploads, clock.clone(), news.clone()),
        trusted,
        news,
        server,
        dial,
        handles,
        store,
        clock,
        telemetry,
        watch,
        tasks: tasks.clone(),
    }
}

/// Where spans are told; nowhere, and that is said, where it cannot be done.
fn telemetry(config: &Config, stop: &CancellationToken, tasks: &TaskTracker) -> Telemetry {
    let Some(collector) = &config.telemetry else {
        return Telemetry::default();
    };
    let teller = Teller {
        program: "outlet-controller",
        instance: Some(config.server.station_id.clone()),
    };
    match Telemetry::to(collector, teller) {
        Ok((telemetry, export)) => {
            tasks.spawn(export.run(stop.clone()));
            telemetry
        }
        Err(error) => {
            tracing::error!(%error, "no spans are told");
            Telemetry::default()
        }
    }
}

/// What was saved; where nothing can be read every breaker is opened.
async fn recall(io: PanelIo, store: anyhow::Result<Store>) -> anyhow::Result<(PanelIo, Remembered)> {
    match boot::open_state(store, io.panel()).await {
        Ok(remembered) => Ok((io, remembered)),
        Err(error) => {
            boot::give_up(io, &error).await;
            Err(error)
        }
    }
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

    /// Waits until it has ended by itself: it was reset, has installed firmware, or something is broken.
    pub fn ended(&self) -> impl Future<Output = ()> + Send + use<> {
        self.stop.clone().cancelled_owned()
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
            () = foundation::service::stop_signal()? => {}
            () = self.ended() => return Err(std::io::Error::other("the control loop has ended")),
        }
        tracing::info!("told to stop: the breakers stay as they are, charges go on or end at the next start");
        self.stop().await;
        tracing::info!("stopped");
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
