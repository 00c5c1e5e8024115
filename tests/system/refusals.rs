//! Starts that cannot be: busy, faulted, offline, foreign; and one start sent many times.

use serde_json::json;
use system_tests::world::{Options, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_start_sent_five_times_is_one_session() {
    let world = World::start(Options::default()).await;
    let body = world.start_body(1, json!({"duration_s": 600}));
    let first = world
        .api
        .post_with_key("/v1/sessions", &body, "k1")
        .await
        .unwrap();
    assert_eq!(first.status, 202, "{:#}", first.body);
    world.remember(&first.body);
    for _ in 0..4 {
        let again = world
            .api
            .post_with_key("/v1/sessions", &body, "k1")
            .await
            .unwrap();
        assert_eq!((again.status, &again.body), (first.status, &first.body));
        assert_eq!(again.header("idempotency-replayed"), "true");
    }
    let other = world.start_body(2, json!({"duration_s": 600}));
    let misused = world
        .api
        .post_with_key("/v1/sessions", &other, "k1")
        .await
        .unwrap();
    assert_eq!(misused.problem().0, 422, "{:#}", misused.body);
    stop(&world, &first.body).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_start_sent_five_times_at_once_is_one_session() {
    let world = World::start(Options::default()).await;
    let body = world.start_body(1, json!({"duration_s": 600}));
    let send = || world.api.post_with_key("/v1/sessions", &body, "k2");
    let (a, b, c, d, e) = tokio::join!(send(), send(), send(), send(), send());
    let answers = [a, b, c, d, e].map(Result::unwrap);
    let accepted: Vec<_> = answers.iter().filter(|answer| answer.status == 202).collect();
    assert!(!accepted.is_empty(), "{answers:#?}");
    for answer in &answers {
        match answer.status.as_u16() {
            202 => assert_eq!(answer.body["session"]["id"], accepted[0].body["session"]["id"]),
            409 => assert_ne!(answer.problem().1, "outlet-busy", "{:#}", answer.body),
            status => panic!("{status}: {:#}", answer.body),
        }
    }
    world.remember(&accepted[0].body);
    stop(&world, &accepted[0].body).await;
    let sessions = world
        .api
        .get(&format!("/v1/sessions?outlet_id={}", world.outlet_id(1)))
        .await;
    assert_eq!(sessions["data"].as_array().unwrap().len(), 1, "{sessions:#}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_outlet_takes_no_second_charge() {
    let world = World::start(Options::default()).await;
    let charge = world.start_charge(1, json!({"duration_s": 600})).await;
    let refused = world.try_start(1, json!({})).await;
    assert_eq!(refused.problem(), (409, "outlet-busy"));
    world.until_session_event(&charge, "session.energized").await;
    let refused = world.try_start(1, json!({})).await;
    assert_eq!(refused.problem(), (409, "outlet-busy"));
    world.stop_charge(&charge).await;
    world.until_ended(&charge).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_faulted_outlet_takes_no_charge() {
    let world = World::start(Options::default()).await;
    world.panel.trip(World::number(1));
    world
        .until_event("outlet.fault", 1, |data| data["fault"] == "tripped")
        .await;
    let refused = world.try_start(1, json!({})).await;
    assert_eq!(refused.problem(), (409, "outlet-faulted"));
    assert_eq!(world.outlet(1).await["state"], "faulted");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outlet_that_is_offline_refuses_or_lets_the_start_expire() {
    let world = World::start(Options::default()).await;
    world.cut_link();
    world.until_online(false).await;
    let answer = world.try_start(1, json!({})).await;
    if answer.status == 202 {
        world.remember(&answer.body);
        world.clock.advance(std::time::Duration::from_secs(31));
        let outcome = world
            .until_outcome(answer.body["command"]["id"].as_str().unwrap())
            .await;
        assert_eq!(outcome["state"], "expired", "{outcome:#}");
        let ended = |data: &serde_json::Value| data["session"]["id"] == answer.body["session"]["id"];
        let event = world.until_event("session.ended", 1, ended).await;
        assert_eq!(event["data"]["session"]["state"], "failed");
    } else {
        assert_eq!(answer.problem(), (409, "controller-offline"));
    }
    world.restore_link().await;
    world.pass_minutes(1).await;
    let closed = world
        .panel
        .history()
        .iter()
        .any(|h| h.what == denro::simulator::What::Closed);
    assert!(!closed, "a start that has expired never closes a breaker");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_outlets_sessions_and_events_of_another_tenant_do_not_exist() {
    let world = World::start(Options::default()).await;
    let charge = world.start_charge(1, json!({"duration_s": 600})).await;
    world.until_session_event(&charge, "session.energized").await;
    let stranger = world.client_of("ten_stranger").await;
    let start = stranger
        .post("/v1/sessions", &world.start_body(2, json!({})))
        .await;
    assert_eq!(start.problem(), (404, "not-found"));
    let paths = [
        format!("/v1/sites/{}", world.site_id),
        format!("/v1/controllers/{}", world.controller_id),
        format!("/v1/outlets/{}", charge.outlet_id),
        format!("/v1/sessions/{}", charge.session_id),
        format!("/v1/commands/{}", charge.command_id),
    ];
    for path in &paths {
        assert_eq!(
            stranger.try_get(path).await.unwrap().problem(),
            (404, "not-found"),
            "{path}"
        );
        assert!(
            world.api.try_get(path).await.unwrap().status.is_success(),
            "{path}"
        );
    }
    let stop = stranger
        .post(&format!("/v1/sessions/{}/stop", charge.session_id), &json!({}))
        .await;
    assert_eq!(stop.problem(), (404, "not-found"));
    assert_eq!(stranger.get("/v1/events").await["data"], json!([]));
    world.stop_charge(&charge).await;
    world.until_ended(&charge).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stuck_breaker_fails_the_start_and_says_so() {
    let world = World::start(Options::default()).await;
    world.panel.stick(World::number(1), true);
    let charge = world.start_charge(1, json!({"duration_s": 600})).await;
    let outcome = world.until_outcome(&charge.command_id).await;
    assert_eq!(outcome["state"], "failed", "{outcome:#}");
    let session = world.until_ended(&charge).await;
    assert_eq!(
        (session["state"].as_str(), session["ended_reason"].as_str()),
        (Some("failed"), Some("did_not_close"))
    );
    assert_eq!(session["energy_wh"], 0);
    world.finish().await;
}

async fn stop(world: &World, accepted: &serde_json::Value) {
    let id = accepted["session"]["id"].as_str().unwrap();
    let of_session = |data: &serde_json::Value| data["session"]["id"] == id;
    world.until_event("session.energized", 1, of_session).await;
    let stop = world
        .api
        .post(&format!("/v1/sessions/{id}/stop"), &json!({}))
        .await;
    assert_eq!(stop.status, 202, "{:#}", stop.body);
    world.remember(&stop.body);
    world.until_event("session.ended", 1, of_session).await;
}
