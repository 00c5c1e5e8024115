//! The same durable work at event-servers that others wrote, side by side with ours: TransactionEvents in closed loop, each
//! answered after the commit, and idle connections. `bench-peers [--seconds N] [--idle CONNECTIONS] [STATIONS]`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a benchmark that cannot go on must say where"
)]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use foundation::Clock;
use futures_util::stream::{self, StreamExt};
use serde_json::json;
use system_tests::bench::{Arguments, cpu_of};
use system_tests::crowd::{self, Crowd, Login, Pace};
use system_tests::figures::{self, Watch, ms};
use system_tests::peer::{Peer, Runtime};
use system_tests::postgres::Cluster;
use system_tests::program::{Launch, rss_kib};
use system_tests::world::Servers;
use tokio::process::Command;

const STATIONS: usize = 1_000;
const IDLE: usize = 10_000;
const AT_ONCE: usize = 16;

/// A server that listens.
struct Subject<'a> {
    name: &'a str,
    pid: u32,
    address: SocketAddr,
    cluster: Option<&'a Cluster>,
}

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1).peekable();
    if args.peek().is_some_and(|first| first == "program") {
        return system_tests::program::dispatch(args.skip(1));
    }
    let arguments = Arguments::of_this_program();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    figures::head(&[
        "server",
        "stations",
        "acknowledged/s",
        "server CPU µs/message",
        "server CPU",
        "generator CPU",
        "p50",
        "p99",
        "idle connections",
        "RSS/idle connection",
    ]);
    runtime.unwrap().block_on(async {
        ours(&arguments, None).await;
        if let Some(cluster) = Cluster::start_synced() {
            ours(&arguments, Some(&cluster)).await;
        }
        scripted(
            &arguments,
            "PyPI ocpp, SQLite, group commit",
            Runtime::Python,
            "group",
        )
        .await;
        scripted(
            &arguments,
            "npm ocpp-rpc, SQLite, group commit in 5 ms",
            Runtime::Node,
            "group",
        )
        .await;
        scripted(
            &arguments,
            "npm ocpp-rpc, SQLite, commit per row",
            Runtime::Node,
            "row",
        )
        .await;
        if let Some(cluster) = Cluster::start_synced() {
            codetics(&arguments, &cluster).await;
        }
    });
    ExitCode::SUCCESS
}

async fn ours(arguments: &Arguments, cluster: Option<&Cluster>) {
    let (size, idle) = sizes(arguments);
    let url = cluster.map(|cluster| cluster.create_database("events"));
    let launch = Some(Launch::this_executable());
    let servers = Servers::start_on(url.as_deref(), Clock::system(), launch).await;
    let controllers = crowd::provision(&servers.api, size.max(idle)).await;
    let subject = Subject {
        name: cluster.map_or("event-server, SQLite", |_| "event-server, PostgreSQL"),
        pid: servers.event_server().id(),
        address: servers.address(),
        cluster,
    };
    let logins = crowd::logins(&controllers);
    let idle_kib = subject.idle(&logins, idle).await;
    let crowd = Crowd::connect(subject.address, logins.get(..size).unwrap()).await;
    let crowd = crowd
        .start_charges(controllers.get(..size).map(|some| (&servers.api, some)))
        .await;
    subject.row(arguments, crowd, idle_kib).await;
    servers.stop().await;
}

/// One that runs a script of ours on somebody's library.
async fn scripted(arguments: &Arguments, name: &str, runtime: Runtime, commits: &str) {
    let (script, needed) = if runtime == Runtime::Python {
        ("../bench/peers/ocpp_server.py", runtime.executable())
    } else {
        (
            "../bench/peers/ocpp_rpc_server.mjs",
            folder().join("node_modules/ocpp-rpc"),
        )
    };
    if !needed.exists() {
        eprintln!("without {name}: {} is not installed", needed.display());
        return;
    }
    let database = std::env::temp_dir().join(foundation::ids::id("peer"));
    std::fs::create_dir(&database).unwrap();
    let file = database.join("peer.db");
    let mut peer = runtime.start(script, &[file.to_str().unwrap(), commits]);
    let subject = Subject {
        name,
        pid: peer.id(),
        address: said(&mut peer, "port").await,
        cluster: None,
    };
    subject.measure(arguments, &named(arguments)).await;
    drop(peer);
    std::fs::remove_dir_all(database).unwrap();
}

async fn codetics(arguments: &Arguments, cluster: &Cluster) {
    let program = folder().join("codetics/target/release/codetics-peer");
    if !program.exists() {
        eprintln!(
            "without codetics-ocpp-service: {} is not built",
            program.display()
        );
        return;
    }
    // It asks for its database's host in a form that its driver reads: a folder as a parameter.
    let url = cluster.create_database("codetics");
    let (login, rest) = url.split_once('@').unwrap();
    let (host, database) = rest.split_once('/').unwrap();
    let mut command = Command::new(program);
    command
        .env(
            "DATABASE_URL",
            format!("{login}@localhost/{database}?host={host}"),
        )
        .env("RUST_LOG", "error");
    let mut peer = Peer::start("codetics", command);
    let subject = Subject {
        name: "codetics-ocpp-service, PostgreSQL",
        pid: peer.id(),
        address: said(&mut peer, "port").await,
        cluster: Some(cluster),
    };
    let api = said(&mut peer, "api").await;
    let logins = named(arguments);
    let http = system_tests::api::http_client();
    let make = |login: &Login| {
        let body = json!({"ocpp_identity": login.station_id, "name": login.station_id});
        let request = http.post(format!("http://{api}/api/v1/stations")).json(&body);
        async move { request.send().await.unwrap().error_for_status().unwrap() }
    };
    let made = stream::iter(logins.iter().map(make)).buffer_unordered(AT_ONCE);
    made.for_each(async |_| {}).await;
    subject.measure(arguments, &logins).await;
}

impl Subject<'_> {
    async fn measure(&self, arguments: &Arguments, logins: &[Login]) {
        let (size, idle) = sizes(arguments);
        let idle_kib = self.idle(logins, idle).await;
        let crowd = Crowd::connect(self.address, logins.get(..size).unwrap()).await;
        let crowd = crowd.start_charges(None).await;
        self.row(arguments, crowd, idle_kib).await;
    }

    /// What an idle connection takes of the server's memory, in KiB.
    async fn idle(&self, logins: &[Login], count: usize) -> f64 {
        let before = rss_kib(self.pid, "VmRSS:");
        let _crowd = Crowd::connect(self.address, logins.get(..count).unwrap()).await;
        rss_kib(self.pid, "VmRSS:").saturating_sub(before) as f64 / count as f64
    }

    async fn row(&self, arguments: &Arguments, crowd: Crowd, idle_kib: f64) {
        let (size, idle) = sizes(arguments);
        let watch = Watch::begin(cpu_of(self.pid, self.cluster));
        let (_crowd, latencies) = crowd.report(Pace::Closed, arguments.time()).await;
        let (spent, count) = (watch.spent(), latencies.count());
        let [server, generator] = spent.shares();
        figures::row(&[
            self.name.to_owned(),
            size.to_string(),
            spent.per_second(count),
            spent.server_us_each(count),
            server,
            generator,
            ms(latencies.percentile(50.0)),
            ms(latencies.percentile(99.0)),
            idle.to_string(),
            format!("{idle_kib:.1} KiB"),
        ]);
    }
}

/// Stations that report, and connections that do not.
fn sizes(arguments: &Arguments) -> (usize, usize) {
    let stations = arguments.sizes(&[STATIONS]).into_iter().next();
    (
        stations.unwrap_or(STATIONS),
        arguments.named("idle").unwrap_or(IDLE),
    )
}

/// Stations that nobody asks for a password.
fn named(arguments: &Arguments) -> Vec<Login> {
    let (size, idle) = sizes(arguments);
    let login = |n| Login {
        station_id: format!("bench-{n}"),
        password: String::new(),
    };
    (0..size.max(idle)).map(login).collect()
}

async fn said(peer: &mut Peer, key: &str) -> SocketAddr {
    let port = peer.until(key).await.get(key).and_then(|port| port.as_u64());
    SocketAddr::from(([127, 0, 0, 1], u16::try_from(port.unwrap()).unwrap()))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/peers")
}
