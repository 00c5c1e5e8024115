//! A reservation is used by a start that is confirmed, and by no other.

use api_spec::rest::{self, NewReservation, Time};
use serde_json::json;

use super::station::{Station, event, with};
use super::world::{TENANT, World};
use crate::operations::reservations::reserve;
use crate::store::reservations;

async fn held(world: &World) -> rest::Reservation {
    let asked = NewReservation {
        outlet_id: "out_1_1".into(),
        driver_id: "driver-7".into(),
        from: None,
        until: Time(world.context.clock.now_us() + 3_600_000_000),
        no_show_after_s: None,
    };
    let reserved = world.context.transact(move |tx| reserve(tx, TENANT, &asked));
    reserved.await.unwrap()
}

async fn state(world: &World, id: &str) -> (String, Option<String>) {
    let id = id.to_owned();
    let look = move |conn: &mut foundation::Conn| reservations::find_owned(conn, TENANT, &id);
    let (row, _) = world.until(look, |_| true).await.unwrap();
    (row.state, row.session_id)
}

async fn refuse(world: &World, station: &mut Station) {
    let asked = world.start_session("out_1_1").await;
    let call = station.called("RequestStartTransaction").await;
    station.answer(&call, json!({"status": "Rejected"})).await;
    world.command_until(&asked.command.id, "refused").await;
}

#[tokio::test]
async fn a_start_that_the_station_refuses_leaves_the_reservation_and_one_that_is_confirmed_uses_it() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    let reservation = held(&world).await;
    refuse(&world, &mut station).await;
    assert_eq!(state(&world, &reservation.id).await.0, "active");
    let asked = world.start_session("out_1_1").await;
    let call = station.called("RequestStartTransaction").await;
    station
        .answer(&call, json!({"status": "Accepted", "transactionId": "tx-1"}))
        .await;
    assert_eq!(state(&world, &reservation.id).await.0, "active");
    let info = json!({"transactionId": "tx-1", "remoteStartId": call[3]["remoteStartId"]});
    station
        .transaction_event(with(event("Started", 0, 1000), json!({"transactionInfo": info})))
        .await;
    world.command_until(&asked.command.id, "confirmed").await;
    let used = ("used".to_owned(), Some(asked.session.id));
    assert_eq!(state(&world, &reservation.id).await, used);
    let told = world.events("reservation.used").await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["outlet_id"], "out_1_1");
}
