//! PostgreSQL is killed and restarted under load: nothing acknowledged is lost, nobody is told no, nothing stays broken.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use serde_json::json;
use system_tests::nodes::{Made, Node, Nodes};
use system_tests::raw_station::RawStation;
use system_tests::receiver::{Delivery, in_order};
use system_tests::world::DEADLINE;

const STATIONS: usize = 6;
const MINUTES: usize = 250;
/// What a raw station adds to its register in a minute.
const WH_A_MINUTE: usize = 48;

/// Starts a charge at a raw station; answers with the session's id.
async fn start(node: &Node, made: &Made, mut station: RawStation) -> (RawStation, String) {
    let body = json!({"outlet_id": made.outlet_id, "driver_id": "driver-1"});
    let (accepted, started) = tokio::join!(node.api.post("/v1/sessions", &body), station.start_when_asked());
    started.unwrap();
    let id = accepted.ok()["session"]["id"].as_str().unwrap().to_owned();
    (station, id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_killed_and_restarted_under_load_loses_nothing_and_refuses_nobody() {
    let Some(world) = Nodes::start(1).await else {
        return;
    };
    let node = &world.nodes[0];
    let told = Arc::new(AtomicUsize::new(0));
    let mut telling = Vec::new();
    let mut sessions = Vec::new();
    for _ in 0..STATIONS {
        let made = world.make_station().await;
        let station = node.connect(&made).await;
        let (mut station, session) = start(node, &made, station).await;
        sessions.push(session);
        let told = told.clone();
        telling.push(tokio::spawn(async move {
            for _ in 0..MINUTES {
                // An error here is a CALLERROR, or a connection that was given up.
                station.tell_minute().await.unwrap();
                told.fetch_add(1, SeqCst);
            }
            station
        }));
    }
    let until_told = async |part: usize| {
        while told.load(SeqCst) < STATIONS * MINUTES * part / 10 {
            tokio::task::yield_now().await;
        }
    };
    until_told(2).await;
    world.cluster.kill();
    world.cluster.come_up();
    until_told(5).await;
    world.cluster.stop();
    // What acts while the database is away is told to come again, and nothing of it is kept.
    let refused = node.api.post("/v1/sites", &json!({"name": "Too early"})).await;
    assert_eq!(refused.problem(), (503, "unavailable"));
    assert_eq!(refused.header("retry-after"), "1");
    world.cluster.come_up();
    let mut stations = Vec::new();
    for task in telling {
        stations.push(task.await.unwrap());
    }
    for session in &sessions {
        let session = node.api.get(&format!("/v1/sessions/{session}")).await;
        assert_eq!(session["energy_wh"], MINUTES * WH_A_MINUTE, "{session:#}");
    }
    let sites = node.api.get("/v1/sites").await;
    assert_eq!(sites["data"].as_array().unwrap().len(), 1);
    let last = node.api.get("/v1/events?limit=200").await;
    assert!(last["data"].as_array().is_some());
    let all_there = |deliveries: &[Delivery]| {
        let energized = |d: &&Delivery| d.event()["type"] == "session.charging_started";
        (deliveries.iter().filter(energized).count() >= STATIONS).then_some(())
    };
    world.receiver.until("every start", DEADLINE, all_there).await;
    in_order(&world.receiver.deliveries());
    drop(stations);
    world.stop().await;
}
