//! Tariffs: versions that follow one another, what a session costs, and what it would.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{ALL_SCOPES, World, answer};

fn night() -> Value {
    json!({ "energy_milliyen_per_kwh": 31_500, "fixed_yen": 10, "bands": [
        { "name": "夜間", "from": "23:00", "to": "07:00", "energy_milliyen_per_kwh": 20_000 } ] })
}

#[tokio::test]
async fn versions_follow_one_another_and_none_is_changed() {
    let world = World::start().await;
    let owner = world.owner();
    let made = owner
        .post("/v1/tariffs", &json!({ "name": "標準", "terms": night() }))
        .await
        .expect(201);
    let path = format!("/v1/tariffs/{}", made["id"].as_str().unwrap());
    assert_eq!(
        (
            &made["currency"],
            &made["versions"][0]["terms"]["bands"][0]["name"]
        ),
        (&json!("JPY"), &json!("夜間"))
    );
    assert_eq!(owner.get(&path).await.expect(200), made);
    assert_eq!(owner.get("/v1/tariffs").await.expect(200)["data"], json!([made]));
    let versions = format!("{path}/versions");
    let next_year =
        json!({ "valid_from": "2099-01-01T00:00:00+09:00", "terms": { "energy_milliyen_per_kwh": 1 } });
    let two = owner.post(&versions, &next_year).await.expect(201);
    assert_eq!(two["versions"][0], made["versions"][0]);
    assert_eq!(two["versions"][1]["valid_from"], "2098-12-31T15:00:00.000Z");
    for valid_from in [
        json!("2020-01-01T00:00:00Z"),
        json!("2098-12-31T15:00:00Z"),
        json!("2050-01-01T00:00:00Z"),
        Value::Null,
    ] {
        let body = json!({ "valid_from": valid_from, "terms": night() });
        let refused = owner.post(&versions, &body).await;
        refused.is_problem(422, "invalid-request");
        assert_eq!(refused.body["errors"][0]["pointer"], "/valid_from");
    }
    for method in [Method::PATCH, Method::PUT, Method::DELETE] {
        answer(owner.request(method, &path))
            .await
            .is_problem(405, "method-not-allowed");
    }
    world.stop().await;
}

#[tokio::test]
async fn a_version_that_has_not_begun_is_withdrawn_and_no_other() {
    let world = World::start().await;
    let owner = world.owner();
    let made = owner
        .post("/v1/tariffs", &json!({ "name": "標準", "terms": night() }))
        .await
        .expect(201);
    let path = format!("/v1/tariffs/{}", made["id"].as_str().unwrap());
    let versions = format!("{path}/versions");
    let coming = json!({ "valid_from": "2098-12-15T00:00:00+09:00", "terms": night() });
    let two = owner.post(&versions, &coming).await.expect(201);
    let version = |place: usize| format!("{versions}/{}", two["versions"][place]["id"].as_str().unwrap());
    let delete = |path: &str, tag: &str| answer(owner.request(Method::DELETE, path).header("if-match", tag));
    delete(&version(0), "*").await.is_problem(409, "tariff-begun");
    let seen = owner.get(&path).await;
    delete(&version(1), "\"0.x\"")
        .await
        .is_problem(412, "changed-meanwhile");
    let left = delete(&version(1), seen.header("etag")).await.expect(200);
    assert_eq!(left["versions"], json!([two["versions"][0]]));
    delete(&version(1), "*").await.is_problem(404, "not-found");
    // Now an earlier one can be made.
    let sooner = json!({ "valid_from": "2050-01-01T00:00:00Z", "terms": night() });
    owner.post(&versions, &sooner).await.expect(201);
    world.stop().await;
}

#[tokio::test]
async fn a_session_keeps_the_version_that_it_started_with() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(2).await;
    let made = owner
        .post(
            "/v1/tariffs",
            &json!({ "name": "T", "terms": { "energy_milliyen_per_kwh": 31_000 } }),
        )
        .await
        .expect(201);
    let site = format!("/v1/sites/{}", panel.site_id);
    let changed = owner
        .patch(&site, &json!({ "tariff_id": made["id"] }))
        .await
        .expect(200);
    assert_eq!(changed["tariff_id"], made["id"]);
    let first = owner.start_session(&panel.outlets[0], "k1").await.expect(202)["session"].clone();
    assert_eq!(
        (&first["cost"]["yen"], &first["cost"]["tariff_version_id"]),
        (&json!(0), &made["versions"][0]["id"])
    );
    world.clock.advance(Duration::from_secs(1));
    let versions = format!("/v1/tariffs/{}/versions", made["id"].as_str().unwrap());
    let body = json!({ "terms": { "energy_milliyen_per_kwh": 62_000, "fixed_yen": 100 } });
    let two = owner.post(&versions, &body).await.expect(201);
    let shown = owner
        .get(&format!("/v1/sessions/{}", first["id"].as_str().unwrap()))
        .await
        .expect(200);
    assert_eq!(shown["cost"], first["cost"]);
    // The dearest price, after the fixed part, is what money buys.
    let limits = json!({ "outlet_id": panel.outlets[1], "driver_id": "d", "limits": { "cost_yen": 720 } });
    let second = owner.act("/v1/sessions", "k2", &limits).await.expect(202)["session"].clone();
    assert_eq!(second["cost"]["tariff_version_id"], two["versions"][1]["id"]);
    assert_eq!(second["limits"]["energy_wh"], 10_000);
    world.stop().await;
}

#[tokio::test]
async fn an_outlets_own_tariff_goes_before_its_sites() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let mut ids = Vec::new();
    for price in [31_000, 45_000] {
        let body = json!({ "name": "T", "terms": { "energy_milliyen_per_kwh": price } });
        ids.push(owner.post("/v1/tariffs", &body).await.expect(201)["id"].clone());
    }
    let site = format!("/v1/sites/{}", panel.site_id);
    owner
        .patch(&site, &json!({ "tariff_id": ids[0] }))
        .await
        .expect(200);
    let outlet = format!("/v1/outlets/{}", panel.outlets[0]);
    let changed = owner
        .patch(&outlet, &json!({ "tariff_id": ids[1] }))
        .await
        .expect(200);
    assert_eq!(changed["tariff_id"], ids[1]);
    let session = owner.start_session(&panel.outlets[0], "k").await.expect(202)["session"].clone();
    assert_eq!(session["cost"]["tariff_id"], ids[1]);
    let cleared = owner
        .patch(&outlet, &json!({ "tariff_id": null }))
        .await
        .expect(200);
    assert_eq!(cleared["tariff_id"], Value::Null);
    let refused = owner.patch(&outlet, &json!({ "tariff_id": "tar_none" })).await;
    refused.is_problem(422, "invalid-request");
    assert_eq!(refused.body["errors"][0]["pointer"], "/tariff_id");
    world.stop().await;
}

#[tokio::test]
async fn a_preview_prices_what_might_be_and_what_was() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let made = owner
        .post("/v1/tariffs", &json!({ "name": "T", "terms": night() }))
        .await
        .expect(201);
    let path = format!("/v1/tariffs/{}/previews", made["id"].as_str().unwrap());
    // 22:00 to 24:00 in Tokyo: half before the night, half in it.
    let registers = json!([{ "at": "2026-11-20T13:00:00Z", "register_wh": 500 }, { "at": "2026-11-20T15:00:00Z", "register_wh": 6_500 }]);
    let told = owner
        .post(&path, &json!({ "registers": registers }))
        .await
        .expect(200);
    assert_eq!(told["cost"]["energy_yen"], (3_000 * 315 + 3_000 * 200) / 10_000);
    assert_eq!(told["cost"]["yen"], 154 + 10);
    assert_eq!(
        told["energy"],
        json!([
            { "band": null, "energy_milliyen_per_kwh": 31_500, "energy_wh": 3_000 },
            { "band": "夜間", "energy_milliyen_per_kwh": 20_000, "energy_wh": 3_000 },
        ])
    );
    // The same by the readings of a session, the register read at the turn.
    let started = owner.start_session(&panel.outlets[0], "k").await.expect(202);
    let session_id = started["session"]["id"].as_str().unwrap();
    let us = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_microsecond();
    let (begin_us, end_us) = (us("2026-11-20T13:00:00Z"), us("2026-11-20T15:00:00Z"));
    world.sql(&format!(
        "UPDATE sessions SET state = 'ended', energized_at = {begin_us}, ended_at = {end_us}, energy_wh = 6000 \
         WHERE id = '{session_id}'"
    ));
    for (at, register_wh, moved_wh) in [
        ("2026-11-20T14:00:00Z", 1_500, 1_000),
        ("2026-11-20T15:00:00Z", 6_500, 5_000),
    ] {
        world.sql(&format!(
            "INSERT INTO readings (outlet_key, at, register_wh, moved_wh, account) SELECT outlet_key, {}, {register_wh}, \
             {moved_wh}, number FROM sessions WHERE id = '{session_id}'",
            us(at)
        ));
    }
    let told = owner
        .post(&path, &json!({ "session_id": session_id }))
        .await
        .expect(200);
    assert_eq!(told["cost"]["energy_yen"], (1_000 * 315 + 5_000 * 200) / 10_000);
    for body in [
        json!({}),
        json!({ "registers": [registers[0]] }),
        json!({ "registers": [registers[1], registers[0]] }),
        json!({ "registers": registers, "session_id": session_id }),
        json!({ "registers": registers, "time_zone": "Mars/Olympus" }),
        json!({ "registers": registers, "idle_minutes": -1 }),
        json!({ "session_id": "ses_none" }),
    ] {
        owner.post(&path, &body).await.is_problem(422, "invalid-request");
    }
    world.stop().await;
}

#[tokio::test]
async fn terms_that_cannot_be_are_pointed_at() {
    let world = World::start().await;
    let owner = world.owner();
    for (member, value, pointer) in [
        (
            "energy_milliyen_per_kwh",
            json!(-1),
            "/terms/energy_milliyen_per_kwh",
        ),
        (
            "energy_milliyen_per_kwh",
            json!(31.5),
            "/terms/energy_milliyen_per_kwh",
        ),
        ("fixed_yen", json!(2_000_000_000_i64), "/terms/fixed_yen"),
        ("holidays", json!(["2027-02-30"]), "/terms/holidays/0"),
        (
            "holidays",
            json!(["2027-01-01", "2027-01-01"]),
            "/terms/holidays/1",
        ),
        (
            "idle",
            json!({ "yen_per_minute": 1, "free_minutes": 1_441 }),
            "/terms/idle/free_minutes",
        ),
        (
            "bands",
            json!([{ "name": "b", "from": "9:00", "to": "10:00", "energy_milliyen_per_kwh": 1 }]),
            "/terms/bands/0/from",
        ),
        (
            "bands",
            json!([{ "name": "b", "from": "09:00", "to": "09:00", "energy_milliyen_per_kwh": 1 }]),
            "/terms/bands/0/to",
        ),
        (
            "bands",
            json!([{ "name": "", "from": "09:00", "to": "10:00", "energy_milliyen_per_kwh": 1 }]),
            "/terms/bands/0/name",
        ),
        ("per_hour", json!(1), "/terms/per_hour"),
        // Members in their order are no object.
        ("idle", json!([1, 2]), "/terms/idle"),
        ("bands", json!([["b", [], "09:00", "10:00", 1]]), "/terms/bands/0"),
    ] {
        let mut terms = json!({ "energy_milliyen_per_kwh": 1 });
        terms[member] = value;
        let refused = owner
            .post("/v1/tariffs", &json!({ "name": "T", "terms": terms }))
            .await;
        refused.is_problem(422, "invalid-request");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{}", refused.body);
    }
    world.stop().await;
}

#[tokio::test]
async fn others_neither_see_a_tariff_nor_use_it() {
    let world = World::start().await;
    let (owner, stranger) = (world.owner(), world.caller("t2", ALL_SCOPES));
    let made = owner
        .post("/v1/tariffs", &json!({ "name": "T", "terms": night() }))
        .await
        .expect(201);
    let path = format!("/v1/tariffs/{}", made["id"].as_str().unwrap());
    stranger.get(&path).await.is_problem(404, "not-found");
    let body = json!({ "terms": night() });
    stranger
        .post(&format!("{path}/versions"), &body)
        .await
        .is_problem(404, "not-found");
    let registers = json!([{ "at": "2026-11-20T13:00:00Z", "register_wh": 0 }, { "at": "2026-11-20T15:00:00Z", "register_wh": 1 }]);
    let body = json!({ "registers": registers });
    stranger
        .post(&format!("{path}/previews"), &body)
        .await
        .is_problem(404, "not-found");
    assert_eq!(stranger.get("/v1/tariffs").await.expect(200)["data"], json!([]));
    let theirs = stranger.panel(1).await;
    for path in [
        format!("/v1/sites/{}", theirs.site_id),
        format!("/v1/outlets/{}", theirs.outlets[0]),
    ] {
        let refused = stranger.patch(&path, &json!({ "tariff_id": made["id"] })).await;
        refused.is_problem(422, "invalid-request");
    }
    world.stop().await;
}
