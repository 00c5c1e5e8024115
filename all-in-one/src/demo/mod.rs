//! `denro demo`: everything on this machine, with a simulated panel of eight outlets.

mod api;
mod facts;
mod folder;
mod hands;
mod keys;
mod network;
mod note;
mod past;
mod people;
mod provision;
mod tail;
mod terminal;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use domain::ids::{MAX_OUTLETS, OutletNumber};
use event_server::config::SecretClient;
use event_server::sandbox::past::write_past;
use foundation::db::DatabaseUrl;
use foundation::listen::Listen;
use foundation::logging::{self, LogFormat};
use foundation::mail::{Mail, MailSecurity};
use foundation::{Clock, Service};

use crate::sandbox::{Simulation, Simulations};
use crate::simulator::panel_file::PanelFile;
use crate::simulator::{self, SimulatedPanel};
use api::Api;
use facts::Facts;
use folder::{Client, Folder};
use hands::{Hands, State};
use keys::Key;
use network::Network;
use people::Resident;
use provision::Site;
use terminal::Terminal;

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
    /// Begin without what the residents have charged since last month
    #[arg(long)]
    bare: bool,
    /// The pages write mails by a server on this machine that asks for neither TLS nor a password, such as a mail catcher
    #[arg(long, value_name = "ADDRESS", value_parser = loopback)]
    mail: Option<std::net::SocketAddr>,
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
    // Whatever befalls the simulated panel is meant to, and told by keys and events; its controller's log says it once more.
    logging::init(LogFormat::Text, "warn,outlet_controller=off");
    // Watched before anybody is told that it runs: whoever reads the facts may end it at once.
    let told_to_stop = foundation::service::stop_signal()?;
    let mut running = Running::start(&options).await?;
    let terminal = if options.json { None } else { Terminal::open() };
    match options.json {
        true => running.facts.print_json(),
        false => running.facts.print(terminal.is_some()),
    }
    tokio::select! {
        () = told_to_stop => {}
        () = obey(&mut running.hands, terminal) => {}
    }
    running.stop().await;
    Ok(())
}

/// Does what keys ask for until one asks for the end.
#[expect(clippy::print_stdout, reason = "the answer to a key")]
async fn obey(hands: &mut Hands, terminal: Option<Terminal>) {
    let Some(mut terminal) = terminal else {
        return std::future::pending().await;
    };
    loop {
        match Key::of(terminal.key().await) {
            Some(Key::End) => return,
            Some(key) => println!("  {}", hands.press(key).await),
            None => {}
        }
    }
}

/// The whole chain, started.
struct Running {
    facts: Facts,
    auth: Service,
    events: Service,
    hands: Hands,
    tail: tail::Tail,
    folder: Folder,
}

impl Running {
    async fn start(options: &Options) -> anyhow::Result<Self> {
        let clock = Clock::system();
        let mut folder = Folder::open(options.data.as_deref())?;

        let listen = people::settled(options.listen)?;
        let (auth, auth_config, client, sign_in) = start_auth(&mut folder, listen, &clock).await?;
        let auth_base = format!("http://{}", auth.address);
        let simulations = Simulations::new(clock.clone(), folder.path("simulated"));
        let event_config = event_config(options, (listen, sign_in), &folder, &auth_base);
        let sandbox = Arc::new(simulations.clone());
        let events = event_server::start_with(event_config.clone(), clock.clone(), Some(sandbox)).await?;
        simulations.connect_to(events.address);
        let network = Network::start(events.address).await?;

        let api = Api::connect(&auth_base, &format!("http://{}", events.address), &client).await?;
        let site = Site::provision(&api, &mut folder, options.speed).await?;
        if site.is_new {
            provision::write_down_tenant(&api, &auth_config).await?;
        }
        let residents = people::move_in(&auth_config, &mut folder, &site.id).await?;
        let has_past = site.is_new && !options.bare;
        if has_past {
            site.write_down(&api, &residents).await?;
            live(&event_config, (&site, &residents), &mut folder).await?;
        }
        let panel = start_panel(options, &folder, has_past, &clock)?;
        let tail = tail::Tail::start(!options.json, site.outlet_names())?;
        api.replace_webhook_endpoints(&tail.url()).await?;
        let config = controller_config(options, &folder, &panel, &network, &site)?;
        let simulation = Simulation::start(panel.clone(), config, clock).await?;
        simulations.adopt(site.controller_id.clone(), simulation).await;
        site.until_seen(&api).await?;
        tail.print_from(Clock::system().now_us());

        let links = people::links(&auth_config).await?;
        let facts = Facts::new(&api, (&client, links), (&site, has_past), &folder);
        facts.leave();
        let hands = Hands {
            panel,
            simulations,
            network,
            controller_id: site.controller_id,
            site_id: site.id,
            auth_base,
            base: api.base,
            client,
            state: State::default(),
        };
        Ok(Self {
            facts,
            auth,
            events,
            hands,
            tail,
            folder,
        })
    }

    /// The other way round, so that nothing talks to something already gone.
    async fn stop(self) {
        drop(self.facts);
        self.folder.keep_registers(&self.hands.panel.registers_wh());
        self.hands.simulations.stop().await;
        self.events.stop().await;
        self.tail.stop().await;
        self.auth.stop().await;
    }
}

/// What the residents have charged by now, and the registers that follow from it.
async fn live(
    config: &event_server::Config,
    (site, residents): (&Site, &[Resident]),
    folder: &mut Folder,
) -> anyhow::Result<()> {
    let now_us = Clock::system().now_us();
    if let Some(past) = past::past(&site.controller_id, residents, now_us) {
        let registers_wh = write_past(config, past).await?;
        folder.go_on_from(&registers_wh)?;
    }
    Ok(())
}

/// The auth-server, its configuration, the app backend's client and that of the pages.
async fn start_auth(
    folder: &mut Folder,
    listen: SocketAddr,
    clock: &Clock,
) -> anyhow::Result<(Service, auth_server::Config, Client, SecretClient)> {
    let pages = format!("http://{listen}");
    let mut config = auth_server::Config::local(DatabaseUrl::sqlite(folder.path("auth.db")));
    config.pages_url = Some(format!("{pages}/sign-in"));
    let client = folder.client(&config).await?;
    let sign_in = people::client(&config, folder, &pages).await?;
    let auth = auth_server::start(config.clone(), clock.clone()).await?;
    // Links that are made later begin with it.
    config.issuer = Some(format!("http://{}", auth.address));
    Ok((auth, config, client, sign_in))
}

/// `has_past`: one of its breakers has tripped by now.
fn start_panel(
    options: &Options,
    folder: &Folder,
    has_past: bool,
    clock: &Clock,
) -> std::io::Result<SimulatedPanel> {
    let panel = SimulatedPanel::start(simulator::Options {
        speed: options.speed,
        registers_wh: folder.registers(),
        ..simulator::Options::new(clock.clone())
    })?;
    park_cars(&panel);
    if let Some(outlet) = OutletNumber::new(past::TRIPPED_OUTLET).filter(|_| has_past) {
        panel.trip(outlet);
    }
    Ok(panel)
}

fn park_cars(panel: &SimulatedPanel) {
    OutletNumber::first(PARKED_CARS).for_each(|outlet| panel.plug_in(outlet, Some(NEED_WH)));
}

fn event_config(
    options: &Options,
    (listen, sign_in): (SocketAddr, SecretClient),
    folder: &Folder,
    auth_base: &str,
) -> event_server::Config {
    let mut config =
        event_server::Config::local(DatabaseUrl::sqlite(folder.path("event.db")), auth_base.to_owned());
    config.sandbox.enabled = true;
    config.console.sign_in = Some(sign_in);
    config.console.demo = true;
    config.mail = options.mail.map(|server| Mail {
        server: server.ip().to_string(),
        port: Some(server.port()),
        security: MailSecurity::None,
        user: None,
        password_file: None,
        ca_file: None,
        from: "Denro demo <demo@localhost.localdomain>".to_owned(),
    });
    config.listen = Listen {
        address: listen,
        ..Listen::loopback()
    };
    config
}

fn controller_config(
    options: &Options,
    folder: &Folder,
    panel: &SimulatedPanel,
    network: &Network,
    site: &Site,
) -> anyhow::Result<outlet_controller::Config> {
    let file = PanelFile {
        speed: options.speed,
        ..PanelFile::default()
    };
    let written = file.write(&folder.path("panel"), panel.address())?;
    let url = format!("ws://{}/ocpp/", network.address());
    Ok(outlet_controller::Config {
        panel: written.panel,
        devices_dir: Some(written.devices),
        data_dir: folder.path("controller"),
        server: outlet_controller::config::Server::local(url, &site.station_id, &site.station_password),
        journal: outlet_controller::config::Journal::default(),
        log_format: LogFormat::Text,
        status: None,
        metrics: None,
        telemetry: None,
        firmware: None,
    })
}
