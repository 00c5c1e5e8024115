//! Tokens that are given, and what is in them.

use api_spec::token::{ACCESS_TOKEN_TYPE, DEFAULT_AUDIENCE};
use jsonwebtoken::Algorithm;
use reqwest::StatusCode;
use serde_json::json;

use crate::world::{SCOPE, World, header, json};

const GRANT: &str = "grant_type=client_credentials";

#[tokio::test]
async fn a_token_verifies_with_the_published_key_and_says_who_may_do_what() {
    let world = World::start().await;
    let response = world.as_client(GRANT).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header(&response, "cache-control"), "no-store");
    assert_eq!(header(&response, "pragma"), "no-cache");
    assert_eq!(header(&response, "content-type"), "application/json");

    let body = json(response).await;
    let access_token = body["access_token"].as_str().unwrap();
    let expected =
        json!({"access_token": access_token, "token_type": "Bearer", "expires_in": 600, "scope": SCOPE});
    assert_eq!(body, expected);

    let token = world.verify(access_token).await;
    assert_eq!(token.header.typ.as_deref(), Some(ACCESS_TOKEN_TYPE));
    assert_eq!(token.header.alg, Algorithm::ES256);
    let claims = token.claims;
    assert_eq!(claims.sub, world.client.client_id);
    assert_eq!(claims.client_id, world.client.client_id);
    assert_eq!(
        (claims.aud.as_str(), claims.tenant.as_str()),
        (DEFAULT_AUDIENCE, "ten_test")
    );
    assert_eq!(claims.scope.to_string(), SCOPE);
    assert_eq!(claims.exp - claims.iat, 600);
    assert!((0..60).contains(&(world.clock.now_us() / 1_000_000 - claims.iat)));
    world.stop().await;
}

#[tokio::test]
async fn both_methods_of_authentication_give_tokens_and_no_two_are_the_same() {
    let world = World::start().await;
    let by_post = world.token_request(format!("{GRANT}&{}", world.post_credentials()));
    let mut ids = Vec::new();
    for request in [by_post, world.as_client(GRANT), world.as_client(GRANT)] {
        let body = json(request.send().await.unwrap()).await;
        ids.push(
            world
                .verify(body["access_token"].as_str().unwrap())
                .await
                .claims
                .jti,
        );
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3);
    world.stop().await;
}

#[tokio::test]
async fn requests_that_only_look_unusual_are_good() {
    let world = World::start().await;
    let id = &world.client.client_id;
    let good = [
        ("narrower scope", format!("{GRANT}&scope=outlets%3Aread")),
        (
            "scope in another order, repeated",
            format!("{GRANT}&scope=sessions:write+outlets:read+outlets:read"),
        ),
        ("empty scope is no scope", format!("{GRANT}&scope=")),
        (
            "the audience as resource",
            format!("{GRANT}&resource={DEFAULT_AUDIENCE}"),
        ),
        (
            "the audience as resource twice",
            format!("{GRANT}&resource={DEFAULT_AUDIENCE}&resource={DEFAULT_AUDIENCE}"),
        ),
        (
            "an unknown parameter",
            format!("{GRANT}&audience=x&foo=%E2%82%AC"),
        ),
        ("its own id beside Basic", format!("{GRANT}&client_id={id}")),
    ];
    for (case, body) in good {
        let response = world.as_client(body).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{case}");
    }
    let charset = world
        .http
        .post(world.url("/oauth2/token"))
        .body(format!("{GRANT}&{}", world.post_credentials()));
    let charset = charset.header("content-type", "application/x-www-form-urlencoded; charset=UTF-8");
    assert_eq!(charset.send().await.unwrap().status(), StatusCode::OK);
    world.stop().await;
}

#[tokio::test]
async fn a_narrower_scope_is_what_the_token_carries() {
    let world = World::start().await;
    let body = json(
        world
            .as_client(format!("{GRANT}&scope=outlets:read"))
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(body["scope"], "outlets:read");
    let claims = world.verify(body["access_token"].as_str().unwrap()).await.claims;
    assert_eq!(claims.scope.to_string(), "outlets:read");
    world.stop().await;
}

#[tokio::test]
async fn basic_credentials_are_percent_decoded() {
    let world = World::start().await;
    let encode = |text: &str| {
        text.bytes()
            .map(|byte| format!("%{byte:02X}"))
            .collect::<String>()
    };
    let (id, secret) = (
        encode(&world.client.client_id),
        encode(&world.client.proof.client_secret),
    );
    let request = world.token_request(GRANT).basic_auth(id, Some(secret));
    assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    world.stop().await;
}
