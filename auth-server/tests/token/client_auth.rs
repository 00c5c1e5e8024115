//! Client authentication: who is let in, until when, and how little a refusal tells.

use std::time::Duration;

use auth_server::admin::{disable_client, rotate_secret};
use reqwest::{Response, StatusCode};

use crate::pace::Pace;
use crate::world::{World, assert_refused, header};

const GRANT: &str = "grant_type=client_credentials";
const DAY_S: u32 = 86_400;

impl World {
    async fn try_secret(&self, secret: &str) -> StatusCode {
        let request = self
            .token_request(GRANT)
            .basic_auth(&self.client.client_id, Some(secret));
        request.send().await.unwrap().status()
    }
}

/// All that a stranger can see of an answer, except the time of day.
async fn visible(response: Response) -> (StatusCode, Vec<(String, String)>, String) {
    let shown = |name: &str| name != "date";
    let headers = response.headers().iter().filter(|(name, _)| shown(name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    let mut headers: Vec<_> = headers.collect();
    headers.sort();
    (response.status(), headers, response.text().await.unwrap())
}

#[tokio::test]
async fn an_unknown_client_looks_like_a_wrong_secret_and_like_a_disabled_client() {
    let world = World::start().await;
    let (id, secret) = (&world.client.client_id, &world.client.proof.client_secret);
    let stranger = foundation::ids::id("cli");
    let guess = foundation::secrets::SecretKind::ClientSecret.generate();
    let mut seen = Vec::new();
    for (id, secret) in [(id, &guess), (&stranger, &guess), (&stranger, secret)] {
        let basic = world.token_request(GRANT).basic_auth(id, Some(secret));
        let post = world.token_request(format!("{GRANT}&client_id={id}&client_secret={secret}"));
        seen.push(visible(basic.send().await.unwrap()).await);
        seen.push(visible(post.send().await.unwrap()).await);
    }
    disable_client(&world.config, id).await.unwrap();
    world.clock.advance(Duration::from_secs(1));
    let disabled = world.as_client(GRANT).send().await.unwrap();
    seen.push(visible(disabled).await);
    assert_eq!(seen[0].0, StatusCode::UNAUTHORIZED);
    assert!(seen.iter().all(|one| *one == seen[0]), "{seen:#?}");
    world.stop().await;
}

#[tokio::test]
async fn an_unknown_client_is_refused_no_sooner_and_no_later_than_a_wrong_secret() {
    let world = World::start().await;
    let (stranger, guess) = (foundation::ids::id("cli"), "dnr_cs_guess");
    let both = Pace::of_both(300, |kind, _turn| {
        let id = [&world.client.client_id, &stranger][kind];
        let asking = world.token_request(GRANT).basic_auth(id, Some(guess)).send();
        async { assert_eq!(asking.await.unwrap().status(), StatusCode::UNAUTHORIZED) }
    });
    Pace::assert_alike(both.await);
    world.stop().await;
}

#[tokio::test]
async fn who_does_not_prove_to_be_a_client_is_an_invalid_client() {
    let world = World::start().await;
    let (id, secret) = (&world.client.client_id, &world.client.proof.client_secret);
    let authorized = |value: &[u8]| {
        let value = reqwest::header::HeaderValue::from_bytes(value).unwrap();
        world.token_request(GRANT).header("authorization", value)
    };
    let post = |credentials: String| world.token_request(format!("{GRANT}&{credentials}"));
    let basic = |id: &str, secret: &str| world.token_request(GRANT).basic_auth(id, Some(secret));
    let cases = [
        ("nothing at all", world.token_request(GRANT)),
        ("an id alone", post(format!("client_id={id}"))),
        ("a secret alone", post(format!("client_secret={secret}"))),
        ("an empty secret", post(format!("client_id={id}&client_secret="))),
        ("an empty secret by Basic", basic(id, "")),
        ("an empty pair", basic("", "")),
        ("the secret cut short", basic(id, &secret[..secret.len() - 1])),
        ("a longer secret", basic(id, &format!("{secret}A"))),
        ("id in capitals", basic(&id.to_uppercase(), secret)),
        ("a blank after the id", basic(&format!("{id} "), secret)),
        ("id and secret exchanged", basic(secret, id)),
        ("NUL in the id", basic(&format!("{id}\0"), secret)),
        ("encoded NUL in the id", basic(&format!("{id}%00"), secret)),
        ("SQL in the id", basic("' OR '1'='1", secret)),
        ("a very long id", basic(&"a".repeat(20_000), secret)),
        ("bearer", authorized(format!("Bearer {secret}").as_bytes())),
        ("no scheme", authorized(secret.as_bytes())),
        ("not base64", authorized(b"Basic %%%")),
        ("base64 of no UTF-8", authorized(b"Basic //79/w==")),
        ("a header of no UTF-8", authorized(b"Basic \xff\xfe")),
        ("empty header", authorized(b"")),
    ];
    for (case, request) in cases {
        assert_refused(request.send().await.unwrap(), 401, "invalid_client", case).await;
    }
    world.stop().await;
}

#[tokio::test]
async fn two_ways_of_authentication_at_once_are_refused_although_both_are_right() {
    let world = World::start().await;
    let (id, secret) = (&world.client.client_id, &world.client.proof.client_secret);
    let both = format!("{GRANT}&{}", world.post_credentials());
    let cases = [
        ("Basic and post", world.as_client(both.clone())),
        (
            "Basic and a secret",
            world.as_client(format!("{GRANT}&client_secret={secret}")),
        ),
        (
            "Basic and another id",
            world.as_client(format!("{GRANT}&client_id=cli_other")),
        ),
        ("Basic twice", world.as_client(GRANT).basic_auth(id, Some(secret))),
        (
            "the id twice",
            world.token_request(format!("{both}&client_id={id}")),
        ),
        (
            "the secret twice",
            world.token_request(format!("{both}&client_secret={secret}")),
        ),
    ];
    for (case, request) in cases {
        assert_refused(request.send().await.unwrap(), 400, "invalid_request", case).await;
    }
    world.stop().await;
}

#[tokio::test]
async fn credentials_in_the_url_are_refused_although_they_are_right() {
    let world = World::start().await;
    let url = world.url(&format!("/oauth2/token?{}", world.post_credentials()));
    let request = world
        .http
        .post(url)
        .header("content-type", crate::world::FORM)
        .body(GRANT);
    let response = request.send().await.unwrap();
    assert_refused(response, 400, "invalid_request", "in the query").await;
    world.stop().await;
}

#[tokio::test]
async fn a_new_secret_works_at_once_and_the_old_one_until_the_overlap_ends() {
    let world = World::start().await;
    let old = &world.client.proof.client_secret;
    let rotated = rotate_secret(&world.config, &world.client.client_id, DAY_S)
        .await
        .unwrap();
    let new = &rotated.client_secret;
    assert_eq!(
        (world.try_secret(old).await, world.try_secret(new).await),
        (StatusCode::OK, StatusCode::OK)
    );
    world.clock.advance(Duration::from_secs(u64::from(DAY_S) + 1));
    assert_eq!(world.try_secret(old).await, StatusCode::UNAUTHORIZED);
    assert_eq!(world.try_secret(new).await, StatusCode::OK);
    world.stop().await;
}

#[tokio::test]
async fn at_most_two_secrets_are_good_and_no_overlap_ends_the_old_one() {
    let world = World::start().await;
    let id = &world.client.client_id;
    let second = rotate_secret(&world.config, id, DAY_S)
        .await
        .unwrap()
        .client_secret;
    let third = rotate_secret(&world.config, id, DAY_S)
        .await
        .unwrap()
        .client_secret;
    let mut seen = Vec::new();
    for secret in [&world.client.proof.client_secret, &second, &third] {
        seen.push(world.try_secret(secret).await.as_u16());
    }
    assert_eq!(seen, [401, 200, 200]);
    let fourth = rotate_secret(&world.config, id, 0).await.unwrap().client_secret;
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.try_secret(&third).await, StatusCode::UNAUTHORIZED);
    assert_eq!(world.try_secret(&fourth).await, StatusCode::OK);
    world.stop().await;
}

#[tokio::test]
async fn a_busy_client_that_is_disabled_gets_nothing_a_second_later() {
    let world = World::start().await;
    assert_eq!(
        world.as_client(GRANT).send().await.unwrap().status(),
        StatusCode::OK
    );
    disable_client(&world.config, &world.client.client_id)
        .await
        .unwrap();
    world.clock.advance(Duration::from_secs(1));
    let response = world.as_client(GRANT).send().await.unwrap();
    assert!(header(&response, "www-authenticate").starts_with("Basic "));
    assert_refused(response, 401, "invalid_client", "disabled").await;
    world.stop().await;
}
