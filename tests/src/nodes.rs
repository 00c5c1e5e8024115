//! Event-servers as processes on one PostgreSQL database, each a node of its own; and the broker between them.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use auth_server::admin::create_client;
use foundation::db::DatabaseUrl;
use foundation::{Clock, Service};
use serde_json::{Value, json};

use crate::api::Api;
use crate::postgres::{Cluster, missing_unless};
use crate::program::{Launch, Process};
use crate::raw_station::RawStation;
use crate::receiver::Receiver;
use crate::world::{DEADLINE, client_with_all_scopes};

const HOUR_US: i64 = 3_600_000_000;

/// One event-server.
#[derive(Debug)]
pub struct Node {
    pub api: Api,
    config: PathBuf,
    process: Option<Process>,
    address: SocketAddr,
}

/// An auth-server, and nodes beside it.
#[derive(Debug)]
pub struct Nodes {
    pub cluster: Cluster,
    pub broker: Option<Broker>,
    pub receiver: Receiver,
    pub nodes: Vec<Node>,
    site_id: String,
    auth: Service,
    folder: PathBuf,
}

/// A station that was made through the API, and its outlet.
#[derive(Clone, Debug)]
pub struct Made {
    pub controller_id: String,
    pub station_id: String,
    pub password: String,
    pub outlet_id: String,
}

impl Nodes {
    /// So many nodes with a broker between them; one node knows of no others. `None` where something is not installed.
    pub async fn start(count: usize) -> Option<Self> {
        let broker = match count {
            1 => None,
            _ => Some(Broker::start()?),
        };
        let cluster = Cluster::start()?;
        let url = cluster.create_database("events");
        let folder = std::env::temp_dir().join(foundation::ids::id("nodes"));
        std::fs::create_dir(&folder).unwrap();
        let clock = Clock::system();
        let auth_config = auth_server::Config::local(DatabaseUrl::sqlite(folder.join("auth.db")));
        let auth = auth_server::start(auth_config.clone(), clock.clone())
            .await
            .unwrap();
        let issuer = format!("http://{}", auth.address);
        let client = create_client(&auth_config, client_with_all_scopes("ten_world"))
            .await
            .unwrap();
        let mut nodes = Vec::new();
        for name in ["a", "b", "c"].into_iter().take(count) {
            let config = folder.join(format!("{name}.toml"));
            let table = broker.as_ref().map_or(String::new(), |broker| {
                format!(
                    "[nodes]\nname = \"{name}\"\nnats = \"nats://{}\"\n",
                    broker.address
                )
            });
            let address = free_address();
            std::fs::write(&config, toml(&url, &issuer, address) + &table).unwrap();
            let api = Api::new(
                format!("http://{address}"),
                issuer.clone(),
                client.clone(),
                clock.clone(),
            );
            let mut node = Node {
                api,
                config,
                process: None,
                address,
            };
            node.start().await;
            nodes.push(node);
        }
        let receiver = Receiver::start().await;
        let api = &nodes[0].api;
        api.post("/v1/webhook-endpoints", &json!({"url": receiver.url()}))
            .await
            .ok();
        let site = api.post("/v1/sites", &json!({"name": "Maison"})).await.ok();
        Some(Self {
            site_id: site["id"].as_str().unwrap().to_owned(),
            cluster,
            broker,
            receiver,
            nodes,
            auth,
            folder,
        })
    }

    /// A station with one outlet.
    pub async fn make_station(&self) -> Made {
        let body =
            json!({"site_id": self.site_id, "name": "Panel", "outlets": [{"name": "1", "rated_a": 20}]});
        let made = self.nodes[0].api.post("/v1/controllers", &body).await.ok();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Made {
            controller_id: text(&made["id"]),
            station_id: text(&made["station_id"]),
            password: text(&made["password"]),
            outlet_id: text(&made["outlets"][0]["id"]),
        }
    }

    /// Stops everything.
    pub async fn stop(mut self) {
        self.nodes.clear();
        self.auth.stop().await;
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

impl Node {
    /// Starts it, where it listened before, and waits until it can serve.
    pub async fn start(&mut self) {
        let process = Launch::beside_this_test().start("event-server", &self.config);
        process.address().await;
        self.process = Some(process);
        self.until("ready", async |api| {
            let ready = crate::api::answer(api.bare(reqwest::Method::GET, "/readyz")).await;
            ready.is_ok_and(|ready| ready.status == 200).then_some(())
        })
        .await;
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.process.take().unwrap().kill();
    }

    /// Stops the process where it stands, or lets it go on.
    pub fn signal(&self, signal: &str) {
        let id = self.process.as_ref().unwrap().id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
    }

    /// What it has written to its log lately.
    pub fn log_text(&self) -> String {
        self.process.as_ref().map_or(String::new(), Process::log_text)
    }

    /// Connects a station and lets it boot; it tells minutes of the last hours.
    pub async fn connect(&self, made: &Made) -> RawStation {
        let at_us = Clock::system().now_us() - 6 * HOUR_US;
        let mut station = RawStation::connect(self.address, &made.station_id, &made.password, at_us)
            .await
            .unwrap();
        station.boot().await.unwrap();
        let path = format!("/v1/outlets/{}", made.outlet_id);
        self.until("online", async |api| {
            (api.get(&path).await["online"] == true).then_some(())
        })
        .await;
        station
    }

    /// Asks until there is something.
    ///
    /// # Panics
    /// If there is nothing in time.
    pub async fn until<T>(&self, what: &str, look: impl AsyncFn(&Api) -> Option<T>) -> T {
        let found = tokio::time::timeout(DEADLINE, async {
            loop {
                if let Some(found) = look(&self.api).await {
                    return found;
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        });
        let Ok(found) = found.await else {
            panic!("never {what}:\n{}", self.log_text());
        };
        found
    }
}

/// `nats-server`, which can be killed and started again.
#[derive(Debug)]
pub struct Broker {
    pub address: SocketAddr,
    child: Option<Child>,
}

impl Broker {
    /// `None` where it is not installed.
    pub fn start() -> Option<Self> {
        let there = Command::new("nats-server").arg("--version").output().is_ok();
        missing_unless(there, "nats-server", "nats-server");
        let mut broker = there.then(|| Self {
            address: free_address(),
            child: None,
        })?;
        broker.come_up();
        Some(broker)
    }

    /// Starts it, where it listened before.
    pub fn come_up(&mut self) {
        let child = Command::new("nats-server")
            .args(["-a", "127.0.0.1", "-p", &self.address.port().to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.child = Some(child.unwrap());
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Free a moment ago: a process that is killed must come back where it was.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn toml(database: &str, issuer: &str, listen: SocketAddr) -> String {
    format!(
        r#"[database]
url = "{database}"

[auth]
issuer = "{issuer}"

[listen]
address = "{listen}"

[webhooks]
allow_private_addresses = true
allow_http = true

[limits]
acting_per_second = 10000
acting_burst = 10000
tenant_per_second = 100000
tenant_burst = 100000

"#
    )
}
