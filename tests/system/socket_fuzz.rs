//! Attacks on the live OCPP endpoint: whatever comes in by the socket, memory stays bounded and other stations are served.

mod attack;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use foundation::Clock;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use system_tests::program::{Launch, rss_kib};
use system_tests::random::Random;
use system_tests::raw_station::RawStation;
use system_tests::world::Servers;

use attack::Attack;

/// Stations that misbehave, and how many attacks there are in all; `FUZZ_ATTACKS` for more.
const ATTACKERS: usize = 24;
const ATTACKS: usize = 480;
const AT_ONCE: usize = 48;
const MAX_GROWTH_KIB: u64 = 64 * 1024;
/// A station that is not answered by then is not being served.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who a station is.
#[derive(Clone, Debug)]
struct Login {
    station_id: String,
    password: String,
}

async fn stations(servers: &Servers, count: usize) -> Vec<Login> {
    let site = servers
        .api
        .post("/v1/sites", &json!({"name": "Fuzzed"}))
        .await
        .ok();
    let mut logins = Vec::new();
    for n in 0..count {
        let body = json!({"site_id": site["id"], "name": format!("Panel {n}"), "outlets": [{"name": "1"}]});
        let made: Value = servers.api.post("/v1/controllers", &body).await.ok();
        let text = |key: &str| made[key].as_str().unwrap().to_owned();
        logins.push(Login {
            station_id: text("station_id"),
            password: text("password"),
        });
    }
    logins
}

async fn booted(address: SocketAddr, login: &Login) -> RawStation {
    let connecting = RawStation::connect(address, &login.station_id, &login.password, 0);
    let mut station = connecting.await.unwrap();
    station.boot().await.unwrap();
    station
}

/// Asks the time again and again on one connection; answers with how often it was answered.
async fn bystander(mut station: RawStation, stop: Arc<AtomicBool>) -> usize {
    let mut answered = 0;
    while !stop.load(SeqCst) {
        let beat = tokio::time::timeout(PATIENCE, station.beat()).await;
        beat.expect("a bystander is served").unwrap();
        answered += 1;
    }
    answered
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_comes_by_the_socket_memory_is_bounded_and_other_stations_are_served() {
    let count = std::env::var("FUZZ_ATTACKS").map_or(ATTACKS, |text| text.parse().unwrap());
    let seed = std::env::var("SEED").map_or(20_261_130, |text| text.parse().unwrap());
    let servers = Servers::start(Clock::system(), Some(Launch::beside_this_test())).await;
    let address = servers.address();
    let mut logins = stations(&servers, ATTACKERS + 1).await;
    let good = booted(address, &logins.pop().unwrap()).await;
    let stop = Arc::new(AtomicBool::new(false));
    let bystander = tokio::spawn(bystander(good, stop.clone()));
    let server = servers.event_server().id();
    let before_kib = rss_kib(server, "VmRSS:");

    let mut random = Random::new(seed);
    let attacks: Vec<(Attack, Login, u64)> = (0..count)
        .map(|n| {
            let attack = Attack::ALL[n % Attack::ALL.len()];
            let login = logins[n % logins.len()].clone();
            (attack, login, random.any())
        })
        .collect();
    stream::iter(attacks)
        .map(|(attack, login, seed)| attack.run(address, login, Random::new(seed)))
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<()>>()
        .await;

    stop.store(true, SeqCst);
    let answered = bystander.await.unwrap();
    assert!(
        answered > 10,
        "a bystander was answered {answered} times, seed {seed}"
    );
    let grown_kib = rss_kib(server, "VmHWM:").saturating_sub(before_kib);
    assert!(
        grown_kib < MAX_GROWTH_KIB,
        "grown by {grown_kib} KiB, seed {seed}"
    );
    println!("{count} attacks, seed {seed}: {answered} answers to a bystander, {grown_kib} KiB more at most");
    // Nothing is left of it: who attacked is let in.
    for login in &logins {
        booted(address, login).await;
    }
    servers.stop().await;
}
