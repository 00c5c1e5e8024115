//! Refresh tokens: each good once, and a second use ends the family. ASVS V10.4.5, V10.4.8, RFC 9700 §4.14.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;

use crate::flow::{client, is_active, operator, str_of, token_request, tokens};
use crate::race::one_wins;
use crate::world::{World, assert_refused, json};

fn refresh(
    world: &World,
    client: &auth_server::admin::CreatedClient,
    token: &str,
    scope: &str,
) -> reqwest::RequestBuilder {
    let mut fields = vec![("grant_type", "refresh_token"), ("refresh_token", token)];
    if !scope.is_empty() {
        fields.push(("scope", scope));
    }
    token_request(world, client, &fields)
}

#[tokio::test]
async fn each_brings_the_next_and_a_second_use_ends_all_of_them() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let first = tokens(&world, &mut browser, &client).await;
    let second = json(
        refresh(&world, &client, str_of(&first, "refresh_token"), "")
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert!(second["id_token"].is_string(), "who it is, again");
    for answer in [&first, &second] {
        assert!(is_active(&world, &client, str_of(answer, "access_token")).await);
    }
    let stolen = refresh(&world, &client, str_of(&first, "refresh_token"), "")
        .send()
        .await
        .unwrap();
    assert_refused(stolen, 400, "invalid_grant", "used twice").await;
    let honest = refresh(&world, &client, str_of(&second, "refresh_token"), "")
        .send()
        .await
        .unwrap();
    assert_refused(honest, 400, "invalid_grant", "of the same family").await;
    for answer in [&first, &second] {
        assert!(!is_active(&world, &client, str_of(answer, "access_token")).await);
    }
    world.stop().await;
}

#[tokio::test]
async fn it_is_for_its_own_client_and_for_no_more_than_was_allowed() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let other = crate::flow::client(&world, true).await;
    let answer = tokens(&world, &mut browser, &client).await;
    let token = str_of(&answer, "refresh_token");
    let foreign = refresh(&world, &other, token, "").send().await.unwrap();
    assert_refused(foreign, 400, "invalid_grant", "another client").await;
    let nobody = world.token_request(format!("grant_type=refresh_token&refresh_token={token}"));
    assert_refused(nobody.send().await.unwrap(), 401, "invalid_client", "nobody").await;
    for wider in ["sites:read sites:write", "root", "webhooks:read"] {
        let answer = refresh(&world, &client, token, wider).send().await.unwrap();
        assert_refused(answer, 400, "invalid_scope", wider).await;
    }
    let narrower = json(
        refresh(&world, &client, token, "sites:read")
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(str_of(&narrower, "scope"), "sites:read");
    let whole = json(
        refresh(&world, &client, str_of(&narrower, "refresh_token"), "")
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(whole["scope"], answer["scope"], "only that token was narrower");
    world.stop().await;
}

#[tokio::test]
async fn nothing_is_good_longer_than_thirty_days_after_the_sign_in() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let mut answer: Value = tokens(&world, &mut browser, &client).await;
    for _day in 0..29 {
        world.clock.advance(Duration::from_secs(86_400));
        let refreshed = refresh(&world, &client, str_of(&answer, "refresh_token"), "")
            .send()
            .await
            .unwrap();
        assert_eq!(refreshed.status(), StatusCode::OK);
        answer = json(refreshed).await;
    }
    world.clock.advance(Duration::from_secs(86_400));
    let late = refresh(&world, &client, str_of(&answer, "refresh_token"), "")
        .send()
        .await
        .unwrap();
    assert_refused(late, 400, "invalid_grant", "after thirty days").await;
    world.stop().await;
}

#[tokio::test]
async fn of_sixteen_parallel_uses_on_two_servers_one_wins() {
    let world = World::start().await;
    let other = auth_server::start(world.config_with_issuer(), world.clock.clone())
        .await
        .unwrap();
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    for _round in 0..3 {
        let answer = tokens(&world, &mut browser, &client).await;
        let requests = |n| {
            let mut request = refresh(&world, &client, str_of(&answer, "refresh_token"), "")
                .build()
                .unwrap();
            if n % 2 == 1 {
                request.url_mut().set_port(Some(other.address.port())).unwrap();
            }
            let http = world.http.clone();
            async move { http.execute(request).await.unwrap().status() }
        };
        one_wins(StatusCode::OK, StatusCode::BAD_REQUEST, requests).await;
    }
    other.stop().await;
    world.stop().await;
}
