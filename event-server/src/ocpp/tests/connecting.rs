//! Who is let in, and what is agreed.

use serde_json::json;
use tokio_tungstenite::tungstenite::Error;

use super::station::{PASSWORD, Station};
use super::world::World;
use crate::store::controllers;

fn status(result: Result<Station, Error>) -> u16 {
    match result {
        Err(Error::Http(response)) => response.status().as_u16(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn without_the_right_credentials_nothing_is_upgraded() {
    let world = World::start().await;
    let wrong = Station::connect(world.address, "st_1", "wrong", "ocpp2.1").await;
    assert_eq!(status(wrong), 401);
    let unknown = Station::connect(world.address, "st_9", PASSWORD, "ocpp2.1").await;
    assert_eq!(status(unknown), 401);
    let missing = Station::connect_with(world.address, "st_1", None, "ocpp2.1").await;
    let Err(Error::Http(response)) = missing else {
        panic!("{missing:?}")
    };
    assert_eq!(response.status(), 401);
    assert!(
        response.headers()["WWW-Authenticate"]
            .to_str()
            .unwrap()
            .starts_with("Basic")
    );
    assert_eq!(world.stations.count(), 0);
}

#[tokio::test]
async fn another_stations_credentials_do_not_open_the_path() {
    let world = World::start().await;
    world.add_panel(2).await;
    let basic = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        format!("st_2:{PASSWORD}"),
    );
    let other =
        Station::connect_with(world.address, "st_1", Some(&format!("Basic {basic}")), "ocpp2.1").await;
    assert_eq!(status(other), 401);
}

#[tokio::test]
async fn the_first_subprotocol_that_both_speak_is_chosen() {
    let world = World::start().await;
    for (offered, chosen) in [
        ("ocpp2.1", "ocpp2.1"),
        ("ocpp2.0.1", "ocpp2.0.1"),
        ("ocpp1.6, ocpp2.0.1, ocpp2.1", "ocpp2.0.1"),
    ] {
        let mut station = Station::connect(world.address, "st_1", PASSWORD, offered)
            .await
            .unwrap();
        assert_eq!(station.subprotocol.as_deref(), Some(chosen), "{offered}");
        assert_eq!(station.boot().await["status"], "Accepted");
    }
}

#[tokio::test]
async fn without_a_common_subprotocol_the_connection_is_made_and_closed() {
    let world = World::start().await;
    let basic = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        format!("st_1:{PASSWORD}"),
    );
    let basic = format!("Basic {basic}");
    let station = Station::connect_with(world.address, "st_1", Some(&basic), "").await;
    let mut station = station.unwrap();
    assert_eq!(station.subprotocol, None);
    assert_eq!(u16::from(station.closed().await.unwrap().code), 1002);
    assert_eq!(world.stations.count(), 0);
}

#[tokio::test]
async fn before_its_first_boot_a_station_may_only_boot() {
    let world = World::start().await;
    let mut station = Station::connect(world.address, "st_1", PASSWORD, "ocpp2.1")
        .await
        .unwrap();
    assert_eq!(station.refused("Heartbeat", json!({})).await, "SecurityError");
    let answer = station.boot().await;
    assert_eq!(
        (&answer["status"], &answer["interval"]),
        (&json!("Accepted"), &json!(300))
    );
    assert!(station.call("Heartbeat", json!({})).await["currentTime"].is_string());
}

#[tokio::test]
async fn a_booted_station_that_merely_reconnects_need_not_boot_again() {
    let world = World::start().await;
    world.booted("st_1").await.cut();
    let mut station = Station::connect(world.address, "st_1", PASSWORD, "ocpp2.1")
        .await
        .unwrap();
    assert!(station.call("Heartbeat", json!({})).await["currentTime"].is_string());
}

#[tokio::test]
async fn a_second_connection_of_a_station_replaces_the_first() {
    let world = World::start().await;
    let mut first = world.booted("st_1").await;
    let refused = Station::connect(world.address, "st_1", "wrong", "ocpp2.1").await;
    assert_eq!(status(refused), 401);
    first.call("Heartbeat", json!({})).await;
    let mut second = Station::connect(world.address, "st_1", PASSWORD, "ocpp2.1")
        .await
        .unwrap();
    assert_eq!(u16::from(first.closed().await.unwrap().code), 1008);
    second.call("Heartbeat", json!({})).await;
    assert!(world.is_online("st_1").await && world.stations.is_online("ctl_1"));
    assert_eq!(world.events("controller.offline").await.len(), 0);
}

#[tokio::test]
async fn a_station_whose_connection_ends_is_offline_and_that_is_told() {
    let world = World::start().await;
    world.booted("st_1").await.cut();
    world
        .until(
            |conn| Ok(crate::store::controllers::find(conn, "ctl_1")?.unwrap().online),
            |online| !online,
        )
        .await;
    let kinds = (
        world.events("controller.online").await,
        world.events("controller.offline").await,
    );
    assert_eq!((kinds.0.len(), kinds.1.len()), (1, 1));
    assert_eq!(kinds.1[0]["data"]["station_id"], "st_1");
}

#[tokio::test]
async fn a_frame_that_breaks_the_protocol_closes_that_connection_alone() {
    let world = World::start().await;
    world.add_panel(2).await;
    let (mut bad, mut good) = (world.booted("st_1").await, world.booted("st_2").await);
    bad.send(&"x".repeat(70_000)).await;
    assert_eq!(u16::from(bad.closed().await.unwrap().code), 1009);
    good.call("Heartbeat", json!({})).await;
}

#[tokio::test]
async fn a_connection_that_is_made_again_is_no_start_and_a_start_is_one() {
    let world = World::start().await;
    let started_at = async || {
        let known = world.until(|conn| controllers::find_by_station(conn, "st_1"), |_| true);
        known.await.unwrap().booted_at.unwrap()
    };
    world.booted("st_1").await.cut();
    let first = started_at().await;
    for (reason, is_start) in [("Unknown", false), ("Triggered", false), ("PowerUp", true)] {
        let mut station = Station::connect(world.address, "st_1", PASSWORD, "ocpp2.1")
            .await
            .unwrap();
        let boot = json!({"reason": reason, "chargingStation": {"model": "M", "vendorName": "V"}});
        station.call("BootNotification", boot).await;
        assert_eq!(started_at().await > first, is_start, "{reason}");
    }
}
