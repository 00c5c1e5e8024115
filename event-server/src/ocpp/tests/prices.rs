//! What a session costs, from what its station tells.

use serde_json::{Value, json};

use super::station::{Station, event, with};
use super::world::World;

fn charging(state: &str, seq_no: u32, register_wh: i64) -> Value {
    let info = json!({"transactionId": "tx-1", "chargingState": state});
    with(
        event("Updated", seq_no, register_wh),
        json!({"transactionInfo": info}),
    )
}

async fn charge(station: &mut Station) {
    station.transaction_event(event("Started", 0, 1_000)).await;
    station.transaction_event(charging("Charging", 1, 1_000)).await;
    station.transaction_event(charging("Charging", 20, 2_500)).await;
}

#[tokio::test]
async fn an_ended_session_tells_its_cost_and_the_parts() {
    let world = World::start().await;
    // From 07:10 in UTC, which is 16:10 in Tokyo, another price.
    let band = json!({"name": "b", "from": "16:10", "to": "18:00", "energy_milliyen_per_kwh": 50_000});
    let terms = json!({"energy_milliyen_per_kwh": 30_000, "bands": [band], "fixed_yen": 20,
        "idle": {"yen_per_minute": 10, "free_minutes": 2}});
    world.set_tariff(terms).await;
    let mut station = world.booted("st_1").await;
    charge(&mut station).await;
    // Held back by the station costs nothing; full from minute 25 to 30, and once more from 35 to the end at 36.
    for (state, minute) in [
        ("SuspendedEVSE", 21),
        ("SuspendedEV", 25),
        ("Charging", 30),
        ("SuspendedEV", 35),
    ] {
        station.transaction_event(charging(state, minute, 2_500)).await;
    }
    // A tariff that is changed meanwhile does not touch it.
    world
        .set_tariff(json!({"energy_milliyen_per_kwh": 1_000_000}))
        .await;
    station.transaction_event(event("Ended", 36, 2_500)).await;
    let told = world.events("session.ended").await;
    let cost = &told[0]["data"]["session"]["cost"];
    // 1500 Wh in 19 minutes from 07:01 on, 9 of them before the turn: 710 Wh and 790 Wh.
    let energy_yen = (710 * 30 + 790 * 50) / 1000;
    assert_eq!(
        (
            &cost["energy_yen"],
            &cost["fixed_yen"],
            &cost["minimum_yen"],
            &cost["idle_yen"]
        ),
        (
            &json!(energy_yen),
            &json!(20),
            &json!(0),
            &json!((5 + 1 - 2) * 10)
        ),
        "{cost}"
    );
    assert_eq!(cost["yen"], energy_yen + 20 + 40);
    assert_eq!(cost["tariff_id"], "tar_1");
    assert_eq!(world.sessions().await.remove(0).cost_yen, Some(energy_yen + 60));
}

#[tokio::test]
async fn a_session_without_a_load_costs_nothing() {
    let world = World::start().await;
    world
        .set_tariff(json!({"energy_milliyen_per_kwh": 30_000, "fixed_yen": 20, "minimum_yen": 100}))
        .await;
    let mut station = world.booted_ours("st_1").await;
    station.transaction_event(event("Started", 0, 1_000)).await;
    station.transaction_event(event("Updated", 1, 1_002)).await;
    let running = world.events("session.energized").await;
    assert_eq!(running[0]["data"]["session"]["cost"]["yen"], 0);
    let ours = json!({"vendorId": "denro", "breaker": "open", "tripped": false, "reason": "no_load"});
    station
        .transaction_event(with(event("Ended", 2, 1_003), json!({"customData": ours})))
        .await;
    let told = world.events("session.ended").await;
    assert_eq!(told[0]["data"]["session"]["cost"]["yen"], 0);
    assert_eq!(world.sessions().await.remove(0).cost_yen, Some(0));
}

#[tokio::test]
async fn without_a_tariff_the_sites_price_is_what_it_costs() {
    let world = World::start().await;
    let mut station = world.booted("st_1").await;
    charge(&mut station).await;
    station.transaction_event(event("Ended", 21, 2_500)).await;
    let told = world.events("session.ended").await;
    let cost = &told[0]["data"]["session"]["cost"];
    assert_eq!(
        (&cost["yen"], &cost["tariff_id"]),
        (&json!(1_500 * 31 / 1000), &Value::Null)
    );
}
