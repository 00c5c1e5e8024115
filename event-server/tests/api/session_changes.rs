//! Changing the limits of a session that runs: one command, or a refusal with its place.

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{ALL_SCOPES, Answer, Caller, Panel, World, answer};

async fn change(caller: &Caller<'_>, id: &str, key: &str, body: Value) -> Answer {
    let request = caller.request(Method::PATCH, &format!("/v1/sessions/{id}"));
    let request = request.header("idempotency-key", key).header("if-match", "*");
    answer(request.json(&body)).await
}

async fn started(owner: &Caller<'_>) -> (Panel, String) {
    let panel = owner.panel(1).await;
    let started = owner.start_session(&panel.outlets[0], "start").await.expect(202);
    (panel, started["session"]["id"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_change_is_one_command_however_often_it_is_asked_for() {
    let world = World::start().await;
    let owner = world.owner();
    let (_, id) = started(&owner).await;
    let body = json!({ "limits": { "duration_s": 1200, "energy_wh": 900 } });
    let first = change(&owner, &id, "k1", body.clone()).await;
    assert!(first.header("location").starts_with("/v1/commands/"));
    let first = first.expect(202);
    assert_eq!(
        (&first["command"]["kind"], &first["command"]["session_id"]),
        (&json!("change_limits"), &json!(id))
    );
    let again = change(&owner, &id, "k1", body.clone()).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.expect(202), first);
    change(&owner, &id, "k2", body)
        .await
        .is_problem(409, "command-in-flight");
    let keyless = owner.request(Method::PATCH, &format!("/v1/sessions/{id}"));
    answer(
        keyless
            .header("if-match", "*")
            .json(&json!({ "limits": { "duration_s": 5 } })),
    )
    .await
    .is_problem(400, "idempotency-key-missing");
    world.stop().await;
}

#[tokio::test]
async fn a_stop_that_is_asked_for_twice_is_one_command() {
    let world = World::start().await;
    let owner = world.owner();
    let (_, id) = started(&owner).await;
    let path = format!("/v1/sessions/{id}/stop");
    let first = owner.act(&path, "k1", &json!({})).await.expect(202);
    let second = owner.act(&path, "k2", &json!({})).await.expect(202);
    assert_eq!(first["command"]["id"], second["command"]["id"]);
    world.stop().await;
}

#[tokio::test]
async fn limits_that_cannot_be_are_pointed_at_and_a_passed_end_can_be() {
    let world = World::start().await;
    let owner = world.owner();
    let (_, id) = started(&owner).await;
    for (limits, pointer) in [
        (json!({}), "/limits"),
        (json!({ "duration_s": 0 }), "/limits/duration_s"),
        (json!({ "duration_s": 86_460 }), "/limits/duration_s"),
        (json!({ "until": "2999-01-01T00:00:00Z" }), "/limits/until"),
        (
            json!({ "until": "2020-01-01T00:00:00Z", "end_of_day": true }),
            "/limits",
        ),
        (json!({ "energy_wh": 0 }), "/limits/energy_wh"),
        (json!({ "cost_yen": 5 }), "/limits/cost_yen"),
        (json!({ "litres": 5 }), "/limits/litres"),
    ] {
        let refused = change(&owner, &id, "k", json!({ "limits": limits })).await;
        refused.is_problem(422, "invalid-request");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{}", refused.body);
    }
    let now = json!({ "limits": { "until": "2020-01-01T00:00:00Z" } });
    change(&owner, &id, "k", now).await.expect(202);
    world.stop().await;
}

#[tokio::test]
async fn only_a_session_of_the_tenant_that_runs_at_an_online_controller_is_changed() {
    let world = World::start().await;
    let owner = world.owner();
    let (_, id) = started(&owner).await;
    let body = json!({ "limits": { "duration_s": 60 } });
    let stranger = world.caller("t2", ALL_SCOPES);
    change(&stranger, &id, "k", body.clone())
        .await
        .is_problem(404, "not-found");
    let reader = world.caller("t1", "sessions:read");
    change(&reader, &id, "k", body.clone())
        .await
        .is_problem(403, "insufficient-scope");
    world.sql("UPDATE controllers SET online = FALSE");
    change(&owner, &id, "k", body.clone())
        .await
        .is_problem(409, "controller-offline");
    world.sql("UPDATE sessions SET state = 'stopping'");
    change(&owner, &id, "k", body.clone())
        .await
        .is_problem(409, "session-ended");
    world.sql("UPDATE sessions SET ended_at = 1, state = 'ended', ended_reason = 'remote'");
    change(&owner, &id, "k", body)
        .await
        .is_problem(409, "session-ended");
    world.stop().await;
}

#[tokio::test]
async fn what_is_delivered_meanwhile_makes_no_change_stale_and_other_limits_do() {
    let world = World::start().await;
    let owner = world.owner();
    let (_, id) = started(&owner).await;
    let path = format!("/v1/sessions/{id}");
    let seen = owner.get(&path).await;
    let change_if = async |key: &str, tag: &str| {
        let request = owner.request(Method::PATCH, &path).header("idempotency-key", key);
        let body = json!({ "limits": { "duration_s": 60 } });
        answer(request.header("if-match", tag).json(&body)).await
    };
    world.sql("UPDATE sessions SET energy_wh = 5, updated_at = updated_at + 1");
    change_if("k1", seen.header("etag")).await.expect(202);
    world.sql("UPDATE sessions SET limits_changed_at = requested_at + 1");
    change_if("k2", seen.header("etag"))
        .await
        .is_problem(412, "changed-meanwhile");
    world.stop().await;
}
