//! A whole installation on free ports: auth-server, event-server, a simulated panel and its controller, a receiver.

mod act;
mod running;
mod servers;
mod watch;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use auth_server::admin::{NewClient, create_client};
use denro::simulator::panel_file::PanelFile;
use denro::simulator::{self, SimulatedPanel};
use domain::ids::OutletNumber;
use foundation::{Clock, Service};
use serde_json::{Value, json};

use crate::api::Api;
use crate::program::Launch;
use crate::proxy::Proxy;
use crate::receiver::Receiver;
use running::Program;
pub(crate) use servers::client_with_all_scopes;

pub use act::Charge;
pub use servers::Servers;

/// How long anything is waited for, on the machine's clock, before a test fails.
pub const DEADLINE: Duration = Duration::from_secs(40);

/// How a world is built.
#[derive(Clone, Debug)]
pub struct Options {
    /// Event-server and controller as processes that can be killed; then the clock cannot be advanced.
    pub processes: bool,
    pub outlets: u8,
    /// Cars and meters live so many times faster.
    pub speed: u32,
    /// What else the panel file says.
    pub panel: PanelFile,
    /// Above this current, a rise is told.
    pub rise_threshold_ma: Option<i64>,
    /// Whether the controller is started.
    pub controller: bool,
    /// The URL of the event-server's database, where it is not an SQLite file.
    pub database: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            processes: false,
            outlets: 2,
            speed: 1,
            panel: PanelFile {
                travel_ms: 30,
                min_off_s: 0,
                max_ops_per_hour: 3_600,
                stagger_ms: 0,
                fast_ms: 60,
                ..PanelFile::default()
            },
            rise_threshold_ma: None,
            controller: true,
            database: None,
        }
    }
}

impl Options {
    /// Programs as processes, on the machine's clock; cars charge 600 times faster, so that seconds count as hours.
    pub fn processes() -> Self {
        Self {
            processes: true,
            speed: 600,
            ..Self::default()
        }
    }
}

/// A running world.
#[derive(Debug)]
pub struct World {
    pub clock: Clock,
    pub panel: SimulatedPanel,
    pub api: Api,
    pub receiver: Receiver,
    /// Between the controller and the event-server.
    pub link: Proxy,
    /// Between the controller and the panel.
    pub wire: Proxy,
    /// The ids of the outlets, in their order.
    pub outlets: Vec<String>,
    pub controller_id: String,
    pub site_id: String,
    pub station_id: String,
    pub station_password: String,
    /// Signs what the receiver gets.
    pub webhook_secret: String,
    pub folder: PathBuf,
    auth_config: auth_server::Config,
    auth: Service,
    processes: bool,
    server: Program,
    controller: Program,
    seen: Mutex<Seen>,
}

/// What the API has answered so far.
#[derive(Debug, Default)]
struct Seen {
    events: Vec<Value>,
    commands: BTreeSet<String>,
    sessions: BTreeSet<String>,
    doubtful: BTreeSet<String>,
    slow_outcomes: bool,
}

impl World {
    /// Starts everything and waits until the controller is online.
    pub async fn start(options: Options) -> Self {
        let launch = options.processes.then(Launch::beside_this_test);
        let clock = Clock::system();
        let panel = start_panel(&options, clock.clone());
        let wire = Proxy::start(panel.address()).await;
        let database = options.database.as_deref();
        let servers = Servers::start_on(database, clock.clone(), launch.clone()).await;
        let link = Proxy::start(servers.address()).await;
        let made = provision(&servers.api, &options).await;
        let files = options
            .panel_file()
            .write(&servers.folder.join("panel"), wire.address())
            .unwrap();
        let url = format!("ws://{}/ocpp", link.address());
        let login = [made.station_id.as_str(), &made.station_password];
        let controller = Program::controller(&servers.folder, &files, &url, login, launch);
        let mut world = Self {
            clock,
            panel,
            api: servers.api,
            receiver: made.receiver,
            link,
            wire,
            outlets: made.outlets,
            controller_id: made.controller_id,
            site_id: made.site_id,
            station_id: made.station_id,
            station_password: made.station_password,
            webhook_secret: made.webhook_secret,
            folder: servers.folder,
            auth_config: servers.auth_config,
            auth: servers.auth,
            processes: options.processes,
            server: servers.server,
            controller,
            seen: Mutex::default(),
        };
        if options.controller {
            world.restart_controller().await;
            world.until_online(true).await;
            world.until_usable().await;
        }
        world
    }

    /// Judges the run by the checker, once every event was delivered, and stops everything.
    pub async fn finish(self) {
        self.evidence().await.check();
        self.stop().await;
    }

    /// Stops everything and judges nothing.
    pub async fn stop(mut self) {
        self.controller.stop().await;
        self.server.stop().await;
        self.auth.stop().await;
        self.panel.stop();
        std::fs::remove_dir_all(&self.folder).unwrap();
    }

    /// Another client at the same API.
    pub async fn client_of(&self, tenant_id: &str) -> Api {
        let client = create_client(&self.auth_config, client_with_all_scopes(tenant_id))
            .await
            .unwrap();
        Api::new(self.api.url(""), self.issuer(), client, self.clock.clone())
    }

    /// A client whose tokens are for another API.
    pub async fn client_for_audience(&self, audience: &str) -> Api {
        let new = NewClient {
            audience: Some(audience.to_owned()),
            ..client_with_all_scopes("ten_world")
        };
        let client = create_client(&self.auth_config, new).await.unwrap();
        Api::new(self.api.url(""), self.issuer(), client, self.clock.clone())
    }

    /// Where the event-server listens.
    pub fn server_address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The auth-server's URL.
    pub fn issuer(&self) -> String {
        format!("http://{}", self.auth.address)
    }

    /// The figures of all three programs, as Prometheus would read them.
    pub async fn figures(&self) -> [String; 3] {
        let auth = self.auth.metrics_address.unwrap();
        let server = self.server.metrics_address().await;
        let controller = self.controller.metrics_address().await;
        let mut texts = [const { String::new() }; 3];
        for (text, address) in texts.iter_mut().zip([auth, server, controller]) {
            let answer = reqwest::get(format!("http://{address}/metrics")).await.unwrap();
            *text = answer.error_for_status().unwrap().text().await.unwrap();
        }
        texts
    }

    /// The configuration of the auth-server, to make clients with.
    pub fn auth_config(&self) -> &auth_server::Config {
        &self.auth_config
    }

    /// The `n`-th outlet as the panel knows it.
    pub fn number(n: usize) -> OutletNumber {
        OutletNumber::new(u8::try_from(n).unwrap()).unwrap()
    }

    /// The `n`-th outlet as the API knows it.
    pub fn outlet_id(&self, n: usize) -> &str {
        &self.outlets[n - 1]
    }
}

impl Options {
    fn panel_file(&self) -> PanelFile {
        PanelFile {
            outlets: self.outlets,
            speed: self.speed,
            ..self.panel.clone()
        }
    }
}

/// What was made through the API.
struct Provisioned {
    receiver: Receiver,
    webhook_secret: String,
    site_id: String,
    controller_id: String,
    station_id: String,
    station_password: String,
    outlets: Vec<String>,
}

async fn provision(api: &Api, options: &Options) -> Provisioned {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let receiver = Receiver::start().await;
    let webhook = api
        .post("/v1/webhook-endpoints", &json!({"url": receiver.url()}))
        .await
        .ok();
    let site = api
        .post("/v1/sites", &json!({"name": "Sakura Heights"}))
        .await
        .ok();
    let made = api
        .post("/v1/controllers", &controller_to_make(options, &site))
        .await
        .ok();
    Provisioned {
        receiver,
        webhook_secret: text(&webhook["secret"]),
        site_id: text(&site["id"]),
        controller_id: text(&made["id"]),
        station_id: text(&made["station_id"]),
        station_password: text(&made["password"]),
        outlets: made["outlets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|outlet| text(&outlet["id"]))
            .collect(),
    }
}

fn start_panel(options: &Options, clock: Clock) -> SimulatedPanel {
    let options = simulator::Options {
        outlets: options.outlets,
        travel_ms: options.panel.travel_ms,
        speed: options.speed,
        ..simulator::Options::new(clock)
    };
    SimulatedPanel::start(options).unwrap()
}

fn controller_to_make(options: &Options, site: &Value) -> Value {
    let outlet = |n: u8| {
        json!({"name": format!("Place {n}"), "rated_a": 20, "rise_threshold_ma": options.rise_threshold_ma,
            "max_power_w": 6_000 * i64::from(options.speed)})
    };
    let outlets: Vec<Value> = (1..=options.outlets).map(outlet).collect();
    json!({"site_id": site["id"], "name": "Panel 1", "outlets": outlets})
}
