//! How long a start takes, from the request at the API over the coil and back to `session.energized` at a webhook, alone or
//! beside other stations that report: `bench-start-latency [--load MESSAGES_PER_SECOND] [CHARGES]`.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a benchmark that cannot go on must say where"
)]

use std::time::{Duration, Instant};

use denro::simulator::What;
use denro::simulator::panel_file::PanelFile;
use serde_json::json;
use system_tests::bench::Arguments;
use system_tests::crowd::{self, Crowd, Pace};
use system_tests::figures::{self, Durations, ms};
use system_tests::world::{DEADLINE, Options, World};
use tokio::task::JoinHandle;

const CHARGES: usize = 1_000;
const OUTLETS: u8 = 8;
const LOAD_STATIONS: usize = 1_000;
/// Longer than any benchmark.
const LONGEST: Duration = Duration::from_secs(3_600);

#[derive(Default)]
struct Figures {
    accepted: Durations,
    coil: Durations,
    energized: Durations,
    webhook: Durations,
}

#[tokio::main]
async fn main() {
    let arguments = Arguments::of_this_program();
    let charges = arguments.sizes(&[CHARGES])[0];
    let options = Options {
        outlets: OUTLETS,
        // The load is made here, and is not to slow down what is measured.
        processes: arguments.named("load").is_some(),
        panel: PanelFile {
            travel_ms: 0,
            fast_ms: 1_000,
            // What is measured is a start that waits for no other.
            stagger_ms: 0,
            max_ops_per_hour: 3_600,
            ..Options::default().panel
        },
        ..Options::default()
    };
    let world = World::start(options).await;
    let load = match arguments.named("load") {
        Some(rate) => Some(load(&world, rate).await),
        None => None,
    };
    let mut figures = Figures::default();
    for charge in 0..charges {
        measure(&world, 1 + charge % usize::from(OUTLETS), &mut figures).await;
        if charge % 100 == 99 {
            eprintln!("{} of {charges}", charge + 1);
        }
    }
    figures::head(&["from the request to", "p50", "p99", "worst", "charges"]);
    for (name, durations) in [
        ("the API's answer (202)", &figures.accepted),
        ("the coil written (± 1 ms)", &figures.coil),
        ("the breaker seen closed (event's time)", &figures.energized),
        ("`session.energized` at the webhook", &figures.webhook),
    ] {
        let cells = [50.0, 99.0, 100.0].map(|percent| ms(durations.percentile(percent)));
        let [p50, p99, worst] = cells;
        figures::row(&[name.to_owned(), p50, p99, worst, durations.count().to_string()]);
    }
    if let Some(load) = load {
        load.abort();
        let _aborted = load.await;
    }
    world.stop().await;
}

/// Stations of another tenant, that report so many times a second until the end.
async fn load(world: &World, rate: usize) -> JoinHandle<()> {
    let api = world.client_of("ten_load").await;
    let controllers = crowd::provision(&api, LOAD_STATIONS).await;
    let crowd = Crowd::connect(world.server_address(), &crowd::logins(&controllers)).await;
    let crowd = crowd.start_charges(Some((&api, &controllers))).await;
    tokio::spawn(async move {
        crowd.report(Pace::Offered(rate), LONGEST).await;
    })
}

async fn measure(world: &World, n: usize, figures: &mut Figures) {
    let before = world.receiver.deliveries().len();
    let (started, wall_us, tick_ms) = (Instant::now(), world.clock.now_us(), world.clock.tick_ms());
    let charge = world.start_charge(n, json!({"duration_s": 600})).await;
    figures.accepted.push(started.elapsed());
    let told = |kind: &'static str| {
        let id = charge.session_id.clone();
        move |deliveries: &[system_tests::receiver::Delivery]| {
            let mut new = deliveries.get(before..)?.iter().map(|d| (d, d.event()));
            new.find(|(_, event)| event["type"] == kind && event["data"]["session"]["id"] == id.as_str())
                .map(|(delivery, event)| (delivery.arrived, event))
        }
    };
    let (arrived, event) = world
        .receiver
        .until("energized", DEADLINE, told("session.energized"))
        .await;
    figures.webhook.push(arrived.duration_since(started));
    let energized_us =
        system_tests::checker::seconds(&event["data"]["session"]["energized_at"]).unwrap() * 1e6;
    figures.energized.push(Duration::from_micros(
        (energized_us as i64 - wall_us).max(0) as u64
    ));
    let history = world.panel.history();
    let coil = history
        .iter()
        .rev()
        .find(|h| h.outlet == World::number(n) && h.what == What::CoilOn)
        .unwrap();
    figures
        .coil
        .push(Duration::from_millis(coil.tick_ms.saturating_sub(tick_ms)));
    world.stop_charge(&charge).await;
    world
        .receiver
        .until("ended", DEADLINE, told("session.ended"))
        .await;
}
