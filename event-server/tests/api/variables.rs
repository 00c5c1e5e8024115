//! Reading a controller's variables: one command, or a refusal with its place.

use serde_json::{Value, json};

use crate::world::{Panel, World};

fn path(panel: &Panel) -> String {
    let id = panel.controller["id"].as_str().unwrap();
    format!("/v1/controllers/{id}/variable-requests")
}

#[tokio::test]
async fn variables_are_asked_for_once_of_a_controller_that_is_online() {
    let world = World::start().await;
    let owner = world.owner();
    let path = path(&owner.panel(1).await);
    let body = json!({ "variables": [{ "component": "EVSE", "variable": "AvailabilityState", "outlet_number": 1 }] });
    let first = owner.act(&path, "k1", &body).await;
    let location = first.header("location").to_owned();
    let first = first.expect(202);
    assert_eq!(
        (&first["command"]["kind"], &first["command"]["outlet_id"]),
        (&json!("get_variables"), &Value::Null)
    );
    assert_eq!(owner.act(&path, "k1", &body).await.expect(202), first);
    assert_eq!(owner.get(&location).await.expect(200), first["command"]);
    world
        .caller("t2", "sites:write")
        .act(&path, "k2", &body)
        .await
        .is_problem(404, "not-found");
    world
        .caller("t1", "sites:read")
        .act(&path, "k3", &body)
        .await
        .is_problem(403, "insufficient-scope");
    world.sql("UPDATE controllers SET online = FALSE");
    owner
        .act(&path, "k4", &body)
        .await
        .is_problem(409, "controller-offline");
    world.stop().await;
}

#[tokio::test]
async fn variables_that_cannot_be_asked_for_are_pointed_at() {
    let world = World::start().await;
    let owner = world.owner();
    let path = path(&owner.panel(1).await);
    let good = json!({ "component": "EVSE", "variable": "Problem" });
    for (variables, pointer) in [
        (json!([]), "/variables"),
        (json!(vec![&good; 21]), "/variables"),
        (json!([{ "component": "EVSE" }]), "/variables/0/variable"),
        (
            json!([{ "component": " ", "variable": "Problem" }]),
            "/variables/0/component",
        ),
        (
            json!([good, { "component": "EVSE", "variable": "x".repeat(51) }]),
            "/variables/1/variable",
        ),
        (
            json!([{ "component": "EVSE", "variable": "Problem", "outlet_number": 9 }]),
            "/variables/0/outlet_number",
        ),
        (
            json!([{ "component": "EVSE", "variable": "Problem", "value": "1" }]),
            "/variables/0/value",
        ),
    ] {
        let answer = owner.act(&path, "k", &json!({ "variables": variables })).await;
        answer.is_problem(422, "invalid-request");
        assert_eq!(answer.body["errors"][0]["pointer"], pointer, "{}", answer.body);
    }
    world.stop().await;
}
