//! Without a sandbox there is none.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn a_server_without_a_sandbox_lets_nothing_happen() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let new = json!({ "site_id": panel.site_id, "name": "simulated", "outlets": 1 });
    owner
        .post("/v1/sandbox/panels", &new)
        .await
        .is_problem(404, "not-found");
    let outlet = format!("/v1/sandbox/outlets/{}/happenings", panel.outlets[0]);
    owner
        .post(&outlet, &json!({ "what": "trip" }))
        .await
        .is_problem(404, "not-found");
    let id = panel.controller["id"].as_str().unwrap();
    owner
        .post(
            &format!("/v1/sandbox/panels/{id}/happenings"),
            &json!({ "what": "cut_power" }),
        )
        .await
        .is_problem(404, "not-found");
    world.stop().await;
}
