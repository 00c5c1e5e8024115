//! Starting and stopping: once, whatever is repeated; refused, with the reason.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::world::{World, answer};

#[tokio::test]
async fn a_start_makes_a_session_and_a_command() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let started = owner.start_session(&panel.outlets[0], "k1").await;
    let command_id = started.body["command"]["id"].as_str().unwrap().to_owned();
    assert_eq!(started.header("location"), format!("/v1/commands/{command_id}"));
    let body = started.expect(202);
    assert_eq!(
        (&body["session"]["state"], &body["command"]["state"]),
        (&json!("requested"), &json!("accepted"))
    );
    let outlet = owner
        .get(&format!("/v1/outlets/{}", panel.outlets[0]))
        .await
        .expect(200);
    assert_eq!(
        (&outlet["state"], &outlet["session"]["id"]),
        (&json!("starting"), &body["session"]["id"])
    );
    let listed = owner
        .get(&format!(
            "/v1/sessions?outlet_id={}&state=requested",
            panel.outlets[0]
        ))
        .await
        .expect(200);
    assert_eq!(listed["data"], json!([body["session"]]));
    let command = owner.get(&format!("/v1/commands/{command_id}")).await.expect(200);
    assert_eq!(command, body["command"]);
    world.stop().await;
}

#[tokio::test]
async fn a_repeated_request_is_answered_again_and_does_nothing() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(2).await;
    let first = owner.start_session(&panel.outlets[0], "k1").await;
    let again = owner.start_session(&panel.outlets[0], "k1").await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(first.header("idempotency-replayed"), "");
    owner
        .start_session(&panel.outlets[1], "k1")
        .await
        .is_problem(422, "idempotency-key-reused");
    let keyless = json!({ "outlet_id": panel.outlets[1], "driver_id": "d" });
    owner
        .post_without_key("/v1/sessions", &keyless)
        .await
        .is_problem(400, "idempotency-key-missing");
    world.stop().await;
}

#[tokio::test]
async fn twenty_equal_requests_at_once_make_one_session() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let answers = join_all((0..20).map(|_| owner.start_session(&panel.outlets[0], "same"))).await;
    let ids: std::collections::BTreeSet<String> = answers
        .into_iter()
        .map(|answer| answer.expect(202)["session"]["id"].to_string())
        .collect();
    assert_eq!(ids.len(), 1);
    world.stop().await;
}

#[tokio::test]
async fn a_start_that_cannot_be_is_refused_and_makes_no_session() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(3).await;
    owner.start_session(&panel.outlets[0], "k1").await.expect(202);
    owner
        .start_session(&panel.outlets[0], "k2")
        .await
        .is_problem(409, "outlet-busy");
    world.sql("UPDATE outlet_current SET tripped = TRUE WHERE outlet_key = 2");
    owner
        .start_session(&panel.outlets[1], "k3")
        .await
        .is_problem(409, "outlet-faulted");
    world.sql("UPDATE outlet_current SET tripped = FALSE, fault = 'did_not_close' WHERE outlet_key = 2");
    owner.start_session(&panel.outlets[1], "k3").await.expect(202);
    world.sql("UPDATE controllers SET online = FALSE");
    owner
        .start_session(&panel.outlets[2], "k4")
        .await
        .is_problem(409, "controller-offline");
    owner
        .start_session("out_unknown", "k5")
        .await
        .is_problem(404, "not-found");
    let sessions = owner.get("/v1/sessions").await.expect(200);
    assert_eq!(sessions["data"].as_array().unwrap().len(), 2);
    world.stop().await;
}

#[tokio::test]
async fn a_session_tells_what_it_does_when_its_car_is_idle() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(2).await;
    for (outlet, limits, told) in [
        (&panel.outlets[0], json!({ "when_idle": "end" }), "end"),
        (&panel.outlets[1], json!({}), "keep"),
    ] {
        let body = json!({ "outlet_id": outlet, "driver_id": "driver-1", "limits": limits });
        let started = owner.act("/v1/sessions", outlet, &body).await.expect(202);
        assert_eq!(started["session"]["limits"]["when_idle"], told);
        let path = format!("/v1/sessions/{}", started["session"]["id"].as_str().unwrap());
        let session = owner.get(&path).await.expect(200);
        assert_eq!(session["limits"]["when_idle"], told);
    }
    world.stop().await;
}

#[tokio::test]
async fn limits_that_cannot_be_are_pointed_at() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    for (limits, pointer) in [
        (json!({ "duration_s": 0 }), "/limits/duration_s"),
        (json!({ "duration_s": 90_000 }), "/limits/duration_s"),
        (json!({ "until": "2020-01-01T00:00:00Z" }), "/limits/until"),
        (
            json!({ "until": "2020-01-01T00:00:00Z", "duration_s": 5 }),
            "/limits",
        ),
        (json!({ "energy_wh": 0 }), "/limits/energy_wh"),
        (json!({ "energy_wh": "5" }), "/limits/energy_wh"),
        (json!({ "until": "tomorrow" }), "/limits/until"),
        (json!({ "litres": 5 }), "/limits/litres"),
    ] {
        let body = json!({ "outlet_id": panel.outlets[0], "driver_id": "d", "limits": limits });
        let answer = owner.act("/v1/sessions", "k", &body).await;
        answer.is_problem(422, "invalid-request");
        assert_eq!(answer.body["errors"][0]["pointer"], pointer, "{}", answer.body);
    }
    world.stop().await;
}

#[tokio::test]
async fn a_stop_is_wanted_until_the_session_has_ended() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let started = owner.start_session(&panel.outlets[0], "k1").await.expect(202);
    let path = format!("/v1/sessions/{}/stop", started["session"]["id"].as_str().unwrap());
    let stopped = owner.act(&path, "k2", &json!({})).await.expect(202);
    assert_eq!(
        (&stopped["session"]["state"], &stopped["command"]["kind"]),
        (&json!("stopping"), &json!("stop_session"))
    );
    world.sql("UPDATE sessions SET ended_at = 1, state = 'ended', ended_reason = 'remote'");
    owner
        .act(&path, "k3", &json!({}))
        .await
        .is_problem(409, "session-ended");
    assert_eq!(owner.act(&path, "k2", &json!({})).await.expect(202), stopped);
    world.stop().await;
}

#[tokio::test]
async fn an_answer_can_wait_for_the_outcome() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let body = json!({ "outlet_id": panel.outlets[0], "driver_id": "d" });
    let request = owner.request(Method::POST, "/v1/sessions").json(&body);
    let waiting = answer(request.header("idempotency-key", "k").header("prefer", "wait=25"));
    let expire = async {
        crate::world::eventually(|| async {
            let sessions = owner.get("/v1/sessions").await.expect(200);
            sessions["data"].get(0).cloned()
        })
        .await;
        world.clock.advance(std::time::Duration::from_secs(31));
    };
    let (answer, ()) = tokio::join!(waiting, expire);
    assert_eq!(answer.header("preference-applied"), "wait=25");
    let body = answer.expect(202);
    assert_eq!(
        (&body["command"]["state"], &body["session"]["state"]),
        (&json!("expired"), &json!("failed"))
    );
    world.stop().await;
}

#[tokio::test]
async fn a_status_request_needs_a_controller_that_is_online() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let path = format!("/v1/outlets/{}/status-requests", panel.outlets[0]);
    let accepted = owner.act(&path, "k1", &json!({})).await.expect(202);
    assert_eq!(accepted["command"]["kind"], "status_request");
    let clearing = format!("/v1/outlets/{}/fault-clearings", panel.outlets[0]);
    assert_eq!(
        owner.act(&clearing, "k2", &json!({})).await.expect(202)["command"]["kind"],
        "clear_fault"
    );
    world.sql("UPDATE controllers SET online = FALSE");
    owner
        .act(&path, "k3", &json!({}))
        .await
        .is_problem(409, "controller-offline");
    world.stop().await;
}
