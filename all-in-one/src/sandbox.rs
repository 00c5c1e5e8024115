//! Simulated panels with their controllers, which the API lets things happen to.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use domain::ids::{MAX_OUTLETS, OutletNumber};
use domain::observation::Position;
use event_server::sandbox::{Done, OutletHappening, PanelHappening, Sandbox, Simulated};
use foundation::Clock;
use foundation::logging::LogFormat;
use outlet_controller::Controller;
use outlet_controller::config::{Config, Journal, Server};
use tokio::sync::Mutex;
use tokio::task::AbortHandle;

use crate::simulator::panel_file::PanelFile;
use crate::simulator::{self, MeterFault, SimulatedPanel};

/// Of one process; each has tasks and a database of its own.
const MAX_PANELS: usize = 16;
const TOO_MANY: &str = "16 panels are simulated already";
/// Relay board, trip inputs, meters of the outlets and of the main circuit.
const UNITS: [u8; 11] = [1, 2, 11, 12, 13, 14, 15, 16, 17, 18, 20];

/// A cheap handle; clones share the panels.
#[derive(Clone, Debug)]
pub(crate) struct Simulations(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    clock: Clock,
    /// Where panel files and journals of panels lie that the API makes.
    folder: PathBuf,
    /// Where controllers connect, once the server listens.
    server_url: OnceLock<String>,
    panels: Mutex<BTreeMap<String, Simulation>>,
}

/// A panel and its controller.
pub(crate) struct Simulation {
    panel: SimulatedPanel,
    config: Config,
    /// `None` while it is switched off.
    controller: Option<Controller>,
    /// Starts it again where it ends by itself.
    keeper: Option<AbortHandle>,
}

impl std::fmt::Debug for Simulation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Simulation").finish_non_exhaustive()
    }
}

impl Simulation {
    /// Starts the panel's controller.
    pub(crate) async fn start(panel: SimulatedPanel, config: Config, clock: Clock) -> anyhow::Result<Self> {
        let controller = outlet_controller::start(config.clone(), clock).await?;
        Ok(Self {
            panel,
            config,
            controller: Some(controller),
            keeper: None,
        })
    }

    /// Takes the controller away, for good.
    fn take(&mut self) -> Option<Controller> {
        if let Some(keeper) = self.keeper.take() {
            keeper.abort();
        }
        self.controller.take()
    }
}

impl Simulations {
    pub(crate) fn new(clock: Clock, folder: PathBuf) -> Self {
        Self(Arc::new(Inner {
            clock,
            folder,
            server_url: OnceLock::new(),
            panels: Mutex::default(),
        }))
    }

    /// The server listens there.
    pub(crate) fn connect_to(&self, address: std::net::SocketAddr) {
        // It is said once.
        let _first = self.0.server_url.set(format!("ws://{address}/ocpp/"));
    }

    pub(crate) async fn adopt(&self, controller_id: String, simulation: Simulation) {
        self.put(&mut *self.0.panels.lock().await, controller_id, simulation);
    }

    /// Among the panels, which the caller has locked: whoever keeps it would not find it before, and give up.
    fn put(
        &self,
        panels: &mut BTreeMap<String, Simulation>,
        controller_id: String,
        mut simulation: Simulation,
    ) {
        simulation.keeper = Some(self.keep(&controller_id));
        panels.insert(controller_id, simulation);
    }

    /// Starts a controller again that ends by itself, because it was reset, as a service manager would.
    fn keep(&self, controller_id: &str) -> AbortHandle {
        let (this, id) = (self.clone(), controller_id.to_owned());
        tokio::spawn(async move { while this.start_again(&id).await {} }).abort_handle()
    }

    /// Once it has ended; `false` where there is nothing to start.
    async fn start_again(&self, controller_id: &str) -> bool {
        let ended = {
            let panels = self.0.panels.lock().await;
            let simulation = panels.get(controller_id);
            let controller = simulation.and_then(|simulation| simulation.controller.as_ref());
            let Some(controller) = controller else {
                return false;
            };
            controller.ended()
        };
        ended.await;
        let mut panels = self.0.panels.lock().await;
        let Some(simulation) = panels.get_mut(controller_id) else {
            return false;
        };
        if let Some(controller) = simulation.controller.take() {
            controller.stop().await;
        }
        match outlet_controller::start(simulation.config.clone(), self.0.clock.clone()).await {
            Ok(controller) => simulation.controller = Some(controller),
            Err(error) => {
                tracing::error!(%error, controller_id, "a simulated controller does not start again")
            }
        }
        simulation.controller.is_some()
    }

    /// Cuts a controller off in mid-work, as a crash would; `false` where it does not run.
    pub(crate) async fn kill(&self, controller_id: &str) -> bool {
        let mut panels = self.0.panels.lock().await;
        let simulation = panels.get_mut(controller_id);
        simulation.is_some_and(|simulation| simulation.take().is_some())
    }

    /// Stops all controllers and panels, and forgets what the API has made.
    pub(crate) async fn stop(&self) {
        for (_, mut simulation) in std::mem::take(&mut *self.0.panels.lock().await) {
            if let Some(controller) = simulation.take() {
                controller.stop().await;
            }
            simulation.panel.stop();
        }
        let _never_made = std::fs::remove_dir_all(&self.0.folder);
    }

    async fn make(&self, new: Simulated) -> anyhow::Result<()> {
        let mut panels = self.0.panels.lock().await;
        anyhow::ensure!(panels.len() < MAX_PANELS, TOO_MANY);
        let url = self.0.server_url.get();
        let url = url.ok_or_else(|| anyhow::anyhow!("the server does not listen yet"))?;
        let folder = self.0.folder.join(&new.controller_id);
        std::fs::create_dir_all(folder.join("panel"))?;
        std::fs::create_dir_all(folder.join("controller"))?;
        let panel = SimulatedPanel::start(simulator::Options {
            outlets: new.outlets,
            speed: new.speed,
            ..simulator::Options::new(self.0.clock.clone())
        })?;
        let file = PanelFile {
            outlets: new.outlets,
            speed: new.speed,
            ..PanelFile::default()
        };
        let written = file.write(&folder.join("panel"), panel.address())?;
        let config = Config {
            panel: written.panel,
            devices_dir: Some(written.devices),
            data_dir: folder.join("controller"),
            server: Server::local(url, &new.station_id, &new.password),
            journal: Journal::default(),
            log_format: LogFormat::Text,
            status: None,
            metrics: None,
            telemetry: None,
            firmware: None,
        };
        let simulation = Simulation::start(panel, config, self.0.clock.clone()).await?;
        self.put(&mut panels, new.controller_id, simulation);
        Ok(())
    }

    async fn outlet(&self, controller_id: &str, number: u8, happening: OutletHappening) -> bool {
        let panels = self.0.panels.lock().await;
        let (Some(simulation), Some(outlet)) = (panels.get(controller_id), OutletNumber::new(number)) else {
            return false;
        };
        let panel = &simulation.panel;
        match happening {
            OutletHappening::PlugIn { need_wh } => panel.plug_in(outlet, need_wh),
            OutletHappening::Unplug => panel.unplug(outlet),
            OutletHappening::Trip => panel.trip(outlet),
            OutletHappening::ResetTrip => panel.reset_trip(outlet),
            OutletHappening::Weld => panel.weld(outlet),
            OutletHappening::Repair => panel.repair(outlet),
            OutletHappening::GarbleMeter => panel.meter_fault(outlet, Some(MeterFault::Nan)),
            OutletHappening::MendMeter => panel.meter_fault(outlet, None),
        }
        true
    }

    async fn panel(&self, controller_id: &str, happening: PanelHappening) -> anyhow::Result<bool> {
        let mut panels = self.0.panels.lock().await;
        let Some(simulation) = panels.get_mut(controller_id) else {
            return Ok(false);
        };
        match happening {
            PanelHappening::CutPower => {
                OutletNumber::first(MAX_OUTLETS)
                    .for_each(|outlet| simulation.panel.by_hand(outlet, Position::Open));
                UNITS
                    .iter()
                    .for_each(|unit| simulation.panel.silence_unit(*unit, true));
            }
            PanelHappening::RestorePower => {
                UNITS
                    .iter()
                    .for_each(|unit| simulation.panel.silence_unit(*unit, false));
            }
            PanelHappening::GoOffline => {
                if let Some(controller) = simulation.take() {
                    controller.stop().await;
                }
            }
            PanelHappening::ComeOnline => {
                if simulation.controller.is_none() {
                    let started = outlet_controller::start(simulation.config.clone(), self.0.clock.clone());
                    simulation.controller = Some(started.await?);
                    simulation.keeper = Some(self.keep(controller_id));
                }
            }
        }
        Ok(true)
    }
}

impl Sandbox for Simulations {
    fn make_panel(&self, panel: Simulated) -> Done {
        let this = self.clone();
        Box::pin(async move {
            let made = this.make(panel).await;
            made.map(|()| true).map_err(|error| format!("{error:#}"))
        })
    }

    fn at_outlet(&self, controller_id: &str, number: u8, happening: OutletHappening) -> Done {
        let (this, id) = (self.clone(), controller_id.to_owned());
        Box::pin(async move { Ok(this.outlet(&id, number, happening).await) })
    }

    fn at_panel(&self, controller_id: &str, happening: PanelHappening) -> Done {
        let (this, id) = (self.clone(), controller_id.to_owned());
        Box::pin(async move {
            this.panel(&id, happening)
                .await
                .map_err(|error| format!("{error:#}"))
        })
    }
}
