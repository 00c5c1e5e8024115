//! A server that is told to stop: what is under way gets its answer, who listens is told, nobody new is let in.

use futures_util::StreamExt;
use reqwest::Method;
use serde_json::json;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::certificates::Certified;
use crate::world::{World, answer, eventually};

#[tokio::test]
async fn a_request_that_is_held_for_its_outcome_is_answered_when_the_server_stops() {
    let mut world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let body = json!({"outlet_id": panel.outlets[0], "driver_id": "d", "limits": {"duration_s": 600}});
    let request = owner.request(Method::POST, "/v1/sessions").json(&body);
    let request = request.header("prefer", "wait=30").header("idempotency-key", "k");
    let held = tokio::spawn(answer(request));
    eventually(|| async {
        let sessions = owner.get("/v1/sessions").await.expect(200);
        (!sessions["data"].as_array().unwrap().is_empty()).then_some(())
    })
    .await;
    drop(owner);
    let service = world.take_service();
    let address = service.address;
    service.stop().await;
    let accepted = held.await.unwrap().expect(202);
    assert_eq!(accepted["command"]["state"], "accepted", "{accepted}");
    let late = tokio::net::TcpStream::connect(address).await;
    assert_eq!(late.unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn a_stream_of_events_ends_whole_when_the_server_stops() {
    let mut world = World::start().await;
    let owner = world.owner();
    let response = owner.request(Method::GET, "/v1/events/stream").send().await;
    let mut chunks = response.unwrap().bytes_stream();
    let first = chunks.next().await.unwrap().unwrap();
    assert!(first.starts_with(b": events\n"));
    world.take_service().stop().await;
    // An answer that was cut off would be an error.
    assert!(chunks.next().await.is_none());
}

#[tokio::test]
async fn a_station_is_told_that_the_server_goes_away() {
    let mut certified = Certified::start().await;
    let mut station = certified.booted().await;
    let stopping = tokio::spawn(certified.world.take_service().stop());
    let closed = station.closed().await.unwrap();
    assert_eq!(closed.code, CloseCode::Away, "{closed}");
    drop(station);
    stopping.await.unwrap();
}
