//! R15: a database that goes away and comes back.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use auth_server::admin::{NewClient, create_client};
use foundation::Clock;
use foundation::db::DatabaseUrl;
use serde_json::{Value, json};
use system_tests::api::Api;
use system_tests::program::{Launch, Process};
use system_tests::raw_station::RawStation;
use system_tests::receiver::{Delivery, Receiver};

const PATIENCE: Duration = Duration::from_secs(60);

/// A cluster of PostgreSQL of its own, on a Unix socket.
struct Cluster {
    folder: PathBuf,
    bin: PathBuf,
    as_root: bool,
}

impl Cluster {
    /// `None` where PostgreSQL is not installed.
    fn start() -> Option<Self> {
        let Some(bin) = postgres_bin() else {
            assert!(
                std::env::var_os("CI").is_none(),
                "needs PostgreSQL: bash .ci/install"
            );
            eprintln!("SKIPPED: needs PostgreSQL; to install: apt-get install postgresql");
            return None;
        };
        let folder = std::env::temp_dir().join(foundation::ids::id("cluster"));
        std::fs::create_dir(&folder).unwrap();
        let who = Command::new("id").arg("-u").output().unwrap().stdout;
        let as_root = who.trim_ascii() == b"0";
        let cluster = Self { folder, bin, as_root };
        if as_root {
            // The server refuses to run as root.
            let owned = Command::new("chown")
                .arg("postgres")
                .arg(&cluster.folder)
                .status();
            assert!(owned.unwrap().success());
        }
        cluster.run("initdb", &["--auth=trust", "--username=postgres"]);
        cluster.go_up();
        Some(cluster)
    }

    fn go_up(&self) {
        let folder = self.folder.display();
        let options = format!("-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off");
        let log = format!("{folder}/log");
        self.run("pg_ctl", &["-s", "-w", "-l", &log, "-o", &options, "start"]);
    }

    /// Every connection is cut off at once.
    fn go_down(&self) {
        self.run("pg_ctl", &["-s", "-w", "-m", "immediate", "stop"]);
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        assert!(self.has_run(program, arguments), "{program} {arguments:?}");
    }

    fn has_run(&self, program: &str, arguments: &[&str]) -> bool {
        let program = self.bin.join(program);
        let mut command = match self.as_root {
            true => {
                let mut command = Command::new("runuser");
                command.args(["-u", "postgres", "--"]).arg(program);
                command
            }
            false => Command::new(program),
        };
        let data = self.folder.join("data");
        command.current_dir("/").arg("-D").arg(data).args(arguments);
        command.stdout(std::process::Stdio::null());
        command.status().unwrap().success()
    }

    fn url(&self) -> String {
        let folder = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{folder}/postgres")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // It may be down already.
        self.has_run("pg_ctl", &["-s", "-w", "-m", "immediate", "stop"]);
        let _left_behind = std::fs::remove_dir_all(&self.folder);
    }
}

fn postgres_bin() -> Option<PathBuf> {
    let installed = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let bins = installed.map(|entry| entry.unwrap().path().join("bin"));
    bins.filter(|bin| bin.join("initdb").exists()).max()
}

fn config(folder: &Path, database: &str, issuer: &str) -> PathBuf {
    let text = format!(
        "[database]\nurl = \"{database}\"\n\n[auth]\nissuer = \"{issuer}\"\n\n[listen]\naddress = \"127.0.0.1:0\"\n\n\
         [webhooks]\nallow_private_addresses = true\nallow_http = true\n"
    );
    let path = folder.join("event-server.toml");
    std::fs::write(&path, text).unwrap();
    path
}

/// The registers that the receiver was told of, in their order; panics where the outlet's sequence has a gap.
fn registers(deliveries: &[Delivery]) -> Vec<i64> {
    let events: Vec<Value> = deliveries.iter().map(Delivery::event).collect();
    let of_outlet = events.iter().filter(|event| event["outlet_id"].is_string());
    let sequences: Vec<i64> = of_outlet
        .clone()
        .map(|event| event["sequence"].as_i64().unwrap())
        .collect();
    let mut once = sequences.clone();
    once.dedup();
    let gapless: Vec<i64> = (1..).take(once.len()).collect();
    assert_eq!(once, gapless, "in order, whatever was repeated");
    of_outlet
        .filter_map(|event| event["data"]["register_wh"].as_i64())
        .collect()
}

/// An auth-server, an event-server on the cluster as a process of its own, and a client of both.
struct Servers {
    folder: PathBuf,
    auth: foundation::Service,
    server: Process,
    api: Api,
}

impl Servers {
    async fn start(cluster: &Cluster) -> Self {
        let folder = std::env::temp_dir().join(foundation::ids::id("denro-database"));
        std::fs::create_dir(&folder).unwrap();
        let clock = Clock::system();
        let auth_config = auth_server::Config::local(DatabaseUrl::sqlite(folder.join("auth.db")));
        let auth = auth_server::start(auth_config.clone(), clock.clone())
            .await
            .unwrap();
        let issuer = format!("http://{}", auth.address);
        let config = config(&folder, &cluster.url(), &issuer);
        let server = Launch::beside_this_test().start("event-server", &config);
        let url = format!("http://{}", server.address().await);
        let client = NewClient {
            name: "App backend".into(),
            tenant_id: "ten_db".into(),
            scopes: api_spec::token::Scopes::all(),
            audience: None,
            introspects: None,
            dpop_bound: false,
            sign_in: None,
        };
        let client = create_client(&auth_config, client).await.unwrap();
        let api = Api::new(url, issuer, client, clock);
        Self {
            folder,
            auth,
            server,
            api,
        }
    }

    /// A station with one outlet, in mid-charge.
    async fn charging(&self) -> RawStation {
        let site = self.api.post("/v1/sites", &json!({"name": "Sakura"})).await.ok();
        let body = json!({"site_id": site["id"], "name": "Panel", "outlets": [{"name": "1", "rated_a": 20}]});
        let panel = self.api.post("/v1/controllers", &body).await.ok();
        let text = |key: &str| panel[key].as_str().unwrap();
        let began_us = Clock::system().now_us() - 3_600_000_000;
        let address = self.server.address().await;
        let connecting = RawStation::connect(address, text("station_id"), text("password"), began_us);
        let mut station = connecting.await.unwrap();
        station.boot().await.unwrap();
        let start = json!({"outlet_id": panel["outlets"][0]["id"], "driver_id": "d"});
        self.api.post("/v1/sessions", &start).await.ok();
        station.start_when_asked().await.unwrap();
        station
    }

    async fn stop(self) {
        drop(self.server);
        self.auth.stop().await;
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_was_away_is_used_again_without_a_restart_and_webhooks_go_on_in_order() {
    let Some(cluster) = Cluster::start() else { return };
    let servers = Servers::start(&cluster).await;
    let receiver = Receiver::start().await;
    let api = &servers.api;
    api.post("/v1/webhook-endpoints", &json!({"url": receiver.url()}))
        .await
        .ok();
    let mut station = servers.charging().await;
    station.tell_minute().await.unwrap();

    cluster.go_down();
    let lost = json!({"name": "Lost"});
    {
        let mut telling = std::pin::pin!(station.tell_minute());
        let site = tokio::select! {
            told = &mut telling => panic!("answered while nothing could be kept: {told:?}"),
            site = api.post("/v1/sites", &lost) => site,
        };
        assert_eq!(site.problem(), (503, "unavailable"));
        cluster.go_up();
        // Neither acknowledged before nor refused.
        telling.await.unwrap();
    }
    api.post("/v1/sites", &json!({"name": "Found"})).await.ok();
    station.tell_minute().await.unwrap();
    let last = station.register_wh();
    let is_told = |deliveries: &[Delivery]| registers(deliveries).contains(&last).then_some(());
    receiver.until("the last minute", PATIENCE, is_told).await;
    let told = registers(&receiver.deliveries());
    assert!(told.is_sorted(), "{told:?}");
    servers.stop().await;
}
