//! `denro demo`: everything on this machine, with a simulated panel of eight outlets.

mod api;
mod facts;
mod folder;
mod provision;
mod residents;
mod tail;

use std::path::PathBuf;
use std::sync::Arc;

use domain::ids::{MAX_OUTLETS, OutletNumber};
use event_server::sandbox::past::write_past;
use foundation::db::DatabaseUrl;
use foundation::listen::Listen;
use foundation::logging::{self, LogFormat};
use foundation::{Clock, Service};

use crate::sandbox::{Simulation, Simulations};
use crate::simulator::panel_file::PanelFile;
use crate::simulator::{self, SimulatedPanel};
use api::Api;
use facts::Facts;
use folder::Folder;
use provision::Site;

/// Cars stand at all outlets but the last, which shows an outlet without a car.
const PARKED_CARS: u8 = MAX_OUTLETS - 1;
const NEED_WH: i64 = 12_000;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Keep everything in this folder; without it, a temporary one is removed at the end
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Cars and meters run this many times faster than life
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=600))]
    speed: u32,
    /// Where the API and the pages listen; loopback only
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS", value_parser = loopback)]
    listen: std::net::SocketAddr,
    /// Begin without residents and without what they have charged since last month
    #[arg(long)]
    bare: bool,
    /// Print the facts as one line of JSON and nothing else
    #[arg(long)]
    json: bool,
}

fn loopback(text: &str) -> Result<std::net::SocketAddr, String> {
    let address: std::net::SocketAddr = text.parse().map_err(|_| "expected ADDRESS:PORT".to_owned())?;
    if address.ip().is_loopback() {
        return Ok(address);
    }
    Err("the demo has no TLS and serves loopback only, such as 127.0.0.1:0; `denro serve` is for everything else".into())
}

/// Runs the demo until the process is told to stop.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    logging::init(LogFormat::Text, "warn");
    let running = Running::start(&options).await?;
    running.facts.print(options.json);
    foundation::service::stop_signal().await?;
    running.stop().await;
    Ok(())
}

/// The whole chain, started.
struct Running {
    facts: Facts,
    auth: Service,
    events: Service,
    simulations: Simulations,
    panel: SimulatedPanel,
    tail: tail::Tail,
    folder: Folder,
}

impl Running {
    async fn start(options: &Options) -> anyhow::Result<Self> {
        let clock = Clock::system();
        let mut folder = Folder::open(options.data.as_deref())?;

        let auth_config = auth_server::Config::local(DatabaseUrl::sqlite(folder.path("auth.db")));
        let client = folder.client(&auth_config).await?;
        let auth = auth_server::start(auth_config, clock.clone()).await?;
        let auth_base = format!("http://{}", auth.address);

        let simulations = Simulations::new(clock.clone(), folder.path("simulated"));
        let event_config = event_config(options, &folder, &auth_base);
        let sandbox = Arc::new(simulations.clone());
        let events = event_server::start_with(event_config.clone(), clock.clone(), Some(sandbox)).await?;
        simulations.connect_to(events.address);
        let api = Api::connect(&auth_base, &format!("http://{}", events.address), &client).await?;
        let site = Site::provision(&api, &mut folder, options.speed).await?;
        let lives = site.is_new && !options.bare;
        if lives {
            move_in(&api, &event_config, &site, &mut folder).await?;
        }
        let panel = SimulatedPanel::start(simulator::Options {
            speed: options.speed,
            registers_wh: folder.registers(),
            ..simulator::Options::new(clock.clone())
        })?;
        park_cars(&panel);
        if let Some(outlet) = OutletNumber::new(residents::TRIPPED_OUTLET).filter(|_| lives) {
            panel.trip(outlet);
        }
        let tail = tail::Tail::start(!options.json, site.outlet_names())?;
        api.replace_webhook_endpoints(&tail.url()).await?;
        let config = controller_config(options, &folder, &panel, &events, &site)?;
        let simulation = Simulation::start(panel.clone(), config, clock).await?;
        simulations.adopt(site.controller_id.clone(), simulation).await;
        site.until_seen(&api).await?;
        tail.print_from(Clock::system().now_us());

        let facts = Facts::new(&api, &client, &site, &folder);
        facts.leave();
        Ok(Self {
            facts,
            auth,
            events,
            simulations,
            panel,
            tail,
            folder,
        })
    }

    /// The other way round, so that nothing talks to something already gone.
    async fn stop(self) {
        self.facts.take_away();
        self.folder.keep_registers(&self.panel.registers_wh());
        self.simulations.stop().await;
        self.events.stop().await;
        self.tail.stop().await;
        self.auth.stop().await;
    }
}

/// Residents are written down, and what they have charged.
async fn move_in(
    api: &Api,
    config: &event_server::Config,
    site: &Site,
    folder: &mut Folder,
) -> anyhow::Result<()> {
    site.write_down_residents(api).await?;
    if let Some(past) = residents::past(&site.controller_id, Clock::system().now_us()) {
        let registers_wh = write_past(config, past).await?;
        folder.go_on_from(&registers_wh)?;
    }
    Ok(())
}

fn park_cars(panel: &SimulatedPanel) {
    OutletNumber::first(PARKED_CARS).for_each(|outlet| panel.plug_in(outlet, Some(NEED_WH)));
}

fn event_config(options: &Options, folder: &Folder, auth_base: &str) -> event_server::Config {
    let mut config =
        event_server::Config::local(DatabaseUrl::sqlite(folder.path("event.db")), auth_base.to_owned());
    config.sandbox.enabled = true;
    config.listen = Listen {
        address: options.listen,
        ..Listen::loopback()
    };
    config
}

fn controller_config(
    options: &Options,
    folder: &Folder,
    panel: &SimulatedPanel,
    events: &Service,
    site: &Site,
) -> anyhow::Result<outlet_controller::Config> {
    let file = PanelFile {
        speed: options.speed,
        ..PanelFile::default()
    };
    let written = file.write(&folder.path("panel"), panel.address())?;
    let url = format!("ws://{}/ocpp/", events.address);
    Ok(outlet_controller::Config {
        panel: written.panel,
        devices_dir: Some(written.devices),
        data_dir: folder.path("controller"),
        server: outlet_controller::config::Server::local(url, &site.station_id, &site.station_password),
        journal: outlet_controller::config::Journal::default(),
        log_format: LogFormat::Text,
        status: None,
        metrics: None,
        firmware: None,
    })
}
