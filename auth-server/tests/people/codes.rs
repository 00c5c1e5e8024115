//! Authorization codes: good once, for a minute, for whoever asked. ASVS V10.4.2, RFC 9700 §4.5, §4.8.

use std::time::Duration;

use auth_server::admin::{disable_client, list_clients};
use reqwest::StatusCode;

use crate::flow::{client, code, is_active, operator, redemption, str_of, token_request};
use crate::race::one_wins;
use crate::world::{World, assert_refused, json};

#[tokio::test]
async fn a_code_is_bound_to_client_address_and_verifier_and_a_wrong_try_does_not_use_it_up() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let other = crate::flow::client(&world, true).await;
    let code = code(&mut browser, &client).await;
    let longer = "v".repeat(129);
    let twin = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl";
    let cases: [(&[(&str, &str)], &str); 8] = [
        (
            &[("redirect_uri", "http://127.0.0.1:9/callback")],
            "invalid_grant",
        ),
        (&[("code_verifier", twin)], "invalid_grant"),
        (&[("code", "dnr_ac_x")], "invalid_grant"),
        (&[("code_verifier", "")], "invalid_request"),
        (&[("code_verifier", "short")], "invalid_request"),
        (&[("code_verifier", &longer)], "invalid_request"),
        (&[("redirect_uri", "")], "invalid_request"),
        (&[("code", "")], "invalid_request"),
    ];
    for (changed, expected) in cases {
        let answer = redemption(&world, &client, &code, changed).send().await.unwrap();
        assert_refused(answer, 400, expected, &format!("{changed:?}")).await;
    }
    let answer = redemption(&world, &other, &code, &[]).send().await.unwrap();
    assert_refused(answer, 400, "invalid_grant", "another client").await;
    let answer = redemption(&world, &client, &code, &[]).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    world.stop().await;
}

#[tokio::test]
async fn a_code_used_twice_ends_all_that_came_of_it() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let code = code(&mut browser, &client).await;
    let answer = json(redemption(&world, &client, &code, &[]).send().await.unwrap()).await;
    let (access, refresh) = (str_of(&answer, "access_token"), str_of(&answer, "refresh_token"));
    assert!(is_active(&world, &client, access).await);
    let again = redemption(&world, &client, &code, &[]).send().await.unwrap();
    assert_refused(again, 400, "invalid_grant", "again").await;
    assert!(!is_active(&world, &client, access).await);
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let refreshed = token_request(&world, &client, &fields).send().await.unwrap();
    assert_refused(refreshed, 400, "invalid_grant", "refresh").await;
    let told = world
        .http
        .get(world.url("/oauth2/userinfo"))
        .bearer_auth(access)
        .send()
        .await
        .unwrap();
    assert_eq!(told.status(), StatusCode::UNAUTHORIZED);
    world.stop().await;
}

#[tokio::test]
async fn a_code_is_good_for_a_minute() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let code = code(&mut browser, &client).await;
    world.clock.advance(Duration::from_secs(60));
    let answer = redemption(&world, &client, &code, &[]).send().await.unwrap();
    assert_refused(answer, 400, "invalid_grant", "late").await;
    world.stop().await;
}

#[tokio::test]
async fn of_sixteen_parallel_redemptions_on_two_servers_one_wins() {
    let world = World::start().await;
    let other = auth_server::start(world.config_with_issuer(), world.clock.clone())
        .await
        .unwrap();
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    for _round in 0..3 {
        let code = code(&mut browser, &client).await;
        let requests = |n| {
            let mut request = redemption(&world, &client, &code, &[]).build().unwrap();
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

#[tokio::test]
async fn grant_types_are_each_client_s_own() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let own_name = token_request(&world, &client, &[("grant_type", "client_credentials")]);
    assert_refused(
        own_name.send().await.unwrap(),
        400,
        "unauthorized_client",
        "in its own name",
    )
    .await;
    let code = code(&mut browser, &client).await;
    let machine = world.as_client(format!(
        "grant_type=authorization_code&code={code}&redirect_uri=x&code_verifier=x"
    ));
    assert_refused(
        machine.send().await.unwrap(),
        400,
        "unauthorized_client",
        "a machine",
    )
    .await;
    disable_client(&world.config, &client.client_id).await.unwrap();
    assert!(
        list_clients(&world.config)
            .await
            .unwrap()
            .iter()
            .any(|client| client.disabled_at.is_some())
    );
    world.clock.advance(Duration::from_secs(1));
    let answer = redemption(&world, &client, &code, &[]).send().await.unwrap();
    assert_refused(answer, 401, "invalid_client", "disabled").await;
    world.stop().await;
}
