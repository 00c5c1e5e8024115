//! How fast thousands of stations that have lost their server at once are served again: `bench-reconnect [STATIONS]`.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark that cannot go on must say where"
)]

use std::time::{Duration, Instant};

use foundation::Clock;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use system_tests::figures::{self, Durations, ms};
use system_tests::program::{Launch, dispatch, rss_kib};
use system_tests::raw_station::RawStation;
use system_tests::world::Servers;

const STATIONS: usize = 5_000;
const AT_ONCE: usize = 50;

fn main() -> std::process::ExitCode {
    let mut args = std::env::args_os().skip(1).peekable();
    if args.next_if(|arg| arg == "program").is_some() {
        return dispatch(args);
    }
    let count = args
        .next()
        .map_or(STATIONS, |text| text.to_str().unwrap().parse().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(run(count));
    std::process::ExitCode::SUCCESS
}

async fn run(count: usize) {
    let servers = Servers::start(Clock::system(), Some(Launch::this_executable())).await;
    let made = provision(&servers, count).await;
    // Once, so that every station is known; then all at the same moment.
    let before = come(&servers, &made).await;
    drop(before.stations);
    let after = come(&servers, &made).await;
    let server = servers.event_server();
    figures::head(&[
        "stations",
        "",
        "p50",
        "p99",
        "all",
        "server CPU",
        "server memory at most",
    ]);
    for (what, took) in [("the first time", &before.took), ("again", &after.took)] {
        figures::row(&[
            count.to_string(),
            what.to_owned(),
            ms(took.percentile(50.0)),
            ms(took.percentile(99.0)),
            ms(took.percentile(100.0)),
            ms(Duration::from_micros(server.cpu_us())),
            format!("{} MiB", rss_kib(server.id(), "VmHWM:") / 1024),
        ]);
    }
    drop(after.stations);
    servers.stop().await;
}

struct Came {
    stations: Vec<RawStation>,
    /// From the first knock until each was let in.
    took: Durations,
}

async fn come(servers: &Servers, made: &[Value]) -> Came {
    let (address, now_us) = (servers.address(), Clock::system().now_us());
    let begun = Instant::now();
    let coming: Vec<_> = made
        .iter()
        .map(|controller| {
            let text = |key: &str| controller[key].as_str().unwrap().to_owned();
            let (id, password) = (text("station_id"), text("password"));
            tokio::spawn(async move {
                let mut station = RawStation::connect(address, &id, &password, now_us)
                    .await
                    .unwrap();
                station.boot().await.unwrap();
                (station, begun.elapsed())
            })
        })
        .collect();
    let mut came = Came {
        stations: Vec::new(),
        took: Durations::default(),
    };
    for one in coming {
        let (station, took) = one.await.unwrap();
        came.stations.push(station);
        came.took.push(took);
    }
    came
}

async fn provision(servers: &Servers, count: usize) -> Vec<Value> {
    let site = servers
        .api
        .post("/v1/sites", &json!({"name": "Bench"}))
        .await
        .ok();
    let make = |n: usize| {
        let body = json!({"site_id": site["id"], "name": format!("Panel {n}"), "outlets": [{"name": "1"}]});
        async move { servers.api.post("/v1/controllers", &body).await.ok() }
    };
    stream::iter((0..count).map(make))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await
}
