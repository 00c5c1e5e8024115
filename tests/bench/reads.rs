//! How many outlets a second the API tells of, on SQLite and on PostgreSQL. `bench-reads [--seconds N] [CONNECTIONS …]`.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark that cannot go on must say where"
)]

use std::process::ExitCode;

use foundation::Clock;
use serde_json::Value;
use system_tests::bench::{Arguments, cpu_of};
use system_tests::crowd::{self, Crowd};
use system_tests::figures::{self, Watch, ms};
use system_tests::postgres::Cluster;
use system_tests::program::Launch;
use system_tests::requests::{self, Until};
use system_tests::world::Servers;

const OUTLETS: usize = 1_000;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1).peekable();
    if args.peek().is_some_and(|first| first == "program") {
        return system_tests::program::dispatch(args.skip(1));
    }
    let arguments = Arguments::of_this_program();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    figures::head(&[
        "database",
        "connections",
        "answers/s",
        "server CPU µs/answer",
        "server CPU",
        "generator CPU",
        "p50",
        "p99",
    ]);
    runtime.unwrap().block_on(async {
        measure(None, &arguments).await;
        if let Some(cluster) = Cluster::start_synced() {
            measure(Some(&cluster), &arguments).await;
        }
    });
    ExitCode::SUCCESS
}

/// Outlets that are in use: their stations are connected, and each has a session.
async fn measure(cluster: Option<&Cluster>, arguments: &Arguments) {
    let url = cluster.map(|cluster| cluster.create_database("events"));
    let launch = Some(Launch::this_executable());
    let servers = Servers::start_on(url.as_deref(), Clock::system(), launch).await;
    let controllers = crowd::provision(&servers.api, OUTLETS).await;
    let crowd = Crowd::connect(servers.address(), &crowd::logins(&controllers)).await;
    let _crowd = crowd.start_charges(Some((&servers.api, &controllers))).await;
    let (address, token) = (servers.address(), servers.api.token().await);
    let request = |controller: &Value| {
        let outlet_id = controller["outlets"][0]["id"].as_str().unwrap();
        format!(
            "GET /v1/outlets/{outlet_id} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n"
        )
    };
    let requests: Vec<_> = controllers.iter().map(request).collect();
    for connections in arguments.sizes(&[16, 64]) {
        let watch = Watch::begin(cpu_of(servers.event_server().id(), cluster));
        let until = Until::Passed(arguments.time());
        let latencies = requests::ask(address, requests.clone(), connections, until).await;
        let (spent, count) = (watch.spent(), latencies.count());
        let [server, generator] = spent.shares();
        figures::row(&[
            cluster.map_or("SQLite", |_| "PostgreSQL").to_owned(),
            connections.to_string(),
            spent.per_second(count),
            spent.server_us_each(count),
            server,
            generator,
            ms(latencies.percentile(50.0)),
            ms(latencies.percentile(99.0)),
        ]);
    }
    servers.stop().await;
}
