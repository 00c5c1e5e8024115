//! R11: many stations that come back at once. The long form is `bench-reconnect`.

use std::sync::Arc;

use foundation::Clock;
use serde_json::{Value, json};
use system_tests::api::Api;
use system_tests::program::Launch;
use system_tests::raw_station::RawStation;
use system_tests::world::Servers;

const STATIONS: usize = 200;

async fn controllers(api: &Api) -> Vec<Value> {
    let site = api.post("/v1/sites", &json!({"name": "Many"})).await.ok();
    let mut made = Vec::new();
    for n in 0..STATIONS {
        let body = json!({"site_id": site["id"], "name": format!("Panel {n}"), "outlets": [{"name": "1"}]});
        made.push(api.post("/v1/controllers", &body).await.ok());
    }
    made
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_stations_that_come_back_at_once_are_all_let_in_without_an_error() {
    let servers = Servers::start(Clock::system(), Some(Launch::beside_this_test())).await;
    let made = controllers(&servers.api).await;
    let (address, now_us) = (servers.address(), Clock::system().now_us());
    // All stand at the door before the first knocks.
    let door = Arc::new(tokio::sync::Barrier::new(STATIONS));
    let come = |controller: &Value| {
        let text = |key: &str| controller[key].as_str().unwrap().to_owned();
        let (id, password, door) = (text("station_id"), text("password"), door.clone());
        tokio::spawn(async move {
            door.wait().await;
            let mut station = RawStation::connect(address, &id, &password, now_us).await?;
            // Any CALLERROR is an error here.
            station.boot().await?;
            std::io::Result::Ok(station)
        })
    };
    let coming: Vec<_> = made.iter().map(come).collect();
    let mut stations = Vec::new();
    for station in coming {
        stations.push(station.await.unwrap().unwrap());
    }
    for controller in &made {
        let path = format!("/v1/controllers/{}", controller["id"].as_str().unwrap());
        let shown = servers.api.get(&path).await;
        assert!(
            shown["booted_at"].is_string(),
            "acknowledged and not kept: {shown:#}"
        );
    }
    drop(stations);
    servers.stop().await;
}
