//! How many TransactionEvents a second one event-server acknowledges durably, and what one costs it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a benchmark that cannot go on must say where"
)]

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use foundation::Clock;
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};
use system_tests::figures::{self, Durations, ms};
use system_tests::program::{Launch, cpu_us};
use system_tests::raw_station::RawStation;
use system_tests::world::Servers;

const MEASURED: Duration = Duration::from_secs(15);
const AT_ONCE: usize = 64;
const HOURS_AGO_US: i64 = 6 * 3_600_000_000;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1).peekable();
    if args.peek().is_some_and(|first| first == "program") {
        return system_tests::program::dispatch(args.skip(1));
    }
    let sizes: Vec<usize> = args.map(|size| size.to_str().unwrap().parse().unwrap()).collect();
    let sizes = if sizes.is_empty() {
        vec![1_000, 5_000]
    } else {
        sizes
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    figures::head(&[
        "stations",
        "acknowledged/s",
        "server CPU µs/message",
        "server CPU",
        "generator CPU",
        "p50",
        "p99",
        "RSS/idle connection",
    ]);
    for size in sizes {
        runtime.block_on(measure(size));
    }
    ExitCode::SUCCESS
}

async fn measure(size: usize) {
    let servers = Servers::start(Clock::system(), Some(Launch::this_executable())).await;
    let made = provision(&servers, size).await;
    let rss_before = servers.event_server().rss_kib();
    let mut stations = connect(servers.address(), &made).await;
    let rss_kib = servers.event_server().rss_kib().saturating_sub(rss_before);
    eprintln!("{size} stations are connected");
    stations = start_all(&servers, stations, &made).await;
    eprintln!("{size} charges run");
    let stop = Arc::new(AtomicBool::new(false));
    let pid = servers.event_server().id();
    let (server_before, own_before, started) = (cpu_us(pid), cpu_us(std::process::id()), Instant::now());
    let tasks: Vec<_> = stations
        .into_iter()
        .map(|station| tokio::spawn(closed_loop(station, Arc::clone(&stop))))
        .collect();
    tokio::time::sleep(MEASURED).await;
    stop.store(true, Relaxed);
    let (server_us, own_us) = (
        cpu_us(pid) - server_before,
        cpu_us(std::process::id()) - own_before,
    );
    let elapsed = started.elapsed();
    let mut latencies = Durations::default();
    for task in tasks {
        latencies.extend(task.await.unwrap());
    }
    let count = latencies.count() as f64;
    let percent = |us: u64| format!("{:.0} %", us as f64 / elapsed.as_micros() as f64 * 100.0);
    figures::row(&[
        size.to_string(),
        format!("{:.0}", count / elapsed.as_secs_f64()),
        format!("{:.0}", server_us as f64 / count),
        percent(server_us),
        percent(own_us),
        ms(latencies.percentile(50.0)),
        ms(latencies.percentile(99.0)),
        format!("{:.1} KiB", rss_kib as f64 / size as f64),
    ]);
    servers.stop().await;
}

/// A controller with one outlet for each station.
async fn provision(servers: &Servers, size: usize) -> Vec<Value> {
    let site = servers
        .api
        .post("/v1/sites", &json!({"name": "Bench"}))
        .await
        .ok();
    let make = |n: usize| {
        let body = json!({"site_id": site["id"], "name": format!("Panel {n}"), "outlets": [{"name": "1", "rated_a": 20}]});
        async move { servers.api.post("/v1/controllers", &body).await.ok() }
    };
    stream::iter(0..size)
        .map(make)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await
}

async fn connect(server: SocketAddr, made: &[Value]) -> Vec<RawStation> {
    let at_us = Clock::system().now_us() - HOURS_AGO_US;
    let open = |controller: &Value| {
        let (id, password) = (
            controller["station_id"].as_str().unwrap(),
            controller["password"].as_str().unwrap(),
        );
        let (id, password) = (id.to_owned(), password.to_owned());
        async move {
            let mut station = RawStation::connect(server, &id, &password, at_us).await.unwrap();
            station.boot().await.unwrap();
            station
        }
    };
    stream::iter(made.iter().map(open))
        .buffered(AT_ONCE)
        .collect()
        .await
}

async fn start_all(servers: &Servers, stations: Vec<RawStation>, made: &[Value]) -> Vec<RawStation> {
    let waiting: Vec<_> = stations
        .into_iter()
        .map(|mut station| {
            tokio::spawn(async move {
                station.start_when_asked().await.unwrap();
                station
            })
        })
        .collect();
    let start = |controller: &Value| {
        let body = json!({"outlet_id": controller["outlets"][0]["id"], "driver_id": "bench"});
        async move { servers.api.post("/v1/sessions", &body).await.ok() }
    };
    stream::iter(made.iter().map(start))
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<_>>()
        .await;
    let mut started = Vec::new();
    for task in waiting {
        started.push(task.await.unwrap());
    }
    started
}

async fn closed_loop(mut station: RawStation, stop: Arc<AtomicBool>) -> Durations {
    let mut latencies = Durations::default();
    while !stop.load(Relaxed) {
        let sent = Instant::now();
        station.tell_minute().await.unwrap();
        latencies.push(sent.elapsed());
    }
    latencies
}
