//! What is asked of controllers besides charging: each one command, of one's own controllers that are online alone.

use serde_json::{Value, json};

use crate::world::{ALL_SCOPES, Panel, World};

/// Path, a good body, the command's kind, and a scope that does not do.
fn operations(panel: &Panel) -> [(String, Value, &'static str, &'static str); 4] {
    let controller = format!("/v1/controllers/{}", panel.controller["id"].as_str().unwrap());
    let variable = json!({ "component": "OCPPCommCtrlr", "variable": "HeartbeatInterval", "value": "60" });
    let set = json!({ "variables": [variable] });
    let off = json!({ "available": false });
    [
        (
            format!("{controller}/availability-changes"),
            off.clone(),
            "change_availability",
            "outlets:write",
        ),
        (
            format!("{controller}/reset-requests"),
            json!({ "when": "on_idle" }),
            "reset",
            "sites:read",
        ),
        (
            format!("{controller}/variable-changes"),
            set,
            "set_variables",
            "sites:read",
        ),
        (
            format!("/v1/outlets/{}/availability-changes", panel.outlets[0]),
            off,
            "change_availability",
            "sites:write",
        ),
    ]
}

#[tokio::test]
async fn each_is_one_command_however_often_it_is_asked_for() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    for (path, body, kind, scope) in operations(&panel) {
        let first = owner.act(&path, &path, &body).await;
        let location = first.header("location").to_owned();
        let first = first.expect(202);
        assert_eq!(
            (&first["command"]["kind"], &first["command"]["state"]),
            (&json!(kind), &json!("accepted"))
        );
        assert_eq!(owner.act(&path, &path, &body).await.expect(202), first);
        assert_eq!(owner.get(&location).await.expect(200), first["command"]);
        world
            .caller("t1", scope)
            .act(&path, "k", &body)
            .await
            .is_problem(403, "insufficient-scope");
        world
            .caller("t2", ALL_SCOPES)
            .act(&path, "k", &body)
            .await
            .is_problem(404, "not-found");
        owner
            .post_without_key(&path, &body)
            .await
            .is_problem(400, "idempotency-key-missing");
    }
    world.sql("UPDATE controllers SET online = FALSE");
    for (path, body, _, _) in operations(&panel) {
        owner
            .act(&path, "off", &body)
            .await
            .is_problem(409, "controller-offline");
    }
    world.stop().await;
}

#[tokio::test]
async fn what_cannot_be_asked_is_pointed_at() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let [(availability, ..), (reset, ..), (variables, ..), _] = operations(&panel);
    let with =
        |value: String| json!({ "variables": [{ "component": "A", "variable": "B", "value": value }] });
    for (path, body, pointer) in [
        (&availability, json!({}), "/available"),
        (&availability, json!({ "available": "no" }), "/available"),
        (&reset, json!({ "when": "tomorrow" }), "/when"),
        (&variables, json!({ "variables": [] }), "/variables"),
        (&variables, with("x".repeat(1_001)), "/variables/0/value"),
        (
            &variables,
            json!({ "variables": [{ "component": "A", "variable": "B" }] }),
            "/variables/0/value",
        ),
    ] {
        let refused = owner.act(path, "k", &body).await;
        refused.is_problem(422, "invalid-request");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{}", refused.body);
    }
    world.stop().await;
}
