//! What all resources have in common: tags, edits that lose nobody's change, quotas.

use std::num::NonZeroU32;

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{ALL_SCOPES, Answer, World, answer};

#[tokio::test]
async fn every_single_thing_has_a_tag_and_is_not_sent_again_while_it_is_the_same() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let started = owner.start_session(&panel.outlets[0], "k").await.expect(202);
    let endpoint = json!({ "url": "http://127.0.0.1:9/" });
    let endpoint = owner.post("/v1/webhook-endpoints", &endpoint).await.expect(201);
    let id = |thing: &Value| thing["id"].as_str().unwrap().to_owned();
    let code = panel.controller["outlets"][0]["public_code"].as_str().unwrap();
    let circuit = panel.controller["outlets"][0]["circuit_id"].as_str().unwrap();
    for path in [
        format!("/v1/sites/{}", panel.site_id),
        format!("/v1/circuits/{circuit}"),
        format!("/v1/controllers/{}", id(&panel.controller)),
        format!("/v1/outlets/{}", panel.outlets[0]),
        format!("/v1/outlet-codes/{code}"),
        format!("/v1/sessions/{}", id(&started["session"])),
        format!("/v1/commands/{}", id(&started["command"])),
        format!("/v1/webhook-endpoints/{}", id(&endpoint)),
        "/openapi.json".to_owned(),
    ] {
        let shown = owner.get(&path).await;
        let tag = shown.header("etag").to_owned();
        assert!(tag.starts_with('"') && tag.len() > 10, "{path}: {tag}");
        let again = owner
            .request(Method::GET, &path)
            .header("if-none-match", format!("\"x\", {tag}"));
        let again = answer(again).await;
        assert_eq!(
            (again.status.as_u16(), again.header("etag")),
            (304, &*tag),
            "{path}"
        );
        assert_eq!(again.body, "", "{path}");
    }
    world.stop().await;
}

#[tokio::test]
async fn an_edit_names_what_it_was_made_for_and_the_second_of_two_is_refused() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    for (path, change) in [
        (
            format!("/v1/sites/{}", panel.site_id),
            json!({ "energy_yen_per_kwh": 31 }),
        ),
        (
            format!("/v1/outlets/{}", panel.outlets[0]),
            json!({ "name": "A" }),
        ),
        (
            format!("/v1/controllers/{}", panel.controller["id"].as_str().unwrap()),
            json!({ "name": "Panel 1, basement" }),
        ),
        (
            format!(
                "/v1/circuits/{}",
                panel.controller["outlets"][0]["circuit_id"].as_str().unwrap()
            ),
            json!({ "limit_ma": 10_000 }),
        ),
    ] {
        let bare = answer(owner.request(Method::PATCH, &path).json(&change)).await;
        bare.is_problem(428, "if-match-missing");
        let seen = owner.get(&path).await;
        let first = owner.patch_if(seen.header("etag"), &path, &change).await;
        let second = owner.patch_if(seen.header("etag"), &path, &change).await;
        second.is_problem(412, "changed-meanwhile");
        let third = owner.patch_if(first.header("etag"), &path, &change).await;
        assert_eq!(third.status, 200, "{}", third.body);
        let shown = owner.get(&path).await;
        assert_eq!(shown.header("etag"), third.header("etag"), "{path}");
        assert_eq!(shown.body, third.body);
        let weak = format!("W/{}", third.header("etag"));
        owner
            .patch_if(&weak, &path, &change)
            .await
            .is_problem(412, "changed-meanwhile");
    }
    world.stop().await;
}

#[tokio::test]
async fn what_is_measured_meanwhile_makes_no_edit_stale() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let path = format!("/v1/outlets/{}", panel.outlets[0]);
    let seen = owner.get(&path).await;
    world.sql("UPDATE outlet_current SET power_w = 2900");
    let measured = owner.get(&path).await;
    assert_ne!(seen.header("etag"), measured.header("etag"));
    let change = json!({ "name": "B" });
    let changed = owner.patch_if(seen.header("etag"), &path, &change).await;
    assert_eq!(changed.expect(200)["power_w"], 2900);
    world.stop().await;
}

#[tokio::test]
async fn a_webhook_endpoint_is_deleted_as_it_was_seen() {
    let world = World::start().await;
    let owner = world.owner();
    let endpoint = json!({ "url": "http://127.0.0.1:9/" });
    let endpoint = owner.post("/v1/webhook-endpoints", &endpoint).await.expect(201);
    let path = format!("/v1/webhook-endpoints/{}", endpoint["id"].as_str().unwrap());
    let seen = owner.get(&path).await;
    let delete = |tag: &str| answer(owner.request(Method::DELETE, &path).header("if-match", tag));
    delete("\"0.x\"").await.is_problem(412, "changed-meanwhile");
    let unquoted = delete("0.x").await;
    unquoted.is_problem(412, "changed-meanwhile");
    assert!(
        unquoted.body["detail"]
            .as_str()
            .unwrap()
            .contains("with its quotes")
    );
    assert_eq!(delete(seen.header("etag")).await.status, 204);
    world.stop().await;
}

#[tokio::test]
async fn every_operation_that_edits_wants_to_know_what() {
    let world = World::start().await;
    let owner = world.caller("t1", &format!("{ALL_SCOPES} tenants:write"));
    let document = event_server::openapi_document();
    let mut edits = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["patch", "delete"] {
            if item.get(method).is_none() {
                continue;
            }
            edits += 1;
            let path = path.replace("{id}", "x").replace("{code}", "x");
            let request = owner.request(method.to_uppercase().parse().unwrap(), &path);
            answer(request.json(&json!({})))
                .await
                .is_problem(428, "if-match-missing");
        }
    }
    assert!(edits >= 3, "{edits}");
    world.stop().await;
}

#[tokio::test]
async fn whoever_acts_is_told_how_often_he_still_may() {
    let (one, three) = (NonZeroU32::MIN, NonZeroU32::new(3).unwrap());
    let world = World::start_with(|config| {
        config.limits.acting_per_second = one;
        config.limits.acting_burst = three;
    })
    .await;
    let owner = world.owner();
    let stop = |key: &'static str| owner.act("/v1/sessions/ses_x/stop", key, &Value::Null);
    let first = stop("k1").await;
    first.is_problem(404, "not-found");
    let policies = "\"tenant\";q=1000;w=2, \"acting\";q=3;w=3";
    assert_eq!(first.header("ratelimit-policy"), policies);
    let left = |answer: &Answer| answer.header("ratelimit").to_owned();
    assert!(left(&first).ends_with(", \"acting\";r=2;t=1"), "{}", left(&first));
    let refused = loop {
        let answer = stop("k2").await;
        if answer.status == 429 {
            break answer;
        }
    };
    let spent = left(&refused);
    assert!(spent.ends_with(", \"acting\";r=0;t=3"), "{spent}");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    let read = owner.get("/v1/sites").await;
    assert!(!left(&read).contains("acting"), "{}", left(&read));
    read.expect(200);
    world.stop().await;
}

#[tokio::test]
async fn meta_tells_a_caller_what_he_may_have() {
    let world = World::start().await;
    let caller = world.caller("t1", "sites:read");
    let meta = caller.get("/v1/meta").await.expect(200);
    assert_eq!(
        (&meta["api"], &meta["tenant_id"]),
        (&json!("v1"), &json!("t1")),
        "{meta}"
    );
    let acting = json!({ "policy": "acting", "requests": 100, "window_s": 2 });
    assert_eq!(meta["quotas"][0], acting);
    assert_eq!(
        (&meta["limits"]["page_most"], &meta["limits"]["events_kept_s"]),
        (&json!(200), &json!(2_592_000))
    );
    let time: jiff::Timestamp = meta["time"].as_str().unwrap().parse().unwrap();
    let behind_us = world.clock.now_us() - time.as_microsecond();
    assert!((0..10_000_000).contains(&behind_us), "{time}");
    let nobody = answer(world.http.get(world.url("/v1/meta"))).await;
    nobody.is_problem(401, "missing-token");
    world.stop().await;
}
