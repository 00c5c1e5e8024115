//! Outlets: what they are rated for, whom they belong to, and whether they may be used.

use serde_json::{Value, json};

use crate::world::World;

#[tokio::test]
async fn an_outlet_keeps_what_it_is_given() {
    let world = World::start().await;
    let owner = world.owner();
    let site = owner.post("/v1/sites", &json!({ "name": "A" })).await.expect(201);
    let outlet = json!({ "name": "A-3", "unit": "203", "rated_a": 20, "rated_mv": 100_000,
        "meter_class": "verified", "meter_valid_until": "2033-03-31" });
    let body = json!({ "site_id": site["id"], "name": "P", "outlets": [outlet, { "name": "A-4" }] });
    let made = owner.post("/v1/controllers", &body).await.expect(201);
    for (member, value) in [
        ("unit", json!("203")),
        ("rated_mv", json!(100_000)),
        ("max_power_w", json!(2_400)),
        ("meter_class", json!("verified")),
        ("meter_valid_until", json!("2033-03-31")),
        ("enabled", json!(true)),
    ] {
        assert_eq!(made["outlets"][0][member], value, "{member}");
    }
    assert_eq!(
        (&made["outlets"][1]["rated_mv"], &made["outlets"][1]["unit"]),
        (&json!(200_000), &Value::Null)
    );
    let path = format!("/v1/outlets/{}", made["outlets"][0]["id"].as_str().unwrap());
    let change = json!({ "unit": null, "rated_ma": 16_000, "rated_mv": 200_000, "max_power_w": 3_900,
        "rise_threshold_ma": 1_500, "meter_class": "indicative", "meter_valid_until": null });
    let changed = owner.patch(&path, &change).await.expect(200);
    for (member, value) in change.as_object().unwrap() {
        assert_eq!(&changed[member], value, "{member}");
    }
    assert_eq!(owner.get(&path).await.expect(200), changed);
    owner
        .patch(&path, &json!({ "meter_valid_until": "2030-01-01" }))
        .await
        .expect(200);
    let without = owner
        .patch(&path, &json!({ "meter_class": null }))
        .await
        .expect(200);
    assert_eq!(without["meter_valid_until"], Value::Null);
    let of_unit = owner.get("/v1/outlets?unit=203").await.expect(200);
    assert_eq!(of_unit["data"], json!([]));
    world.stop().await;
}

#[tokio::test]
async fn faults_in_a_change_are_pointed_at() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let path = format!("/v1/outlets/{}", panel.outlets[0]);
    for (change, pointer) in [
        (json!({ "unit": "" }), "/unit"),
        (json!({ "rated_ma": 999 }), "/rated_ma"),
        (json!({ "rated_mv": 12_000 }), "/rated_mv"),
        (json!({ "max_power_w": 0 }), "/max_power_w"),
        (json!({ "meter_class": "good" }), "/meter_class"),
        (json!({ "meter_valid_until": "2033-03-31" }), "/meter_valid_until"),
        (
            json!({ "meter_class": "verified", "meter_valid_until": "31.3.2033" }),
            "/meter_valid_until",
        ),
        (json!({ "enabled": false }), "/disabled_reason"),
        (json!({ "disabled_reason": "x" }), "/disabled_reason"),
        (
            json!({ "enabled": true, "disabled_reason": "x" }),
            "/disabled_reason",
        ),
        (json!({ "circuit_id": "cir_unknown" }), "/circuit_id"),
        (json!({ "public_code": "mine" }), "/public_code"),
    ] {
        let refused = owner.patch(&path, &change).await;
        refused.is_problem(422, "invalid-request");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{}", refused.body);
    }
    world.stop().await;
}

#[tokio::test]
async fn a_disabled_outlet_takes_no_start_and_says_why_and_a_running_session_goes_on() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(2).await;
    owner.start_session(&panel.outlets[0], "k1").await.expect(202);
    let disable = json!({ "enabled": false, "disabled_reason": "床の工事" });
    for (outlet, state) in [(&panel.outlets[0], "starting"), (&panel.outlets[1], "disabled")] {
        let disabled = owner
            .patch(&format!("/v1/outlets/{outlet}"), &disable)
            .await
            .expect(200);
        assert_eq!(
            (
                &disabled["state"],
                &disabled["enabled"],
                &disabled["disabled_reason"]
            ),
            (&json!(state), &json!(false), &json!("床の工事"))
        );
    }
    let refused = owner.start_session(&panel.outlets[1], "k2").await;
    refused.is_problem(409, "outlet-disabled");
    assert!(refused.body["detail"].as_str().unwrap().contains("床の工事"));
    let path = format!("/v1/outlets/{}", panel.outlets[1]);
    let enabled = owner.patch(&path, &json!({ "enabled": true })).await.expect(200);
    assert_eq!(
        (&enabled["state"], &enabled["disabled_reason"]),
        (&json!("available"), &Value::Null)
    );
    owner.start_session(&panel.outlets[1], "k3").await.expect(202);
    world.stop().await;
}
