//! Sites, controllers, outlets, and pages of them.

use std::collections::BTreeSet;

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn a_controller_is_made_with_its_outlets_and_shows_its_password_once() {
    let world = World::start().await;
    let owner = world.owner();
    let site = owner.post("/v1/sites", &json!({ "name": "A" })).await.expect(201);
    let made = owner
        .post(
            "/v1/controllers",
            &json!({ "site_id": site["id"], "name": "P", "station_id": "station-1", "outlets": [
                { "name": "1", "rated_a": 20 },
                { "name": "5", "number": 5, "rated_ma": 16_000, "rise_threshold_ma": 1_000, "max_power_w": 3_200 },
            ]}),
        )
        .await
        .expect(201);
    assert!(made["password"].as_str().unwrap().len() >= 16);
    let (first, second) = (&made["outlets"][0], &made["outlets"][1]);
    assert_eq!(
        (&first["number"], &first["rated_ma"], &first["max_power_w"]),
        (&json!(1), &json!(20_000), &json!(4_800))
    );
    assert_eq!(
        (&second["number"], &second["rise_threshold_ma"]),
        (&json!(5), &json!(1_000))
    );
    assert_eq!(first["state"], "offline");
    let shown = owner
        .get(&format!("/v1/controllers/{}", made["id"].as_str().unwrap()))
        .await
        .expect(200);
    assert_eq!(
        (&shown["station_id"], &shown["online"]),
        (&json!("station-1"), &json!(false))
    );
    assert!(shown.get("password").is_none());
    let code = first["public_code"].as_str().unwrap().to_uppercase();
    let found = owner.get(&format!("/v1/outlet-codes/{code}")).await.expect(200);
    assert_eq!(found["id"], first["id"]);
    let taken = json!({ "site_id": site["id"], "name": "Q", "station_id": "station-1", "outlets": [{ "name": "1" }] });
    owner
        .post("/v1/controllers", &taken)
        .await
        .is_problem(409, "station-id-taken");
    world.stop().await;
}

#[tokio::test]
async fn a_controller_is_renamed_and_its_profile_is_raised_and_never_lowered() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let path = format!("/v1/controllers/{}", panel.controller["id"].as_str().unwrap());
    let seen = owner.get(&path).await;
    // That it connects and starts anew makes no edit stale.
    world.sql("UPDATE controllers SET online = FALSE, firmware = '9.9', booted_at = 5");
    let change = json!({ "name": "Basement", "security_profile": 3 });
    let changed = owner
        .patch_if(seen.header("etag"), &path, &change)
        .await
        .expect(200);
    assert_eq!(
        (
            &changed["name"],
            &changed["security_profile"],
            &changed["firmware"]
        ),
        (&json!("Basement"), &json!(3), &json!("9.9"))
    );
    assert_eq!(changed["outlet_ids"], json!(panel.outlets));
    for (change, pointer) in [
        (json!({ "name": "" }), "/name"),
        (json!({ "security_profile": 1 }), "/security_profile"),
        (json!({ "security_profile": 2 }), "/security_profile"),
        (json!({ "station_id": "other" }), "/station_id"),
    ] {
        let refused = owner.patch_if("*", &path, &change).await;
        refused.is_problem(422, "invalid-request");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{}", refused.body);
    }
    for (caller, status, code) in [
        (world.caller("t1", "sites:read"), 403, "insufficient-scope"),
        (world.caller("t2", "sites:write"), 404, "not-found"),
    ] {
        let refused = caller.patch_if("*", &path, &json!({ "name": "X" })).await;
        refused.is_problem(status, code);
    }
    world.stop().await;
}

#[tokio::test]
async fn pages_show_every_row_once() {
    let world = World::start().await;
    let owner = world.owner();
    for n in 0..7 {
        owner
            .post("/v1/sites", &json!({ "name": format!("{n}") }))
            .await
            .expect(201);
    }
    let (mut seen, mut cursor, mut pages) = (BTreeSet::new(), String::new(), 0);
    loop {
        let page = owner.get(&format!("/v1/sites?limit=3{cursor}")).await.expect(200);
        pages += 1;
        for site in page["data"].as_array().unwrap() {
            assert!(seen.insert(site["id"].as_str().unwrap().to_owned()));
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!((seen.len(), pages), (7, 3));
    world.stop().await;
}

#[tokio::test]
async fn a_new_threshold_becomes_a_command_where_the_controller_is_online() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let path = format!("/v1/outlets/{}", panel.outlets[0]);
    let changed = owner
        .patch(&path, &json!({ "name": "来客用", "rise_threshold_ma": 2_000 }))
        .await
        .expect(200);
    assert_eq!(
        (&changed["name"], &changed["rise_threshold_ma"]),
        (&json!("来客用"), &json!(2_000))
    );
    let without = owner
        .patch(&path, &json!({ "rise_threshold_ma": null }))
        .await
        .expect(200);
    assert_eq!(without["rise_threshold_ma"], serde_json::Value::Null);
    owner
        .patch(&path, &json!({ "rise_threshold_ma": 0 }))
        .await
        .is_problem(422, "invalid-request");
    world.clock.advance(std::time::Duration::from_secs(61));
    let kind = crate::world::eventually(|| async {
        let events = owner.get("/v1/events?types=command.completed").await.expect(200);
        events["data"]
            .get(0)
            .map(|event| event["data"]["command"]["kind"].clone())
    });
    assert_eq!(kind.await, "set_rise_threshold");
    world.stop().await;
}

#[tokio::test]
async fn outlets_are_listed_by_site() {
    let world = World::start().await;
    let owner = world.owner();
    let (one, other) = (owner.panel(3).await, owner.panel(2).await);
    let listed = owner
        .get(&format!("/v1/outlets?site_id={}", other.site_id))
        .await
        .expect(200);
    let ids: Vec<&str> = listed["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, other.outlets);
    assert_eq!(listed["data"][0]["state"], "available");
    let all = owner.get("/v1/outlets").await.expect(200);
    assert_eq!(
        all["data"].as_array().unwrap().len(),
        one.outlets.len() + other.outlets.len()
    );
    world.stop().await;
}
