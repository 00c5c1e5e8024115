//! Many stations at once.

use serde_json::json;

use super::station::{PASSWORD, Station, event};
use super::world::World;

const STATIONS: usize = 500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_report_of_every_station_is_acknowledged_and_kept() {
    let world = World::start().await;
    for panel in 2..=STATIONS {
        world.add_panel(panel).await;
    }
    let address = world.address;
    let stations = (1..=STATIONS).map(|panel| {
        tokio::spawn(async move {
            let connected = Station::connect(address, &format!("st_{panel}"), PASSWORD, "ocpp2.1").await;
            let mut station = connected.unwrap();
            station.boot().await;
            for (seq_no, kind) in ["Started", "Updated", "Updated", "Ended"].into_iter().enumerate() {
                let seq_no = u32::try_from(seq_no).unwrap();
                station
                    .transaction_event(event(kind, seq_no, 1000 + 10 * i64::from(seq_no)))
                    .await;
            }
            station.call("Heartbeat", json!({})).await;
            station
        })
    });
    let mut connected = Vec::new();
    for station in stations.collect::<Vec<_>>() {
        connected.push(station.await.unwrap());
    }
    assert_eq!(world.stations.count(), STATIONS);
    let sessions = world.sessions().await;
    assert_eq!(sessions.len(), STATIONS);
    assert!(
        sessions
            .iter()
            .all(|session| session.energy_wh == 30 && session.state == "ended")
    );
    assert_eq!(world.count_readings().await, i64::try_from(STATIONS * 4).unwrap());
}
