//! The server's wall clock is set forward and back by a day, as by a person or a broken time server.

use std::time::Duration;

use serde_json::{Value, json};

use crate::webhooks::{failed, send_test, subscribe};
use crate::world::{ALL_SCOPES, Caller, Receiver, World, claims, eventually};

const DAY_MS: i64 = 86_400_000;
const DAY_S: i64 = 86_400;
/// Forward by a day, from there to a day back, and right again.
const STEPS_MS: [i64; 3] = [DAY_MS, -2 * DAY_MS, DAY_MS];

/// Whose token is good at all these times.
fn lasting(world: &World) -> Caller<'_> {
    let mut owner = world.owner();
    let mut claims = claims(&world.issuer, "t1", ALL_SCOPES);
    claims["iat"] = json!(claims["iat"].as_i64().unwrap() - 2 * DAY_S);
    owner.token = world.issuer.token(&claims);
    owner
}

async fn events(caller: &Caller<'_>) -> Vec<Value> {
    let page = caller.get("/v1/events?limit=200").await.expect(200);
    page["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_token_is_refused_while_the_clock_says_that_it_is_over_or_not_yet_issued() {
    let world = World::start().await;
    let mut owner = world.owner();
    let mut short = claims(&world.issuer, "t1", ALL_SCOPES);
    short["exp"] = json!(short["iat"].as_i64().unwrap() + 600);
    owner.token = world.issuer.token(&short);
    owner.get("/v1/sites").await.expect(200);
    let [forward, back, right] = STEPS_MS;
    for (step_ms, status) in [(forward, 401), (back, 401), (right, 200)] {
        world.clock.step_wall_ms(step_ms);
        owner.get("/v1/sites").await.expect(status);
    }
    world.stop().await;
}

#[tokio::test]
async fn a_key_makes_one_session_whatever_the_clock_says_meanwhile() {
    let world = World::start().await;
    let owner = lasting(&world);
    let panel = owner.panel(1).await;
    let first = owner.start_session(&panel.outlets[0], "k1").await.expect(202);
    for step_ms in STEPS_MS {
        world.clock.step_wall_ms(step_ms);
        let again = owner.start_session(&panel.outlets[0], "k1").await;
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.expect(202)["session"]["id"], first["session"]["id"]);
    }
    world.stop().await;
}

#[tokio::test]
async fn a_command_that_nobody_can_tell_the_age_of_expires_and_frees_the_outlet() {
    let world = World::start().await;
    let owner = lasting(&world);
    let panel = owner.panel(1).await;
    let started = owner.start_session(&panel.outlets[0], "k1").await.expect(202);
    world.clock.step_wall_ms(-DAY_MS);
    let path = format!("/v1/sessions/{}", started["session"]["id"].as_str().unwrap());
    let session = eventually(|| async {
        let session = owner.get(&path).await.expect(200);
        (session["state"] == "failed").then_some(session)
    })
    .await;
    assert_eq!(session["ended_reason"], "expired");
    owner.start_session(&panel.outlets[0], "k2").await.expect(202);
    world.stop().await;
}

#[tokio::test]
async fn a_delivery_that_waits_is_tried_at_once_when_the_clock_is_set_back() {
    let world = World::start().await;
    let (owner, receiver) = (lasting(&world), Receiver::start().await);
    receiver.answer_next([500]);
    let endpoint = subscribe(&owner, &receiver, &["session.ended"]).await;
    let id = send_test(&owner, &endpoint).await;
    failed(&owner, &endpoint, 1).await;
    world.clock.step_wall_ms(-DAY_MS);
    let received = receiver.first(2).await;
    assert_eq!((&received[0].id, &received[1].id), (&id, &id));
    assert_eq!(received[0].text, received[1].text);
    world.stop().await;
}

#[tokio::test]
async fn no_number_of_an_event_goes_back_with_the_clock() {
    let world = World::start().await;
    let (owner, receiver) = (lasting(&world), Receiver::start().await);
    let panel = owner.panel(1).await;
    subscribe(&owner, &receiver, &["session.ended", "command.completed"]).await;
    for (n, step_ms) in STEPS_MS.into_iter().enumerate() {
        let key = format!("k{n}");
        owner.start_session(&panel.outlets[0], &key).await.expect(202);
        world.clock.step_wall_ms(step_ms);
        // Whichever way it was, the start is over: of its own time, or of none that can be told.
        world.clock.advance(Duration::from_secs(31));
        eventually(|| async {
            let told = events(&owner).await;
            let ended = told.iter().filter(|event| event["type"] == "session.ended");
            (ended.count() > n).then_some(())
        })
        .await;
    }
    let told = events(&owner).await;
    let ids: Vec<&str> = told.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert!(ids.is_sorted() && ids.len() >= 2 * STEPS_MS.len(), "{ids:?}");
    let of_outlet: Vec<&Value> = told
        .iter()
        .filter(|event| event["outlet_id"].is_string())
        .collect();
    for pair in of_outlet.windows(2) {
        assert_eq!(
            pair[1]["sequence"].as_i64(),
            pair[0]["sequence"].as_i64().map(|n| n + 1)
        );
        assert_eq!(pair[1]["previous_event_id"], pair[0]["id"]);
    }
    let heard = told
        .iter()
        .filter(|event| ["session.ended", "command.completed"].contains(&event["type"].as_str().unwrap()));
    let heard: Vec<&Value> = heard.map(|event| &event["id"]).collect();
    let received = receiver.first(heard.len()).await;
    let of_receiver: Vec<&Value> = received.iter().map(|received| &received.event["id"]).collect();
    assert_eq!(of_receiver, heard);
    world.stop().await;
}
