//! One per panel: Modbus to its breakers and meters, OCPP to the event-server.

pub mod cli;
pub mod config;
mod control_loop;
pub mod modbus;
mod ocpp;
mod store;

use foundation::Clock;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use config::Config;
use control_loop::ControlLoop;
use modbus::panel::Panel;
use modbus::panel_io::PanelIo;
use store::Store;

/// A running controller. Dropping it cuts it off in mid-work, as a crash would; [`Controller::stop`] ends it cleanly.
#[derive(Debug)]
pub struct Controller {
    stop: CancellationToken,
    tasks: TaskTracker,
    running: Vec<tokio::task::AbortHandle>,
}

/// Starts a controller with the panel that its configuration names.
///
/// # Errors
/// If the configuration or the panel file is wrong, or the state cannot be opened.
pub async fn start(config: Config, clock: Clock) -> anyhow::Result<Controller> {
    let panel = config.load_panel()?;
    start_with_panel(config, panel, clock).await
}

/// As [`start`], with a panel that is loaded already, as a simulated one that was redirected.
///
/// # Errors
/// If the configuration is wrong or the state cannot be opened.
pub async fn start_with_panel(config: Config, panel: Panel, clock: Clock) -> anyhow::Result<Controller> {
    config.check()?;
    let store = Store::open(&config.data_dir)?;
    let (name, outlets) = (panel.name.clone(), panel.outlets.len());
    let (control_loop, handles) =
        ControlLoop::resume(PanelIo::open(panel), store.clone(), clock.clone()).await?;
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let link = ocpp::Link {
        server: config.server,
        handles,
        store,
        clock,
        tasks: tasks.clone(),
    };
    let guarded = stop.clone();
    let control = async move {
        // Without its control loop the program ends, so that whoever watches it starts it anew.
        let _guard = guarded.clone().drop_guard();
        control_loop.run(guarded).await;
    };
    let running = vec![
        tasks.spawn(control).abort_handle(),
        tasks.spawn(ocpp::run(link, stop.clone())).abort_handle(),
    ];
    tasks.close();
    tracing::info!(panel = name, outlets, "outlet-controller runs");
    Ok(Controller { stop, tasks, running })
}

impl Controller {
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
            () = self.tasks.wait() => return Err(std::io::Error::other("the control loop has ended")),
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
