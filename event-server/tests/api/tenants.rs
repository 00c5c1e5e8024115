//! A caller sees and touches only its tenant's objects; others answer as if they did not exist.

use serde_json::json;

use crate::world::{ALL_SCOPES, World};

#[tokio::test]
async fn whatever_is_another_tenants_is_not_found() {
    let world = World::start().await;
    let (owner, stranger) = (world.owner(), world.caller("t2", ALL_SCOPES));
    let panel = owner.panel(1).await;
    let outlet = &panel.outlets[0];
    let started = owner.start_session(outlet, "k1").await.expect(202);
    let endpoint = json!({ "url": "http://127.0.0.1:9/" });
    let endpoint = owner.post("/v1/webhook-endpoints", &endpoint).await.expect(201);
    let (session, command) = (
        started["session"]["id"].as_str().unwrap(),
        started["command"]["id"].as_str().unwrap(),
    );
    let endpoint = endpoint["id"].as_str().unwrap();
    let code = panel.controller["outlets"][0]["public_code"].as_str().unwrap();
    for path in [
        format!("/v1/sites/{}", panel.site_id),
        format!("/v1/controllers/{}", panel.controller["id"].as_str().unwrap()),
        format!("/v1/outlets/{outlet}"),
        format!("/v1/outlet-codes/{code}"),
        format!("/v1/sessions/{session}"),
        format!("/v1/commands/{command}"),
        format!("/v1/webhook-endpoints/{endpoint}"),
        format!("/v1/webhook-endpoints/{endpoint}/deliveries"),
    ] {
        owner.get(&path).await.expect(200);
        stranger.get(&path).await.is_problem(404, "not-found");
    }
    for path in [
        format!("/v1/sessions/{session}/stop"),
        format!("/v1/outlets/{outlet}/status-requests"),
        format!("/v1/outlets/{outlet}/fault-clearings"),
        format!("/v1/webhook-endpoints/{endpoint}/test"),
    ] {
        stranger
            .act(&path, &path, &json!({}))
            .await
            .is_problem(404, "not-found");
    }
    stranger
        .start_session(outlet, "s")
        .await
        .is_problem(404, "not-found");
    let path = format!("/v1/webhook-endpoints/{endpoint}");
    stranger.delete(&path).await.is_problem(404, "not-found");
    let path = format!("/v1/outlets/{outlet}");
    let patched = stranger.patch(&path, &json!({ "name": "mine" })).await;
    patched.is_problem(404, "not-found");
    let foreign_site = json!({ "site_id": panel.site_id, "name": "x", "outlets": [{ "name": "1" }] });
    stranger
        .post("/v1/controllers", &foreign_site)
        .await
        .is_problem(422, "invalid-request");
    world.stop().await;
}

#[tokio::test]
async fn what_was_sent_and_how_is_nobody_elses_business() {
    let world = World::start().await;
    let (owner, stranger) = (world.owner(), world.caller("t2", ALL_SCOPES));
    let endpoint = json!({ "url": "http://127.0.0.1:9/" });
    let endpoint = owner.post("/v1/webhook-endpoints", &endpoint).await.expect(201);
    let path = format!("/v1/webhook-endpoints/{}", endpoint["id"].as_str().unwrap());
    owner.post(&format!("{path}/test"), &json!({})).await.expect(201);
    let all = owner.get(&format!("{path}/deliveries")).await.expect(200);
    let delivery = format!("/v1/deliveries/{}", all["data"][0]["id"].as_str().unwrap());
    for path in [delivery.clone(), format!("{delivery}/attempts")] {
        owner.get(&path).await.expect(200);
        stranger.get(&path).await.is_problem(404, "not-found");
    }
    let nothing = json!({});
    for (path, body) in [
        (format!("{delivery}/resends"), &nothing),
        (format!("{path}/secret-rotations"), &nothing),
        (
            format!("{path}/replays"),
            &json!({ "since": "2026-01-01T00:00:00Z" }),
        ),
    ] {
        stranger.post(&path, body).await.is_problem(404, "not-found");
    }
    let patched = stranger.patch(&path, &json!({ "enabled": false })).await;
    patched.is_problem(404, "not-found");
    world.stop().await;
}

#[tokio::test]
async fn lists_hold_the_callers_own_alone() {
    let world = World::start().await;
    let (owner, stranger) = (world.owner(), world.caller("t2", ALL_SCOPES));
    let panel = owner.panel(2).await;
    owner.start_session(&panel.outlets[0], "k1").await.expect(202);
    world.clock.advance(std::time::Duration::from_secs(31));
    crate::world::eventually(|| async {
        let events = owner.get("/v1/events").await.expect(200);
        events["data"].get(0).cloned()
    })
    .await;
    let site_filter = format!("/v1/outlets?site_id={}", panel.site_id);
    for path in [
        "/v1/sites",
        "/v1/controllers",
        "/v1/outlets",
        "/v1/sessions",
        "/v1/events",
        &site_filter,
    ] {
        let seen = stranger.get(path).await.expect(200);
        assert_eq!(seen["data"], json!([]), "{path}");
    }
    world.stop().await;
}

#[tokio::test]
async fn one_key_of_two_clients_names_two_requests() {
    let world = World::start().await;
    let (owner, other) = (world.owner(), world.caller("t2", ALL_SCOPES));
    let (mine, theirs) = (owner.panel(1).await, other.panel(1).await);
    let one = owner.start_session(&mine.outlets[0], "k").await.expect(202);
    let two = other.start_session(&theirs.outlets[0], "k").await.expect(202);
    assert_ne!(one["session"]["id"], two["session"]["id"]);
    world.stop().await;
}

const OPERATOR: &str = "tenants:read tenants:write audit:read sites:write";

#[tokio::test]
async fn whoever_runs_the_server_writes_tenants_down_and_they_see_themselves_alone() {
    let world = World::start().await;
    let operator = world.caller("host", OPERATOR);
    let new = json!({ "id": "t1", "name": "みどり管理", "contact": "ev@midori.example.com", "default_time_zone": "Europe/Berlin" });
    let made = operator.act("/v1/tenants", "k", &new).await;
    assert_eq!(made.header("location"), "/v1/tenants/t1");
    let tag = made.header("etag").to_owned();
    let made = made.expect(201);
    let again = operator.act("/v1/tenants", "k", &new).await;
    assert_eq!(
        (again.header("idempotency-replayed"), &again.body),
        ("true", &made)
    );
    operator
        .post("/v1/tenants", &new)
        .await
        .is_problem(409, "tenant-id-taken");
    let other = operator.post("/v1/tenants", &json!({ "name": "other" })).await;
    let other = other.expect(201);
    assert!(other["id"].as_str().unwrap().starts_with("ten_"), "{other}");
    let all = operator.get("/v1/tenants").await.expect(200);
    assert_eq!(all["data"], json!([made, other]));
    let (owner, unknown) = (world.owner(), world.caller("t3", ALL_SCOPES));
    assert_eq!(owner.get("/v1/tenant").await.expect(200), made);
    unknown.get("/v1/tenant").await.is_problem(404, "not-found");
    let site = owner
        .post("/v1/sites", &json!({ "name": "Hof" }))
        .await
        .expect(201);
    assert_eq!(site["time_zone"], "Europe/Berlin");
    let site = unknown
        .post("/v1/sites", &json!({ "name": "庭" }))
        .await
        .expect(201);
    assert_eq!(site["time_zone"], "Asia/Tokyo");
    let path = "/v1/tenants/t1";
    let change = json!({ "contact": null, "name": "みどり" });
    let changed = operator.patch_if(&tag, path, &change).await.expect(200);
    assert_eq!(
        (&changed["contact"], &changed["name"]),
        (&json!(null), &json!("みどり"))
    );
    operator
        .patch_if(&tag, path, &change)
        .await
        .is_problem(412, "changed-meanwhile");
    for caller in [&owner, &unknown] {
        for path in ["/v1/tenants", path] {
            caller.get(path).await.is_problem(403, "insufficient-scope");
        }
        let refused = caller.patch(path, &change).await;
        refused.is_problem(403, "insufficient-scope");
        let refused = caller.post("/v1/tenants", &new).await;
        refused.is_problem(403, "insufficient-scope");
    }
    let log = operator.get("/v1/audit-entries?resource=/v1/tenants/t1").await;
    let log = log.expect(200)["data"].clone();
    assert_eq!(log[0]["action"], "PATCH /v1/tenants/{id}");
    assert_eq!(log[1]["action"], "POST /v1/tenants");
    world.stop().await;
}

#[tokio::test]
async fn a_tenant_that_cannot_be_is_refused_with_its_place() {
    let world = World::start().await;
    let operator = world.caller("host", OPERATOR);
    for (bad, pointer) in [
        (json!({ "name": " " }), "/name"),
        (json!({ "name": "x", "id": "a b" }), "/id"),
        (
            json!({ "name": "x", "default_time_zone": "Nowhere" }),
            "/default_time_zone",
        ),
        (json!({ "name": "x", "contact": "" }), "/contact"),
    ] {
        let refused = operator.post("/v1/tenants", &bad).await;
        refused.is_problem(422, "invalid-request");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{}", refused.body);
    }
    world.stop().await;
}
