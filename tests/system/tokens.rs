//! Who may call the API: tokens that are missing, expired, for another API, or without the scope.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use system_tests::api::answer;
use system_tests::world::{Options, World};

async fn world() -> World {
    let options = Options {
        controller: false,
        ..Options::default()
    };
    World::start(options).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_good_token_nothing_is_told() {
    let world = world().await;
    let path = format!("/v1/outlets/{}", world.outlet_id(1));
    let good = world.api.token().await;
    let (head, signature) = good.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", signature.chars().rev().collect::<String>());
    let foreign = world
        .client_for_audience("urn:another:api")
        .await
        .fetch_token(&[])
        .await;
    let ask = |token: Option<String>| {
        let request = world.api.bare(Method::GET, &path);
        answer(match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
    };
    assert_eq!(ask(Some(good.clone())).await.unwrap().status, 200);
    for (what, token) in [
        ("missing", None),
        ("forged", Some(forged)),
        ("audience", Some(foreign)),
    ] {
        let refused = ask(token).await.unwrap();
        assert_eq!(refused.problem().0, 401, "{what}: {:#}", refused.body);
        assert!(refused.header("www-authenticate").starts_with("Bearer"), "{what}");
        assert!(!refused.body.to_string().contains(&world.site_id), "{what}");
    }
    let in_query = answer(
        world
            .api
            .bare(Method::GET, &format!("{path}?access_token={good}")),
    )
    .await
    .unwrap();
    assert_eq!(in_query.problem().0, 401);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_token_is_refused_and_a_fresh_one_is_not() {
    let world = world().await;
    let token = world.api.fetch_token(&[]).await;
    let ask = || answer(world.api.bare(Method::GET, "/v1/sites").bearer_auth(&token));
    assert_eq!(ask().await.unwrap().status, 200);
    world.clock.advance(Duration::from_secs(900));
    let refused = ask().await.unwrap();
    assert_eq!(refused.problem().0, 401);
    assert!(
        refused.header("www-authenticate").contains("invalid_token"),
        "{}",
        refused.header("www-authenticate")
    );
    world.api.get("/v1/sites").await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_opens_only_what_its_scopes_say() {
    let world = world().await;
    let token = world.api.fetch_token(&["outlets:read"]).await;
    let get = |path: String| answer(world.api.bare(Method::GET, &path).bearer_auth(&token));
    assert_eq!(
        get(format!("/v1/outlets/{}", world.outlet_id(1)))
            .await
            .unwrap()
            .status,
        200
    );
    for path in ["/v1/sites", "/v1/events", "/v1/webhook-endpoints"] {
        let refused = get(path.to_owned()).await.unwrap();
        assert_eq!(refused.problem().0, 403, "{path}");
        let challenge = refused.header("www-authenticate");
        assert!(challenge.contains("insufficient_scope"), "{path}: {challenge}");
    }
    let start = world
        .api
        .bare(Method::POST, "/v1/sessions")
        .bearer_auth(&token)
        .header("Idempotency-Key", "k");
    let refused = answer(start.json(&world.start_body(1, json!({})))).await.unwrap();
    assert_eq!(refused.problem().0, 403);
    world.stop().await;
}
