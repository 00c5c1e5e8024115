//! What ends a session: money, and the end of the day.

use serde_json::{Value, json};

use crate::world::{Answer, Caller, World};

async fn set_price(owner: &Caller<'_>, site_id: &str, yen: Value) -> Answer {
    let path = format!("/v1/sites/{site_id}");
    owner.patch(&path, &json!({ "energy_yen_per_kwh": yen })).await
}

async fn start(owner: &Caller<'_>, outlet_id: &str, key: &str, limits: Value) -> Answer {
    let body = json!({ "outlet_id": outlet_id, "driver_id": "d", "limits": limits });
    owner.act("/v1/sessions", key, &body).await
}

#[tokio::test]
async fn a_limit_of_money_is_shown_with_the_energy_that_it_buys() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(3).await;
    let site = set_price(&owner, &panel.site_id, json!(31)).await.expect(200);
    assert_eq!(site["energy_yen_per_kwh"], 31);
    for (n, limits, energy_wh) in [
        (0, json!({ "cost_yen": 500 }), 16_129),
        (1, json!({ "cost_yen": 500, "energy_wh": 16_130 }), 16_129),
        (2, json!({ "cost_yen": 500, "energy_wh": 9_000 }), 9_000),
    ] {
        let started = start(&owner, &panel.outlets[n], &format!("k{n}"), limits).await;
        let session = started.expect(202)["session"].clone();
        assert_eq!(
            (&session["limits"]["energy_wh"], &session["limits"]["cost_yen"]),
            (&json!(energy_wh), &json!(500)),
            "{session}"
        );
        let path = format!("/v1/sessions/{}", session["id"].as_str().unwrap());
        assert_eq!(owner.get(&path).await.expect(200), session);
    }
    world.stop().await;
}

#[tokio::test]
async fn a_new_price_leaves_running_sessions_their_limits() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    set_price(&owner, &panel.site_id, json!(31)).await.expect(200);
    let limits = json!({ "cost_yen": 500 });
    let started = start(&owner, &panel.outlets[0], "k", limits).await.expect(202);
    set_price(&owner, &panel.site_id, json!(62)).await.expect(200);
    let path = format!("/v1/sessions/{}", started["session"]["id"].as_str().unwrap());
    let shown = owner.get(&path).await.expect(200);
    assert_eq!(shown["limits"], started["session"]["limits"]);
    world.stop().await;
}

#[tokio::test]
async fn a_site_without_a_price_takes_no_limit_of_money() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let refused = start(&owner, &panel.outlets[0], "k1", json!({ "cost_yen": 500 })).await;
    refused.is_problem(422, "invalid-request");
    let error = &refused.body["errors"][0];
    assert_eq!(error["pointer"], "/limits/cost_yen");
    assert!(
        error["detail"].as_str().unwrap().contains("energy_yen_per_kwh"),
        "{error}"
    );
    let started = start(&owner, &panel.outlets[0], "k2", json!({ "energy_wh": 5 }))
        .await
        .expect(202);
    assert_eq!(started["session"]["limits"]["cost_yen"], Value::Null);
    world.stop().await;
}

#[tokio::test]
async fn money_that_buys_nothing_and_prices_that_cannot_be_are_pointed_at() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    set_price(&owner, &panel.site_id, json!(2_000)).await.expect(200);
    for cost_yen in [json!(1), json!(0), json!(-5), json!(1.5)] {
        let refused = start(&owner, &panel.outlets[0], "k", json!({ "cost_yen": cost_yen })).await;
        refused.is_problem(422, "invalid-request");
        assert_eq!(
            refused.body["errors"][0]["pointer"], "/limits/cost_yen",
            "{}",
            refused.body
        );
    }
    for price in [json!(0), json!(-31), json!(31.5)] {
        let refused = set_price(&owner, &panel.site_id, price.clone()).await;
        refused.is_problem(422, "invalid-request");
        assert_eq!(refused.body["errors"][0]["pointer"], "/energy_yen_per_kwh");
        let body = json!({ "name": "A", "energy_yen_per_kwh": price });
        owner
            .post("/v1/sites", &body)
            .await
            .is_problem(422, "invalid-request");
    }
    let without = set_price(&owner, &panel.site_id, Value::Null).await.expect(200);
    assert_eq!(without["energy_yen_per_kwh"], Value::Null);
    let stranger = world.caller("t2", crate::world::ALL_SCOPES);
    set_price(&stranger, &panel.site_id, json!(1))
        .await
        .is_problem(404, "not-found");
    world.stop().await;
}

#[tokio::test]
async fn a_session_ends_with_the_sites_day() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(2).await;
    let limits = json!({ "end_of_day": true, "energy_wh": 5 });
    let started = start(&owner, &panel.outlets[0], "k1", limits).await.expect(202);
    let until: jiff::Timestamp = started["session"]["limits"]["until"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let local = until.in_tz("Asia/Tokyo").unwrap();
    assert_eq!(local.strftime("%H:%M:%S%.f").to_string(), "00:00:00");
    let ahead_us = until.as_microsecond() - world.clock.now_us();
    assert!((1..=86_400_000_000).contains(&ahead_us), "{until}");
    for other in [
        json!({ "end_of_day": true, "duration_s": 5 }),
        json!({ "end_of_day": true, "until": "2020-01-01T00:00:00Z" }),
    ] {
        let refused = start(&owner, &panel.outlets[1], "k2", other).await;
        refused.is_problem(422, "invalid-request");
        assert_eq!(refused.body["errors"][0]["pointer"], "/limits");
    }
    world.stop().await;
}
