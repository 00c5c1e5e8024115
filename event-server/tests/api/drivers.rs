//! Drivers: written down, changed, listed, deleted; and who is let in.

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{ALL_SCOPES, Answer, Caller, World, answer};

async fn put(caller: &Caller<'_>, id: &str, body: Value) -> Answer {
    answer(
        caller
            .request(Method::PUT, &format!("/v1/drivers/{id}"))
            .json(&body),
    )
    .await
}

/// The same for one that is there already.
async fn replace(caller: &Caller<'_>, id: &str, body: Value) -> Answer {
    let request = caller.request(Method::PUT, &format!("/v1/drivers/{id}"));
    answer(request.header("if-match", "*").json(&body)).await
}

async fn start(owner: &Caller<'_>, outlet_id: &str, driver_id: &str, key: &str) -> Answer {
    let body = json!({ "outlet_id": outlet_id, "driver_id": driver_id, "limits": { "duration_s": 600 } });
    owner.act("/v1/sessions", key, &body).await
}

#[tokio::test]
async fn a_driver_is_written_whole_changed_in_part_listed_and_deleted() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let whole =
        json!({ "name": "山田", "unit": "204", "sites": [panel.site_id], "outlets": [panel.outlets[0]] });
    let made = put(&owner, "resident%2F204%C3%A9", whole).await;
    assert_eq!(made.header("location"), "/v1/drivers/resident%2F204%C3%A9");
    let made = made.expect(201);
    assert_eq!(
        (&made["id"], &made["blocked"], &made["valid_until"]),
        (&json!("resident/204é"), &json!(false), &Value::Null)
    );
    let path = "/v1/drivers/resident%2F204%C3%A9";
    let shown = owner.get(path).await;
    assert!(!shown.header("etag").is_empty());
    assert_eq!(shown.expect(200), made);
    let changed = owner
        .patch(path, &json!({ "blocked": true, "name": null }))
        .await
        .expect(200);
    assert_eq!(
        (&changed["blocked"], &changed["name"], &changed["unit"]),
        (&json!(true), &Value::Null, &json!("204"))
    );
    put(&owner, "resident%2F204%C3%A9", json!({}))
        .await
        .is_problem(428, "if-match-missing");
    let again = replace(&owner, "resident%2F204%C3%A9", json!({}))
        .await
        .expect(200);
    assert_eq!(
        (&again["unit"], &again["sites"], &again["created_at"]),
        (&Value::Null, &json!([]), &made["created_at"])
    );
    put(&owner, "b", json!({ "unit": "9" })).await.expect(201);
    put(&owner, "c", json!({ "unit": "9" })).await.expect(201);
    let page = owner.get("/v1/drivers?unit=9&limit=1").await.expect(200);
    assert_eq!(
        (page["data"].as_array().unwrap().len(), &page["data"][0]["id"]),
        (1, &json!("b"))
    );
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = owner
        .get(&format!("/v1/drivers?unit=9&cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(
        (&rest["data"][0]["id"], &rest["next_cursor"]),
        (&json!("c"), &Value::Null)
    );
    let deleted = owner.delete(path).await;
    assert_eq!(deleted.status.as_u16(), 204);
    owner.get(path).await.is_problem(404, "not-found");
    world.stop().await;
}

#[tokio::test]
async fn a_listed_site_lets_in_only_who_has_a_right_and_a_refusal_has_no_consequence() {
    let world = World::start().await;
    let owner = world.owner();
    let (panel, other) = (owner.panel(3).await, owner.panel(1).await);
    let site = format!("/v1/sites/{}", panel.site_id);
    assert_eq!(owner.get(&site).await.expect(200)["drivers"], "open");
    let listed = owner
        .patch(&site, &json!({ "drivers": "listed" }))
        .await
        .expect(200);
    assert_eq!(listed["drivers"], "listed");
    put(
        &owner,
        "of-site",
        json!({ "unit": "204", "sites": [panel.site_id] }),
    )
    .await
    .expect(201);
    put(&owner, "of-outlet", json!({ "outlets": [panel.outlets[1]] }))
        .await
        .expect(201);
    put(&owner, "elsewhere", json!({ "sites": [other.site_id] }))
        .await
        .expect(201);
    for (driver, outlet, key) in [
        ("nobody", &panel.outlets[0], "a"),
        ("elsewhere", &panel.outlets[0], "b"),
        ("of-outlet", &panel.outlets[0], "c"),
    ] {
        let refused = start(&owner, outlet, driver, key).await;
        refused.is_problem(409, "driver-not-allowed");
    }
    let code = panel.controller["outlets"][0]["public_code"].as_str().unwrap();
    for (driver, may) in [("nobody", false), ("of-outlet", false), ("of-site", true)] {
        let path = format!("/v1/outlet-codes/{code}?driver_id={driver}");
        let answer = &owner.get(&path).await.expect(200)["driver"];
        assert_eq!(
            (&answer["may_start"], answer["reason"].is_null()),
            (&json!(may), may)
        );
    }
    let nothing = owner.get("/v1/sessions").await.expect(200);
    assert_eq!(nothing["data"], json!([]));
    assert_eq!(owner.get("/v1/events").await.expect(200)["data"], json!([]));
    let started = start(&owner, &panel.outlets[0], "of-site", "d").await.expect(202);
    assert_eq!(started["session"]["unit"], "204");
    start(&owner, &panel.outlets[1], "of-outlet", "e")
        .await
        .expect(202);
    let open = start(&owner, &other.outlets[0], "nobody", "f").await.expect(202);
    assert_eq!(open["session"]["unit"], Value::Null);
    world.stop().await;
}

#[tokio::test]
async fn who_is_blocked_or_no_longer_valid_starts_nothing_anywhere() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    for (body, code) in [
        (json!({ "blocked": true }), "driver-blocked"),
        (
            json!({ "valid_until": "2020-01-01T00:00:00Z" }),
            "driver-not-allowed",
        ),
        (
            json!({ "valid_from": "2999-01-01T00:00:00Z" }),
            "driver-not-allowed",
        ),
    ] {
        replace(&owner, "d", body).await;
        start(&owner, &panel.outlets[0], "d", "k")
            .await
            .is_problem(409, code);
    }
    owner
        .patch("/v1/drivers/d", &json!({ "valid_from": null }))
        .await
        .expect(200);
    start(&owner, &panel.outlets[0], "d", "k").await.expect(202);
    world.stop().await;
}

#[tokio::test]
async fn a_deleted_drivers_sessions_stay_under_the_id_and_the_unit_that_they_are_billed_by() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    put(&owner, "d", json!({ "name": "山田", "unit": "204" }))
        .await
        .expect(201);
    let started = start(&owner, &panel.outlets[0], "d", "k").await.expect(202);
    owner.delete("/v1/drivers/d").await;
    let session = owner
        .get(&format!(
            "/v1/sessions/{}",
            started["session"]["id"].as_str().unwrap()
        ))
        .await
        .expect(200);
    assert_eq!(
        (&session["driver_id"], &session["unit"]),
        (&json!("d"), &json!("204"))
    );
    assert!(!owner.get("/v1/events").await.body.to_string().contains("山田"));
    owner.delete("/v1/drivers/d").await.is_problem(404, "not-found");
    world.stop().await;
}

#[tokio::test]
async fn a_tenant_sees_and_names_its_own_drivers_and_places_alone() {
    let world = World::start().await;
    let (owner, stranger) = (world.owner(), world.caller("t2", ALL_SCOPES));
    let panel = owner.panel(1).await;
    put(&owner, "d", json!({ "unit": "204" })).await.expect(201);
    stranger.get("/v1/drivers/d").await.is_problem(404, "not-found");
    stranger
        .patch("/v1/drivers/d", &json!({ "blocked": true }))
        .await
        .is_problem(404, "not-found");
    stranger
        .delete("/v1/drivers/d")
        .await
        .is_problem(404, "not-found");
    assert_eq!(stranger.get("/v1/drivers").await.expect(200)["data"], json!([]));
    for (member, id) in [("sites", &panel.site_id), ("outlets", &panel.outlets[0])] {
        let refused = put(&stranger, "d", json!({ member: [id] })).await;
        refused.is_problem(422, "invalid-request");
        assert_eq!(refused.body["errors"][0]["pointer"], format!("/{member}/0"));
    }
    // The same name at another tenant is another driver.
    put(&stranger, "d", json!({ "blocked": true })).await.expect(201);
    start(&owner, &panel.outlets[0], "d", "k").await.expect(202);
    let reader = world.caller("t1", "sites:read sessions:write");
    put(&reader, "d", json!({}))
        .await
        .is_problem(403, "insufficient-scope");
    world.stop().await;
}

#[tokio::test]
async fn drivers_that_cannot_be_are_pointed_at() {
    let world = World::start().await;
    let owner = world.owner();
    let many: Vec<String> = (0..101).map(|n| format!("sit_{n}")).collect();
    for (id, body, pointer) in [
        ("d", json!({ "unit": " " }), "/unit"),
        ("d", json!({ "sites": many }), "/sites"),
        ("d", json!({ "sites": ["sit_unknown"] }), "/sites/0"),
        ("d", json!({ "colour": 1 }), "/colour"),
        ("d", json!([]), ""),
        (
            "d",
            json!({ "valid_from": "2026-01-02T00:00:00Z", "valid_until": "2026-01-02T00:00:00Z" }),
            "/valid_until",
        ),
        ("a%20b", json!({}), ""),
        (&"x".repeat(65), json!({}), ""),
    ] {
        let refused = put(&owner, id, body).await;
        refused.is_problem(422, "invalid-request");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{}", refused.body);
    }
    world.stop().await;
}

#[tokio::test]
async fn of_two_edits_of_a_driver_that_were_made_for_the_same_state_the_second_is_refused() {
    let world = World::start().await;
    let owner = world.owner();
    let path = "/v1/drivers/d";
    let put_if = async |tag: &str| {
        let request = owner.request(Method::PUT, path).header("if-match", tag);
        answer(request.json(&json!({ "unit": "9" }))).await
    };
    put_if("\"0.x\"").await.is_problem(412, "changed-meanwhile");
    let made = put_if("*").await;
    assert_eq!(made.status.as_u16(), 201);
    let tag = made.header("etag").to_owned();
    let first = owner.patch_if(&tag, path, &json!({ "blocked": true })).await;
    assert_eq!(first.status.as_u16(), 200);
    put_if(&tag).await.is_problem(412, "changed-meanwhile");
    let gone = owner.request(Method::DELETE, path).header("if-match", &tag);
    answer(gone).await.is_problem(412, "changed-meanwhile");
    assert_eq!(put_if(first.header("etag")).await.status.as_u16(), 200);
    world.stop().await;
}
