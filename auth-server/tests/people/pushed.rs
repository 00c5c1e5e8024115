//! Pushed authorization requests (RFC 9126): handed over by the client itself, good once.

use std::time::Duration;

use auth_server::admin::CreatedClient;
use reqwest::StatusCode;

use crate::flow::{BACK, CHALLENGE, SCOPE, client, operator, str_of};
use crate::world::{FORM, World, assert_refused, json};

fn push(world: &World, client: &CreatedClient, changed: &[(&str, &str)]) -> reqwest::RequestBuilder {
    let path = crate::flow::request(client, changed);
    let (_, body) = path.split_once('?').unwrap();
    let request = world
        .http
        .post(world.url("/oauth2/par"))
        .header("content-type", FORM);
    request
        .basic_auth(&client.client_id, Some(&client.proof.client_secret))
        .body(body.to_owned())
}

fn authorize(client_id: &str, uri: &str) -> String {
    format!(
        "/oauth2/authorize?{}",
        crate::browser::encode(&[("client_id", client_id), ("request_uri", uri)])
    )
}

#[tokio::test]
async fn a_pushed_request_is_gone_on_with_by_its_name_alone_and_once() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let response = push(&world, &client, &[]).send().await.unwrap();
    assert_eq!(
        (response.status(), &response.headers()["cache-control"]),
        (StatusCode::CREATED, &"no-store".parse().unwrap())
    );
    let pushed = json(response).await;
    let uri = str_of(&pushed, "request_uri");
    assert!(uri.starts_with("urn:ietf:params:oauth:request_uri:dnr_rq_") && pushed["expires_in"] == 600);

    let other = crate::flow::client(&world, true).await;
    let stolen = browser.follow(&authorize(&other.client_id, uri)).await;
    assert_eq!(
        (stolen.status, stolen.location()),
        (StatusCode::BAD_REQUEST, String::new())
    );
    let page = browser.follow(&authorize(&client.client_id, uri)).await;
    assert!(
        page.location().starts_with(BACK) && page.parameter("code").is_some(),
        "{}",
        page.location()
    );
    assert_eq!(page.parameter("state").as_deref(), Some("s1"));
    let again = browser.follow(&authorize(&client.client_id, uri)).await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST);
    world.stop().await;
}

#[tokio::test]
async fn what_is_wrong_is_told_when_it_is_pushed() {
    let world = World::start().await;
    let client = client(&world, true).await;
    let cases: [(&[(&str, &str)], &str); 6] = [
        (&[("redirect_uri", "https://evil.example")], "invalid_request"),
        (&[("scope", "webhooks:write")], "invalid_scope"),
        (&[("response_type", "token")], "unsupported_response_type"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("request_uri", "urn:x")], "invalid_request"),
        (&[("resource", "urn:another:api")], "invalid_target"),
    ];
    for (changed, expected) in cases {
        let answer = push(&world, &client, changed).send().await.unwrap();
        assert_refused(answer, 400, expected, &format!("{changed:?}")).await;
    }
    let foreign = push(&world, &client, &[("client_id", "cli_other")])
        .send()
        .await
        .unwrap();
    assert_refused(foreign, 400, "invalid_request", "for another client").await;
    let nobody = world
        .http
        .post(world.url("/oauth2/par"))
        .header("content-type", FORM);
    let fields = [
        ("client_id", client.client_id.as_str()),
        ("redirect_uri", BACK),
        ("scope", SCOPE),
        ("code_challenge", CHALLENGE),
    ];
    let nobody = nobody.body(crate::browser::encode(&fields)).send().await.unwrap();
    assert_refused(nobody, 401, "invalid_client", "nobody").await;
    world.stop().await;
}

#[tokio::test]
async fn a_pushed_request_is_good_for_ten_minutes() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let pushed = json(push(&world, &client, &[]).send().await.unwrap()).await;
    world.clock.advance(Duration::from_secs(600));
    let page = browser
        .follow(&authorize(&client.client_id, str_of(&pushed, "request_uri")))
        .await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    world.stop().await;
}
