//! Circuits: one tree for each site, from the main circuit to the outlets.

use serde_json::{Value, json};

use crate::world::{ALL_SCOPES, World};

fn id(thing: &Value) -> &str {
    thing["id"].as_str().unwrap()
}

#[tokio::test]
async fn a_site_begins_with_its_main_circuit_and_a_panel_with_one_for_each_outlet() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(2).await;
    let site = owner
        .get(&format!("/v1/sites/{}", panel.site_id))
        .await
        .expect(200);
    let listed = owner
        .get(&format!("/v1/circuits?site_id={}", panel.site_id))
        .await
        .expect(200);
    let circuits = listed["data"].as_array().unwrap();
    assert_eq!(circuits.len(), 3);
    let main = circuits
        .iter()
        .find(|circuit| circuit["parent_id"].is_null())
        .unwrap();
    assert_eq!(
        (&main["id"], &main["outlet_ids"]),
        (&site["main_circuit_id"], &json!([]))
    );
    for outlet_id in &panel.outlets {
        let outlet = owner.get(&format!("/v1/outlets/{outlet_id}")).await.expect(200);
        let circuit = owner
            .get(&format!(
                "/v1/circuits/{}",
                outlet["circuit_id"].as_str().unwrap()
            ))
            .await
            .expect(200);
        assert_eq!(circuit["outlet_ids"], json!([outlet_id]));
        assert_eq!(
            (
                &circuit["parent_id"],
                &circuit["limit_ma"],
                &circuit["controller_id"]
            ),
            (&main["id"], &json!(15_000), &panel.controller["id"])
        );
    }
    let shown = owner
        .get(&format!("/v1/controllers/{}", id(&panel.controller)))
        .await
        .expect(200);
    assert_eq!(shown["outlet_ids"], json!(panel.outlets));
    assert_eq!(shown["circuits"].as_array().unwrap().len(), 2);
    assert_eq!(shown["circuits"], panel.controller["circuits"]);
    let listed = owner.get("/v1/controllers").await.expect(200);
    assert_eq!(listed["data"][0]["circuits"], shown["circuits"]);
    world.stop().await;
}

#[tokio::test]
async fn a_circuit_between_main_circuit_and_outlets_is_made_changed_and_deleted() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let body = json!({ "site_id": panel.site_id, "name": "B1", "limit_ma": 60_000 });
    let feeder = owner.post("/v1/circuits", &body).await.expect(201);
    let outlet = owner
        .get(&format!("/v1/outlets/{}", panel.outlets[0]))
        .await
        .expect(200);
    let branch = format!("/v1/circuits/{}", outlet["circuit_id"].as_str().unwrap());
    let moved = json!({ "parent_id": feeder["id"], "limit_ma": null, "name": "枝" });
    let moved = owner.patch(&branch, &moved).await.expect(200);
    assert_eq!(
        (&moved["parent_id"], &moved["limit_ma"], &moved["name"]),
        (&feeder["id"], &Value::Null, &json!("枝"))
    );
    let path = format!("/v1/circuits/{}", id(&feeder));
    owner.delete(&path).await.is_problem(409, "circuit-in-use");
    let change = json!({ "circuit_id": feeder["id"] });
    let outlet = owner
        .patch(&format!("/v1/outlets/{}", panel.outlets[0]), &change)
        .await;
    assert_eq!(outlet.expect(200)["circuit_id"], feeder["id"]);
    owner.delete(&path).await.is_problem(409, "circuit-in-use");
    assert_eq!(owner.delete(&branch).await.status, 204);
    owner.get(&branch).await.is_problem(404, "not-found");
    let shown = owner.get(&path).await.expect(200);
    assert_eq!(shown["outlet_ids"], json!(panel.outlets));
    world.stop().await;
}

#[tokio::test]
async fn circuits_stay_a_tree_of_their_site() {
    let world = World::start().await;
    let owner = world.owner();
    let (here, there) = (owner.panel(1).await, owner.panel(1).await);
    let main = owner
        .get(&format!("/v1/sites/{}", here.site_id))
        .await
        .expect(200)["main_circuit_id"]
        .clone();
    let foreign = owner
        .get(&format!("/v1/sites/{}", there.site_id))
        .await
        .expect(200)["main_circuit_id"]
        .clone();
    let (mut chain, mut parent) = (Vec::new(), main.clone());
    for n in 0..8 {
        let body = json!({ "site_id": here.site_id, "name": format!("{n}"), "parent_id": parent });
        let made = owner.post("/v1/circuits", &body).await;
        if n == 7 {
            made.is_problem(422, "invalid-request");
            break;
        }
        parent = made.expect(201)["id"].clone();
        chain.push(parent.clone());
    }
    let path = |id: &Value| format!("/v1/circuits/{}", id.as_str().unwrap());
    for (circuit, parent_id) in [
        (&chain[0], &chain[2]),
        (&chain[0], &chain[0]),
        (&chain[0], &foreign),
        (&main, &chain[0]),
        (&chain[1], &json!("cir_unknown")),
    ] {
        let refused = owner
            .patch(&path(circuit), &json!({ "parent_id": parent_id }))
            .await;
        refused.is_problem(422, "invalid-request");
        assert_eq!(refused.body["errors"][0]["pointer"], "/parent_id");
    }
    for body in [
        json!({ "site_id": "sit_unknown", "name": "x" }),
        json!({ "site_id": here.site_id, "name": "x", "controller_id": there.controller["id"] }),
        json!({ "site_id": here.site_id, "name": "x", "limit_ma": 0 }),
    ] {
        owner
            .post("/v1/circuits", &body)
            .await
            .is_problem(422, "invalid-request");
    }
    let elsewhere = json!({ "circuit_id": foreign });
    let outlet = owner
        .patch(&format!("/v1/outlets/{}", here.outlets[0]), &elsewhere)
        .await;
    assert_eq!(
        outlet.body["errors"][0]["pointer"], "/circuit_id",
        "{}",
        outlet.body
    );
    owner.delete(&path(&main)).await.is_problem(409, "circuit-in-use");
    world.stop().await;
}

#[tokio::test]
async fn another_tenants_circuits_are_not_found() {
    let world = World::start().await;
    let (owner, stranger) = (world.owner(), world.caller("t2", ALL_SCOPES));
    let (panel, theirs) = (owner.panel(1).await, stranger.panel(1).await);
    let site = owner
        .get(&format!("/v1/sites/{}", panel.site_id))
        .await
        .expect(200);
    let path = format!("/v1/circuits/{}", site["main_circuit_id"].as_str().unwrap());
    stranger.get(&path).await.is_problem(404, "not-found");
    let name = json!({ "name": "mine" });
    stranger.patch(&path, &name).await.is_problem(404, "not-found");
    stranger.delete(&path).await.is_problem(404, "not-found");
    let listed = stranger
        .get(&format!("/v1/circuits?site_id={}", panel.site_id))
        .await
        .expect(200);
    assert_eq!(listed["data"], json!([]));
    let body = json!({ "site_id": panel.site_id, "name": "x" });
    stranger
        .post("/v1/circuits", &body)
        .await
        .is_problem(422, "invalid-request");
    let body = json!({ "site_id": theirs.site_id, "name": "x", "parent_id": site["main_circuit_id"] });
    stranger
        .post("/v1/circuits", &body)
        .await
        .is_problem(422, "invalid-request");
    world.stop().await;
}
