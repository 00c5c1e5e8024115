//! How many TransactionEvents a second one event-server acknowledges durably, and what one costs it, on SQLite and PostgreSQL.
//! `bench-ingest [--seconds N] [--offered MESSAGES_PER_SECOND] [--history REPORTS] [STATIONS …]`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a benchmark that cannot go on must say where"
)]

use std::process::ExitCode;

use foundation::Clock;
use foundation::db::DatabaseUrl;
use system_tests::bench::{Arguments, cpu_of};
use system_tests::crowd::{self, Crowd, Pace};
use system_tests::figures::{self, Watch, ms};
use system_tests::history;
use system_tests::postgres::Cluster;
use system_tests::program::Launch;
use system_tests::world::Servers;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1).peekable();
    if args.peek().is_some_and(|first| first == "program") {
        return system_tests::program::dispatch(args.skip(1));
    }
    let arguments = Arguments::of_this_program();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    figures::head(&[
        "database",
        "stations",
        "reports before",
        "pace",
        "acknowledged/s",
        "server CPU µs/message",
        "server CPU",
        "generator CPU",
        "p50",
        "p99",
        "RSS/idle connection",
    ]);
    runtime.unwrap().block_on(async {
        for size in arguments.sizes(&[1_000, 5_000]) {
            measure(None, size, &arguments).await;
            if let Some(cluster) = Cluster::start_synced() {
                measure(Some(&cluster), size, &arguments).await;
            }
        }
    });
    ExitCode::SUCCESS
}

async fn measure(cluster: Option<&Cluster>, size: usize, arguments: &Arguments) {
    let clock = Clock::system();
    let url = cluster.map(|cluster| cluster.create_database("events"));
    let launch = Some(Launch::this_executable());
    let mut servers = Servers::start_on(url.as_deref(), clock.clone(), launch).await;
    let before = arguments.named("history").unwrap_or_default();
    if before > 0 {
        let file = servers.sqlite_file();
        let url = url.map_or_else(|| DatabaseUrl::sqlite(file), |url| url.try_into().unwrap());
        servers
            .restart_after(&clock, || history::fill(&url, before))
            .await;
        eprintln!("{before} reports lie before");
    }
    let controllers = crowd::provision(&servers.api, size).await;
    let rss_before = servers.event_server().rss_kib();
    let crowd = Crowd::connect(servers.address(), &crowd::logins(&controllers)).await;
    let rss_kib = servers.event_server().rss_kib().saturating_sub(rss_before);
    let crowd = crowd.start_charges(Some((&servers.api, &controllers))).await;
    eprintln!("{size} charges run");
    let (pace, paced) = match arguments.named("offered") {
        None => (Pace::Closed, "closed loop".to_owned()),
        Some(rate) => (Pace::Offered(rate), format!("{rate}/s offered")),
    };
    let watch = Watch::begin(cpu_of(servers.event_server().id(), cluster));
    let (_crowd, latencies) = crowd.report(pace, arguments.time()).await;
    let (spent, count) = (watch.spent(), latencies.count());
    let [server, generator] = spent.shares();
    figures::row(&[
        cluster.map_or("SQLite", |_| "PostgreSQL").to_owned(),
        size.to_string(),
        before.to_string(),
        paced,
        spent.per_second(count),
        spent.server_us_each(count),
        server,
        generator,
        ms(latencies.percentile(50.0)),
        ms(latencies.percentile(99.0)),
        format!("{:.1} KiB", rss_kib as f64 / size as f64),
    ]);
    servers.stop().await;
}
