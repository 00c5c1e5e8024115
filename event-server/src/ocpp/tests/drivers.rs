//! What stations are told of the drivers that they name.

use api_spec::rest::{NewDriver, Time};
use serde_json::json;

use super::station::{Station, event, with};
use super::world::{TENANT, World};
use crate::context::Tx;
use crate::error::Refusal;
use crate::operations::drivers::put;
use crate::operations::expected::Expected;

async fn write_down(world: &World, id: &'static str, driver: NewDriver) {
    let named = (TENANT.to_owned(), id.to_owned());
    let put = move |tx: &mut Tx<'_>| put(tx, &named, &Expected::Any, driver);
    let written = world.context.transact(put);
    written
        .await
        .map_err(|refusal: Refusal| refusal.to_string())
        .unwrap();
}

fn blocked() -> NewDriver {
    NewDriver {
        blocked: true,
        unit: Some("204".into()),
        ..NewDriver::default()
    }
}

async fn status(station: &mut Station, token: &str) -> String {
    let payload = json!({"idToken": {"idToken": token, "type": "Central"}});
    let answer = station.call("Authorize", payload).await;
    answer["idTokenInfo"]["status"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn blocked_is_answered_as_blocked_expired_as_expired_and_unknown_as_unknown() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let over = NewDriver {
        valid_until: Some(Time(1)),
        ..NewDriver::default()
    };
    let later = NewDriver {
        valid_from: Some(Time(i64::MAX / 2)),
        ..NewDriver::default()
    };
    write_down(&world, "blocked", blocked()).await;
    write_down(&world, "over", over).await;
    write_down(&world, "later", later).await;
    write_down(&world, "known", NewDriver::default()).await;
    for (token, expected) in [
        ("blocked", "Blocked"),
        ("over", "Expired"),
        ("later", "NotAtThisTime"),
        ("known", "Invalid"),
        ("nobody", "Unknown"),
    ] {
        assert_eq!(status(&mut station, token).await, expected, "{token}");
    }
    world.start_session("out_1_1").await;
    assert_eq!(status(&mut station, "driver-7").await, "Accepted");
    write_down(&world, "driver-7", blocked()).await;
    assert_eq!(status(&mut station, "driver-7").await, "Blocked");
}

#[tokio::test]
async fn a_delivery_that_nobody_asked_for_is_counted_for_its_drivers_unit_and_told_how_he_stands() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    write_down(&world, "card-1", blocked()).await;
    let driver = json!({"idToken": {"idToken": "card-1", "type": "ISO14443"}});
    let answer = station
        .transaction_event(with(event("Started", 0, 1000), driver))
        .await;
    assert_eq!(answer["idTokenInfo"]["status"], "Blocked");
    assert_eq!(world.sessions().await[0].unit.as_deref(), Some("204"));
}
