//! Reservations: made once, held against others, cancelled, over; each change told in the outlet's sequence.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{ALL_SCOPES, Answer, Caller, World, answer, eventually};

fn ahead(world: &World, seconds: i64) -> String {
    let us = world.clock.now_us() + seconds * 1_000_000;
    jiff::Timestamp::from_microsecond(us).unwrap().to_string()
}

async fn reserve(owner: &Caller<'_>, key: &str, outlet_id: &str, driver: &str, times: Value) -> Answer {
    let mut body = json!({ "outlet_id": outlet_id, "driver_id": driver });
    body.as_object_mut()
        .unwrap()
        .extend(times.as_object().unwrap().clone());
    owner.act("/v1/reservations", key, &body).await
}

async fn start(owner: &Caller<'_>, outlet_id: &str, driver: &str, key: &str, limits: Value) -> Answer {
    let body = json!({ "outlet_id": outlet_id, "driver_id": driver, "limits": limits });
    owner.act("/v1/sessions", key, &body).await
}

/// The types of the outlet's events about reservations, in order; their sequence numbers have no gap.
async fn told(owner: &Caller<'_>, outlet_id: &str) -> Vec<String> {
    let events = owner.get("/v1/events?limit=200").await.expect(200);
    let of_outlet: Vec<Value> = events["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["outlet_id"] == outlet_id)
        .cloned()
        .collect();
    for (n, event) in (1..).zip(&of_outlet) {
        assert_eq!(event["sequence"], json!(n), "{event}");
    }
    let types = of_outlet
        .iter()
        .map(|event| event["type"].as_str().unwrap().to_owned());
    types.filter(|kind| kind.starts_with("reservation.")).collect()
}

#[tokio::test]
async fn a_held_outlet_is_started_by_its_driver_alone() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let outlet = &panel.outlets[0];
    let times = json!({ "until": ahead(&world, 3_600) });
    let made = reserve(&owner, "r1", outlet, "mine", times.clone()).await;
    let location = made.header("location").to_owned();
    let made = made.expect(201);
    assert_eq!(
        (&made["state"], &made["session_id"]),
        (&json!("active"), &Value::Null)
    );
    let again = reserve(&owner, "r1", outlet, "mine", times).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.expect(201), made);
    assert_eq!(owner.get(&location).await.expect(200), made);
    let listed = owner
        .get("/v1/reservations?driver_id=mine&state=active")
        .await
        .expect(200);
    assert_eq!(listed["data"], json!([made]));
    let twice = reserve(
        &owner,
        "r2",
        outlet,
        "mine",
        json!({ "until": ahead(&world, 600) }),
    )
    .await;
    twice.is_problem(409, "outlet-reserved");
    assert!(
        twice.body["detail"]
            .as_str()
            .unwrap()
            .contains("the driver has reserved")
    );
    start(&owner, outlet, "other", "s1", json!({}))
        .await
        .is_problem(409, "outlet-reserved");
    assert_eq!(owner.get("/v1/sessions").await.expect(200)["data"], json!([]));
    start(&owner, outlet, "mine", "s2", json!({})).await.expect(202);
    // Asked for is not confirmed: a start that comes to nothing uses nothing.
    assert_eq!(owner.get(&location).await.expect(200)["state"], "active");
    world.clock.advance(Duration::from_secs(31));
    eventually(|| async {
        let outlet = owner.get(&format!("/v1/outlets/{outlet}")).await.expect(200);
        outlet["session"].is_null().then_some(())
    })
    .await;
    assert_eq!(owner.get(&location).await.expect(200)["state"], "active");
    start(&owner, outlet, "other", "s3", json!({}))
        .await
        .is_problem(409, "outlet-reserved");
    assert_eq!(told(&owner, outlet).await, ["reservation.created"]);
    world.stop().await;
}

#[tokio::test]
async fn a_charge_before_somebody_elses_reservation_ends_before_it_or_is_refused() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(2).await;
    let outlet = &panel.outlets[0];
    let times = json!({ "from": ahead(&world, 7_200), "until": ahead(&world, 10_800) });
    let made = reserve(&owner, "r", outlet, "mine", times).await.expect(201);
    let longer = json!({ "duration_s": 9_000 });
    start(&owner, outlet, "other", "s1", longer.clone())
        .await
        .is_problem(409, "outlet-reserved");
    let started = start(&owner, outlet, "other", "s2", json!({})).await.expect(202);
    assert_eq!(started["session"]["limits"]["until"], made["from"]);
    let path = format!("/v1/sessions/{}", started["session"]["id"].as_str().unwrap());
    let change = owner
        .request(Method::PATCH, &path)
        .header("idempotency-key", "c")
        .header("if-match", "*");
    answer(change.json(&json!({ "limits": longer })))
        .await
        .is_problem(409, "outlet-reserved");
    // And a session that runs is in the way of a reservation.
    start(
        &owner,
        &panel.outlets[1],
        "other",
        "s3",
        json!({ "duration_s": 3_600 }),
    )
    .await
    .expect(202);
    let early = json!({ "from": ahead(&world, 1_800), "until": ahead(&world, 3_600) });
    reserve(&owner, "r2", &panel.outlets[1], "mine", early)
        .await
        .is_problem(409, "outlet-busy");
    let late = json!({ "from": ahead(&world, 4_000), "until": ahead(&world, 5_000) });
    reserve(&owner, "r3", &panel.outlets[1], "mine", late)
        .await
        .expect(201);
    world.stop().await;
}

#[tokio::test]
async fn a_reservation_is_cancelled_once_and_over_when_nobody_comes() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let outlet = &panel.outlets[0];
    let times = json!({ "until": ahead(&world, 3_600) });
    let first = reserve(&owner, "r1", outlet, "mine", times.clone())
        .await
        .expect(201);
    let path = format!("/v1/reservations/{}", first["id"].as_str().unwrap());
    let cancelled = owner.delete(&path).await.expect(200);
    assert_eq!(cancelled["state"], "cancelled");
    assert_eq!(owner.delete(&path).await.expect(200), cancelled);
    let second = reserve(&owner, "r2", outlet, "mine", times).await.expect(201);
    let path = format!("/v1/reservations/{}", second["id"].as_str().unwrap());
    world.clock.advance(Duration::from_secs(901));
    eventually(|| async {
        let shown = owner.get(&path).await.expect(200);
        (shown["state"] == "expired").then_some(())
    })
    .await;
    owner.delete(&path).await.is_problem(409, "reservation-over");
    start(&owner, outlet, "other", "s", json!({})).await.expect(202);
    assert_eq!(
        told(&owner, outlet).await,
        [
            "reservation.created",
            "reservation.cancelled",
            "reservation.created",
            "reservation.expired"
        ]
    );
    world.stop().await;
}

#[tokio::test]
async fn a_driver_holds_two_outlets_at_most_and_none_that_is_held() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(3).await;
    let times = json!({ "until": ahead(&world, 3_600) });
    for n in 0..2 {
        let made = reserve(&owner, &format!("r{n}"), &panel.outlets[n], "mine", times.clone()).await;
        made.expect(201);
    }
    reserve(&owner, "r2", &panel.outlets[2], "mine", times.clone())
        .await
        .is_problem(409, "too-many-reservations");
    reserve(&owner, "r3", &panel.outlets[0], "other", times.clone())
        .await
        .is_problem(409, "outlet-reserved");
    answer(
        owner
            .request(Method::PUT, "/v1/drivers/mine")
            .header("if-match", "*")
            .json(&json!({})),
    )
    .await
    .expect(201);
    let gone = owner.delete("/v1/drivers/mine").await;
    assert_eq!(gone.status.as_u16(), 204);
    reserve(&owner, "r4", &panel.outlets[0], "other", times)
        .await
        .expect(201);
    world.stop().await;
}

#[tokio::test]
async fn reservations_that_cannot_be_are_pointed_at() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    for (times, pointer) in [
        (json!({}), "/until"),
        (json!({ "until": ahead(&world, -1) }), "/until"),
        (json!({ "until": ahead(&world, 90_000) }), "/until"),
        (
            json!({ "from": ahead(&world, -120), "until": ahead(&world, 60) }),
            "/from",
        ),
        (
            json!({ "from": ahead(&world, 700_000), "until": ahead(&world, 700_060) }),
            "/from",
        ),
        (
            json!({ "until": ahead(&world, 60), "no_show_after_s": 5 }),
            "/no_show_after_s",
        ),
        (json!({ "until": ahead(&world, 60), "colour": 5 }), "/colour"),
    ] {
        let refused = reserve(&owner, "r", &panel.outlets[0], "mine", times).await;
        refused.is_problem(422, "invalid-request");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{}", refused.body);
    }
    let blocked = owner
        .request(Method::PUT, "/v1/drivers/mine")
        .json(&json!({ "blocked": true }));
    answer(blocked).await.expect(201);
    let times = json!({ "until": ahead(&world, 60) });
    reserve(&owner, "r", &panel.outlets[0], "mine", times)
        .await
        .is_problem(409, "driver-blocked");
    world.stop().await;
}

#[tokio::test]
async fn a_tenant_reserves_and_sees_its_own_alone() {
    let world = World::start().await;
    let (owner, stranger) = (world.owner(), world.caller("t2", ALL_SCOPES));
    let panel = owner.panel(1).await;
    let times = json!({ "until": ahead(&world, 3_600) });
    reserve(&stranger, "r", &panel.outlets[0], "mine", times.clone())
        .await
        .is_problem(404, "not-found");
    let made = reserve(&owner, "r", &panel.outlets[0], "mine", times)
        .await
        .expect(201);
    let path = format!("/v1/reservations/{}", made["id"].as_str().unwrap());
    stranger.get(&path).await.is_problem(404, "not-found");
    stranger.delete(&path).await.is_problem(404, "not-found");
    assert_eq!(
        stranger.get("/v1/reservations").await.expect(200)["data"],
        json!([])
    );
    assert_eq!(owner.get(&path).await.expect(200)["state"], "active");
    world.stop().await;
}
