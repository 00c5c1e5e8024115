//! Codes of labels: what they lead to, and that an old one leads nowhere.

use std::num::NonZeroU32;

use serde_json::{Value, json};

use crate::world::{ALL_SCOPES, Answer, World, answer};

fn without_request_id(answer: Answer) -> (u16, Value) {
    let mut body = answer.body;
    body.as_object_mut().unwrap().remove("request_id");
    (answer.status.as_u16(), body)
}

#[tokio::test]
async fn a_scanned_code_leads_to_outlet_site_price_and_what_the_driver_may() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let site =
        json!({ "energy_yen_per_kwh": 31, "address": "東京都港区", "postal_address": { "city": "港区" } });
    owner
        .patch(&format!("/v1/sites/{}", panel.site_id), &site)
        .await
        .expect(200);
    let code = panel.controller["outlets"][0]["public_code"].as_str().unwrap();
    let upper = code.to_uppercase();
    let typed = format!("{}-{}%20{}", &upper[..3], &upper[3..6], &upper[6..]);
    for code in [code, &upper, &typed] {
        let scanned = owner.get(&format!("/v1/outlet-codes/{code}")).await.expect(200);
        assert_eq!(
            (&scanned["id"], &scanned["site_id"], &scanned["state"]),
            (
                &json!(panel.outlets[0]),
                &json!(panel.site_id),
                &json!("available")
            )
        );
        assert_eq!(
            scanned["site"],
            json!({ "name": "駐車場", "address": "東京都港区", "time_zone": "Asia/Tokyo",
                "postal_address": { "city": "港区", "lines": [] } })
        );
        assert_eq!(scanned["terms"]["energy_milliyen_per_kwh"], 31_000);
        assert!(scanned.get("driver").is_none());
    }
    let path = format!("/v1/outlet-codes/{code}?driver_id=d-7");
    let scanned = owner.get(&path).await.expect(200);
    assert_eq!(
        scanned["driver"],
        json!({ "driver_id": "d-7", "may_start": true, "reason": null })
    );
    world.stop().await;
}

#[tokio::test]
async fn a_rotated_code_is_told_and_the_old_one_answers_like_any_that_nobody_has() {
    let world = World::start().await;
    let (owner, stranger) = (world.owner(), world.caller("t2", ALL_SCOPES));
    let panel = owner.panel(1).await;
    let old = panel.controller["outlets"][0]["public_code"]
        .as_str()
        .unwrap()
        .to_owned();
    let other = stranger.panel(1).await;
    let path = format!("/v1/outlets/{}/code-rotations", panel.outlets[0]);
    let made = owner.act(&path, "k1", &Value::Null).await;
    let made = made.expect(201);
    let new = made["public_code"].as_str().unwrap();
    assert_ne!(new, old);
    assert_eq!(made["url"], world.url(&format!("/o/{new}")));
    assert_eq!(
        made["shown"].as_str().unwrap().replace('-', ""),
        new.to_uppercase()
    );
    let again = owner.act(&path, "k1", &Value::Null).await;
    assert_eq!(
        (again.header("idempotency-replayed"), &again.body),
        ("true", &made)
    );
    let scanned = owner.get(&format!("/v1/outlet-codes/{new}")).await.expect(200);
    assert_eq!(
        (&scanned["id"], &scanned["public_code_since"]),
        (&json!(panel.outlets[0]), &made["public_code_since"])
    );
    let theirs = other.controller["outlets"][0]["public_code"].as_str().unwrap();
    let unknown = without_request_id(owner.get("/v1/outlet-codes/222222222").await);
    assert_eq!(unknown.0, 404);
    for code in [old.as_str(), theirs, "22222222", "22222222f", "mistyped", "盤"] {
        let answer = owner.get(&format!("/v1/outlet-codes/{code}")).await;
        assert_eq!(without_request_id(answer), unknown, "{code}");
    }
    let page = |code: String| answer(world.http.get(world.url(&format!("/o/{code}?lang=en"))));
    let (gone, never) = (page(old.clone()).await, page("222222222".to_owned()).await);
    assert_eq!((gone.status, gone.body), (never.status, never.body));
    assert_eq!(page(new.to_owned()).await.status, 200);
    let events = owner
        .get("/v1/events?types=outlet.code_rotated")
        .await
        .expect(200);
    assert_eq!(events["data"].as_array().unwrap().len(), 1);
    assert_eq!(
        (
            &events["data"][0]["outlet_id"],
            &events["data"][0]["data"]["public_code"]
        ),
        (&json!(panel.outlets[0]), &json!(new))
    );
    stranger
        .act(&path, "k1", &Value::Null)
        .await
        .is_problem(404, "not-found");
    world.stop().await;
}

#[tokio::test]
async fn codes_can_be_tried_only_so_often() {
    let world = World::start_with(|config| {
        config.limits.scanning_per_second = NonZeroU32::MIN;
        config.limits.scanning_burst = NonZeroU32::new(3).unwrap();
    })
    .await;
    let owner = world.owner();
    let first = owner.get("/v1/outlet-codes/222222222").await;
    first.is_problem(404, "not-found");
    let policies = "\"tenant\";q=1000;w=2, \"scanning\";q=3;w=3";
    assert_eq!(first.header("ratelimit-policy"), policies);
    let page = |path: &'static str| answer(world.http.get(world.url(path)));
    let mut refused = 0;
    while refused < 2 {
        refused = [
            owner.get("/v1/outlet-codes/222222222").await,
            page("/o/222222222").await,
        ]
        .iter()
        .filter(|answer| answer.status == 429)
        .count();
    }
    owner.get("/v1/sites").await.expect(200);
    world.stop().await;
}
