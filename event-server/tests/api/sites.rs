//! Sites: where they are, what their outlets are doing, and finding one.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::world::{ALL_SCOPES, Caller, World};

async fn site_at(owner: &Caller<'_>, name: &str, latitude: f64, longitude: f64) -> Value {
    let position = json!({ "latitude": latitude, "longitude": longitude });
    let body = json!({ "name": name, "position": position });
    owner.post("/v1/sites", &body).await.expect(201)
}

fn names(page: &Value) -> Vec<&str> {
    let sites = page["data"].as_array().unwrap().iter();
    sites.map(|site| site["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_site_keeps_what_it_is_given_and_each_part_can_be_changed_or_taken_away() {
    let world = World::start().await;
    let owner = world.owner();
    let made = owner
        .post(
            "/v1/sites",
            &json!({ "name": "A", "address": "東京都千代田区丸の内1-9-1",
                "postal_address": { "postal_code": "1000005", "prefecture": "東京都", "city": "千代田区",
                    "lines": ["丸の内1-9-1", "1階"] },
                "position": { "latitude": 35.681236, "longitude": 139.7671254 },
                "contracted_demand_w": 49_000, "main_limit_ma": 150_000 }),
        )
        .await
        .expect(201);
    assert_eq!(made["postal_address"]["postal_code"], "100-0005");
    assert_eq!(
        made["position"],
        json!({ "latitude": 35.681236, "longitude": 139.767125 })
    );
    assert_eq!(
        (&made["contracted_demand_w"], &made["main_limit_ma"]),
        (&json!(49_000), &json!(150_000))
    );
    let path = format!("/v1/sites/{}", made["id"].as_str().unwrap());
    assert_eq!(owner.get(&path).await.expect(200), made);
    let change = json!({ "name": "B", "address": null, "postal_address": { "city": "港区" }, "position": null,
        "time_zone": "Asia/Seoul", "contracted_demand_w": null });
    let changed = owner.patch(&path, &change).await.expect(200);
    assert_eq!(changed["postal_address"], json!({ "city": "港区", "lines": [] }));
    for (member, value) in [
        ("name", json!("B")),
        ("address", Value::Null),
        ("position", Value::Null),
        ("time_zone", json!("Asia/Seoul")),
        ("contracted_demand_w", Value::Null),
        ("main_limit_ma", json!(150_000)),
    ] {
        assert_eq!(changed[member], value, "{member}");
    }
    let untouched = owner.patch(&path, &json!({})).await.expect(200);
    assert_eq!(untouched["postal_address"], changed["postal_address"]);
    world.stop().await;
}

#[tokio::test]
async fn faults_in_a_place_are_pointed_at() {
    let world = World::start().await;
    let owner = world.owner();
    let site = owner.post("/v1/sites", &json!({ "name": "A" })).await.expect(201);
    let path = format!("/v1/sites/{}", site["id"].as_str().unwrap());
    let at = |latitude: f64, longitude: f64| json!({ "position": { "latitude": latitude, "longitude": longitude } });
    for (change, pointer) in [
        (at(90.000001, 0.0), "/position/latitude"),
        (at(0.0, -180.000001), "/position/longitude"),
        (json!({ "position": { "latitude": "35" } }), "/position/latitude"),
        (json!({ "position": { "latitude": 35 } }), "/position/longitude"),
        (
            json!({ "postal_address": { "postal_code": "100-000" } }),
            "/postal_address/postal_code",
        ),
        (
            json!({ "postal_address": { "lines": ["1", "2", "3", "4", "5"] } }),
            "/postal_address/lines",
        ),
        (
            json!({ "postal_address": { "lines": ["1", " "] } }),
            "/postal_address/lines/1",
        ),
        (json!({ "contracted_demand_w": 0 }), "/contracted_demand_w"),
        (json!({ "time_zone": "Mars" }), "/time_zone"),
        (json!({ "name": " " }), "/name"),
    ] {
        let refused = owner.patch(&path, &change).await;
        refused.is_problem(422, "invalid-request");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{}", refused.body);
    }
    world.stop().await;
}

#[tokio::test]
async fn sites_near_a_place_come_by_distance_page_by_page_and_no_other_tenants() {
    let world = World::start().await;
    let (owner, stranger) = (world.owner(), world.caller("t2", ALL_SCOPES));
    site_at(&owner, "far", 35.7, 139.9).await;
    site_at(&owner, "third", 35.6912, 139.7671).await;
    site_at(&owner, "first", 35.6813, 139.7671).await;
    site_at(&owner, "second", 35.6813, 139.7771).await;
    owner
        .post("/v1/sites", &json!({ "name": "nowhere" }))
        .await
        .expect(201);
    site_at(&stranger, "stranger's", 35.6812, 139.7671).await;
    let near = "/v1/sites?near=35.681236,139.767125&radius_m=2000";
    let page = owner.get(near).await.expect(200);
    assert_eq!(names(&page), ["first", "second", "third"]);
    let distances: Vec<i64> = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|site| site["distance_m"].as_i64().unwrap())
        .collect();
    assert_eq!(distances, [7, 901, 1108]);
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for _ in 0..3 {
        let page = owner.get(&format!("{near}&limit=1{cursor}")).await.expect(200);
        seen.extend(names(&page).iter().map(|name| (*name).to_owned()));
        let next = page["next_cursor"].as_str();
        cursor = next.map(|next| format!("&cursor={next}")).unwrap_or_default();
    }
    assert_eq!(
        (seen.join(" ").as_str(), cursor.as_str()),
        ("first second third", "")
    );
    let wider = owner
        .get("/v1/sites?near=35.681236,139.767125&radius_m=20000")
        .await
        .expect(200);
    assert_eq!(names(&wider), ["first", "second", "third", "far"]);
    let listed = owner.get("/v1/sites").await.expect(200);
    assert!(listed["data"][0].get("distance_m").is_none());
    world.stop().await;
}

#[tokio::test]
async fn a_search_goes_across_the_date_line() {
    let world = World::start().await;
    let owner = world.owner();
    site_at(&owner, "west", -16.8, 179.999).await;
    site_at(&owner, "east", -16.8, -179.999).await;
    for (from, nearest) in [("-16.8,179.9995", "west"), ("-16.8,-179.9995", "east")] {
        let page = owner
            .get(&format!("/v1/sites?near={from}&radius_m=1000"))
            .await
            .expect(200);
        assert_eq!((names(&page).len(), names(&page)[0]), (2, nearest));
    }
    world.stop().await;
}

#[tokio::test]
async fn a_search_that_cannot_be_says_why() {
    let world = World::start().await;
    let owner = world.owner();
    for (query, word) in [
        ("near=35.6", "near"),
        ("near=91,0", "near"),
        ("near=a,b", "near"),
        ("near=35.6,139.7&radius_m=0", "radius_m"),
        ("near=35.6,139.7&radius_m=100001", "radius_m"),
        ("radius_m=100", "near"),
        ("available=perhaps", "available"),
        ("updated_after=yesterday", "time"),
    ] {
        let refused = owner.get(&format!("/v1/sites?{query}")).await;
        refused.is_problem(400, "invalid-query");
        let detail = refused.body["detail"].as_str().unwrap();
        assert!(
            detail.contains(word) || query.contains("perhaps"),
            "{query}: {detail}"
        );
    }
    world.stop().await;
}

#[tokio::test]
async fn a_site_says_how_many_of_its_outlets_can_be_used_now() {
    let world = World::start().await;
    let owner = world.owner();
    let (panel, empty) = (owner.panel(5).await, owner.panel(1).await);
    owner.start_session(&panel.outlets[0], "k1").await.expect(202);
    let tripped = &panel.outlets[1];
    world.sql(&format!(
        "UPDATE outlet_current SET tripped = TRUE WHERE outlet_key = (SELECT key FROM outlets WHERE id = '{tripped}')"
    ));
    let disabled = format!("/v1/outlets/{}", panel.outlets[2]);
    let change = json!({ "enabled": false, "disabled_reason": "床の工事" });
    owner.patch(&disabled, &change).await.expect(200);
    let path = format!("/v1/sites/{}", panel.site_id);
    let counts = |site: &Value| site["outlets"].clone();
    assert_eq!(
        counts(&owner.get(&path).await.expect(200)),
        json!({ "total": 5, "available": 2, "in_use": 1, "out_of_order": 2, "offline": 0 })
    );
    let free = owner.get("/v1/sites?available=true").await.expect(200);
    assert_eq!(free["data"].as_array().unwrap().len(), 2);
    let controller = empty.controller["id"].as_str().unwrap();
    world.sql(&format!(
        "UPDATE controllers SET online = FALSE WHERE id = '{controller}'"
    ));
    let free = owner.get("/v1/sites?available=true").await.expect(200);
    let ids: Vec<&Value> = free["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|site| &site["id"])
        .collect();
    assert_eq!(ids, [&json!(panel.site_id)]);
    let off = owner
        .get(&format!("/v1/sites/{}", empty.site_id))
        .await
        .expect(200);
    assert_eq!(
        (&off["outlets"]["offline"], &off["outlets"]["total"]),
        (&json!(1), &json!(1))
    );
    world.stop().await;
}

#[tokio::test]
async fn only_what_has_changed_since_is_listed_again() {
    let world = World::start().await;
    let owner = world.owner();
    let (one, two) = (owner.panel(1).await, owner.panel(1).await);
    let site = owner.get(&format!("/v1/sites/{}", two.site_id)).await.expect(200);
    let since = site["updated_at"].as_str().unwrap().to_owned();
    // Whatever has happened until then counts as known.
    world.clock.advance(std::time::Duration::from_secs(5));
    owner
        .patch(&format!("/v1/sites/{}", one.site_id), &json!({ "name": "neu" }))
        .await
        .expect(200);
    let since: jiff::Timestamp = since.parse().unwrap();
    let since = since + jiff::SignedDuration::from_secs(4);
    let changed = owner
        .get(&format!("/v1/sites?updated_after={since}"))
        .await
        .expect(200);
    assert_eq!(names(&changed), ["neu"]);
    owner
        .patch(
            &format!("/v1/outlets/{}", two.outlets[0]),
            &json!({ "unit": "203" }),
        )
        .await
        .expect(200);
    let changed = owner
        .get(&format!("/v1/outlets?updated_after={since}"))
        .await
        .expect(200);
    let ids: BTreeSet<&str> = changed["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|outlet| outlet["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, BTreeSet::from([two.outlets[0].as_str()]));
    world.stop().await;
}
