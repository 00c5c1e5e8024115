//! The log of events, as a list and as a stream.

use std::time::Duration;

use futures_util::StreamExt;
use reqwest::Method;
use serde_json::Value;

use crate::world::{ALL_SCOPES, Caller, World, claims, eventually};

/// Starts that nobody delivers: three events each.
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
        (all.len() == before + 3 * outlets.len()).then_some(all)
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
        assert_eq!(previous.0, 6);
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
    let of_one = owner
        .get(&format!("/v1/events?outlet_id={}", panel.outlets[1]))
        .await
        .expect(200);
    let expected: Vec<&Value> = all
        .iter()
        .filter(|event| event["outlet_id"] == *panel.outlets[1])
        .collect();
    assert_eq!(
        of_one["data"].as_array().unwrap().iter().collect::<Vec<_>>(),
        expected
    );
    assert_eq!(expected.len(), 3);
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
    while text.matches("\ndata: ").count() < 5 {
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
    assert_eq!(
        ids[0][..17],
        known[0]["id"].as_str().unwrap()[..17],
        "where it begins"
    );
    assert_eq!(ids[1], all[1]["id"]);
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
    let text = response.text().await.unwrap();
    assert!(
        text.starts_with(": events\nid: evt_") && !text.contains("data:"),
        "{text}"
    );
    world.stop().await;
}

#[tokio::test]
async fn a_reader_that_comes_back_after_30_days_is_told_that_it_has_missed_something() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let known = make_events(&world, &owner, &panel.outlets, "a").await;
    let id = |index: usize| known[index]["id"].as_str().unwrap();
    world.sql("DELETE FROM events WHERE seq <= 2");
    for path in ["/v1/events", "/v1/events/stream"] {
        owner
            .get(&format!("{path}?after={}", id(0)))
            .await
            .is_problem(410, "events-forgotten");
    }
    let rest = owner
        .get(&format!("/v1/events?after={}", id(1)))
        .await
        .expect(200);
    assert_eq!(rest["data"].as_array().unwrap()[..], known[2..]);
    world.stop().await;
}

#[tokio::test]
async fn streams_that_are_cut_and_taken_up_again_have_no_hole_and_no_repeat() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(2).await;
    let mut known = make_events(&world, &owner, &panel.outlets, "0").await;
    let mut read: Vec<Value> = vec![known[0].clone()];
    for round in 1..5 {
        // What comes while nobody reads, and what comes while somebody does.
        known = make_events(&world, &owner, &panel.outlets, &format!("{round}a")).await;
        let last = read.last().unwrap()["id"].as_str().unwrap().to_owned();
        let request = owner.request(Method::GET, "/v1/events/stream");
        let mut chunks = request
            .header("last-event-id", last)
            .send()
            .await
            .unwrap()
            .bytes_stream();
        let mut text = String::new();
        while text.matches("\ndata: ").count() < known.len() - read.len() {
            text.push_str(std::str::from_utf8(&chunks.next().await.unwrap().unwrap()).unwrap());
        }
        let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
        read.extend(data.map(|json| serde_json::from_str::<Value>(json).unwrap()));
    }
    assert_eq!(read, known);
    world.stop().await;
}
