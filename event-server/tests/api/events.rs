//! The log of events, as a list and as a stream.

use std::time::Duration;

use futures_util::StreamExt;
use reqwest::Method;
use serde_json::Value;

use crate::world::{ALL_SCOPES, Caller, World, claims, eventually};

/// Starts that nobody delivers: two events each.
async fn make_events(world: &World, caller: &Caller<'_>, outlets: &[String], round: &str) -> Vec<Value> {
    let before = caller.get("/v1/events?limit=1000").await.expect(200)["data"]
        .as_array()
        .unwrap()
        .len();
    for outlet in outlets {
        caller
            .start_session(outlet, &format!("{round}-{outlet}"))
            .await
            .expect(202);
    }
    world.clock.advance(Duration::from_secs(31));
    eventually(|| async {
        let events = caller.get("/v1/events?limit=1000").await.expect(200);
        let all = events["data"].as_array().unwrap().clone();
        (all.len() == before + 2 * outlets.len()).then_some(all)
    })
    .await
}

#[tokio::test]
async fn every_outlet_has_a_gapless_sequence_that_links_back() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(3).await;
    make_events(&world, &owner, &panel.outlets, "a").await;
    let all = make_events(&world, &owner, &panel.outlets, "b").await;
    assert!(
        all.windows(2)
            .all(|pair| pair[0]["id"].as_str() < pair[1]["id"].as_str())
    );
    for outlet in &panel.outlets {
        let mut previous = (0, Value::Null);
        for event in all.iter().filter(|event| event["outlet_id"] == **outlet) {
            assert_eq!(event["sequence"], previous.0 + 1);
            assert_eq!(event["previous_event_id"], previous.1);
            previous = (previous.0 + 1, event["id"].clone());
        }
        assert_eq!(previous.0, 4);
    }
    world.stop().await;
}

#[tokio::test]
async fn the_log_can_be_read_in_parts_and_by_type() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(2).await;
    let all = make_events(&world, &owner, &panel.outlets, "a").await;
    let first = owner.get("/v1/events?limit=3").await.expect(200);
    let rest = owner
        .get(&format!(
            "/v1/events?after={}",
            first["next_cursor"].as_str().unwrap()
        ))
        .await
        .expect(200);
    assert_eq!(first["data"].as_array().unwrap().len(), 3);
    assert_eq!(rest["data"].as_array().unwrap(), &all[3..]);
    let ended = owner.get("/v1/events?types=session.ended").await.expect(200);
    assert_eq!(ended["data"].as_array().unwrap().len(), 2);
    let none = owner.get("/v1/events?types=controller.online").await.expect(200);
    let cursor = none["next_cursor"].as_str().unwrap();
    let same = owner.get(&format!("/v1/events?after={cursor}")).await.expect(200);
    assert_eq!(
        (&same["data"], &same["next_cursor"]),
        (&serde_json::json!([]), &none["next_cursor"])
    );
    owner
        .get("/v1/events?types=nonsense")
        .await
        .is_problem(400, "invalid-query");
    owner
        .get("/v1/events?after=nonsense")
        .await
        .is_problem(400, "invalid-query");
    world.stop().await;
}

#[tokio::test]
async fn a_stream_goes_on_where_it_ended_and_tells_what_comes() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let known = make_events(&world, &owner, &panel.outlets, "a").await;
    let request = owner.request(Method::GET, "/v1/events/stream");
    let response = request
        .header("last-event-id", known[0]["id"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut chunks = response.bytes_stream();
    let mut text = String::new();
    let all = make_events(&world, &owner, &panel.outlets, "b").await;
    while text.matches("\ndata: ").count() < 3 {
        text.push_str(std::str::from_utf8(&chunks.next().await.unwrap().unwrap()).unwrap());
    }
    let data: Vec<Value> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|json| serde_json::from_str(json).unwrap())
        .collect();
    assert_eq!(data, all[1..]);
    let ids: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("id: "))
        .collect();
    assert_eq!(ids[0], all[1]["id"]);
    drop(chunks);
    world.stop().await;
}

#[tokio::test]
async fn a_stream_ends_with_its_token_before_it_tells_anything_more() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let mut short = claims(&world.issuer, "t1", ALL_SCOPES);
    short["exp"] = (short["iat"].as_i64().unwrap() + 20).into();
    let request = world.http.get(world.url("/v1/events/stream"));
    let response = request
        .bearer_auth(world.issuer.token(&short))
        .send()
        .await
        .unwrap();
    // Events follow when the start expires, after the token.
    make_events(&world, &owner, &panel.outlets, "a").await;
    assert_eq!(response.text().await.unwrap(), ": events\n\n");
    world.stop().await;
}
