//! Authorization requests: what is refused, where that is told, and when a person must sign in.

use std::time::Duration;

use reqwest::StatusCode;

use crate::browser::Browser;
use crate::flow::{BACK, EMAIL, PASSWORD, client, operator, request};
use crate::world::World;

/// Who asks, or where to answer, is in doubt: the person is told, and is sent nowhere (RFC 6749 §4.1.2.1). ASVS V10.4.1.
#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_the_registered_one_to_the_letter() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let variants = [
        "https://console.example/callback",
        "https://console.example/callback?app=1&x=2",
        "https://console.example/callback?app=10",
        "https://console.example/callback?app=1/",
        "https://console.example/callback/..;/?app=1",
        "https://console.example/x/../callback?app=1",
        "https://console.example/callback%00?app=1",
        "https://console.example/Callback?app=1",
        "https://CONSOLE.example/callback?app=1",
        "https://console.example:443/callback?app=1",
        "https://console.example.evil.example/callback?app=1",
        "https://evil.example/?https://console.example/callback?app=1",
        "https://console.example@evil.example/callback?app=1",
        "https://console.example@@evil.example/callback?app=1",
        "http://console.example/callback?app=1",
        "https://console.example/callback?app=1#x",
        "https://console.example/callback?app=1,https://evil.example",
        "//console.example/callback?app=1",
        "javascript:alert(1)",
        "http://127.0.0.1:10/callback",
    ];
    for uri in variants {
        let page = browser.get(&request(&client, &[("redirect_uri", uri)])).await;
        assert_eq!(
            (page.status, page.location()),
            (StatusCode::BAD_REQUEST, String::new()),
            "{uri}"
        );
        assert!(page.html.contains("unknown redirect_uri"), "{uri}");
    }
    let twice = format!(
        "{}&redirect_uri=https%3A%2F%2Fevil.example",
        request(&client, &[])
    );
    let others = [
        request(&client, &[("redirect_uri", "")]),
        request(&client, &[("client_id", "cli_nobody")]),
        request(&client, &[("client_id", &world.client.client_id)]),
        request(&client, &[("client_id", "")]),
        twice,
        format!(
            "/oauth2/authorize?client_id={}&request_uri=https%3A%2F%2Fevil.example",
            client.client_id
        ),
        format!("/oauth2/authorize?{}", "x".repeat(9000)),
        "/oauth2/authorize".into(),
    ];
    for path in others {
        let page = browser.get(&path).await;
        assert_eq!(
            (page.status, page.location()),
            (StatusCode::BAD_REQUEST, String::new()),
            "{path}"
        );
    }
    world.stop().await;
}

#[tokio::test]
async fn whatever_else_is_wrong_is_told_to_the_client() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let long = "n".repeat(257);
    let cases: [(&[(&str, &str)], &str); 19] = [
        (&[("response_type", "")], "unsupported_response_type"),
        (&[("response_type", "token")], "unsupported_response_type"),
        (&[("response_type", "code id_token")], "unsupported_response_type"),
        (&[("response_mode", "fragment")], "invalid_request"),
        (&[("code_challenge", "")], "invalid_request"),
        (&[("code_challenge", "short")], "invalid_request"),
        (&[("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("scope", "")], "invalid_scope"),
        (&[("scope", "address phone")], "invalid_scope"),
        (&[("scope", "openid webhooks:write")], "invalid_scope"),
        (&[("resource", "urn:another:api")], "invalid_target"),
        (&[("nonce", &long)], "invalid_request"),
        (&[("prompt", "none login")], "invalid_request"),
        (&[("max_age", "-1")], "invalid_request"),
        (&[("max_age", "soon")], "invalid_request"),
        (&[("request", "e30.e30.")], "request_not_supported"),
        (&[("prompt", "none"), ("max_age", "0")], "login_required"),
        (&[("state", "")], ""),
    ];
    for (changed, expected) in cases {
        // What was a moment ago is not now.
        world.clock.advance(Duration::from_secs(1));
        let page = browser.follow(&request(&client, changed)).await;
        assert!(
            page.location().starts_with(BACK),
            "{changed:?}: {} {}",
            page.location(),
            page.html
        );
        assert_eq!(
            page.parameter("error").unwrap_or_default(),
            expected,
            "{changed:?}"
        );
        assert_eq!(page.parameter("iss"), Some(world.issuer()));
        let state = (!changed.contains(&("state", ""))).then(|| "s1".to_owned());
        assert_eq!(page.parameter("state"), state, "{changed:?}");
    }
    world.stop().await;
}

/// CVE-2026-9689, CVE-2026-18209.
#[tokio::test]
async fn nothing_in_state_becomes_a_parameter_of_the_answer() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let state = "a&code=stolen&iss=https://evil.example#x\u{e9}%26";
    for prompt in ["", "none login"] {
        let page = browser
            .follow(&request(&client, &[("state", state), ("prompt", prompt)]))
            .await;
        assert_eq!(page.parameter("state").as_deref(), Some(state));
        assert_eq!(page.parameter("iss"), Some(world.issuer()));
        assert_eq!(page.location().matches("iss=").count(), 1, "{}", page.location());
        assert!(!page.location().contains('#') && !page.location().contains("code=stolen"));
    }
    world.stop().await;
}

#[tokio::test]
async fn who_has_not_signed_in_does_so_first_and_goes_on() {
    let world = World::start().await;
    let client = client(&world, true).await;
    operator(&world).await;
    let mut stranger = Browser::new(&world);
    let refused = stranger.follow(&request(&client, &[("prompt", "none")])).await;
    assert_eq!(refused.parameter("error").as_deref(), Some("login_required"));

    let page = stranger.follow(&request(&client, &[])).await;
    assert!(
        page.html.contains("Console") && page.html.contains("type=\"password\""),
        "{}",
        page.html
    );
    assert!(
        page.header("content-security-policy")
            .contains("form-action 'self' https://console.example;")
    );
    let kept = page.field("request");
    let wrong = stranger
        .submit(
            "/login",
            &[("request", &kept), ("email", EMAIL), ("password", "x")],
        )
        .await;
    assert_eq!(
        (wrong.status, wrong.field("request")),
        (StatusCode::FORBIDDEN, kept.clone())
    );
    let back = stranger
        .submit(
            "/login",
            &[("request", &kept), ("email", EMAIL), ("password", PASSWORD)],
        )
        .await;
    assert!(
        back.location().starts_with(BACK) && back.parameter("code").is_some(),
        "{}",
        back.location()
    );

    let again = stranger.follow(&format!("/login/go-on?request={kept}")).await;
    assert_eq!(
        again.status,
        StatusCode::BAD_REQUEST,
        "it was answered: {}",
        again.html
    );
    world.stop().await;
}

#[tokio::test]
async fn a_request_by_post_is_the_same() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let path = request(&client, &[]);
    let body = path.split_once('?').unwrap().1;
    let posted = world
        .http
        .post(world.url("/oauth2/authorize"))
        .header("content-type", crate::world::FORM);
    let http = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let posted = http
        .execute(posted.body(body.to_owned()).build().unwrap())
        .await
        .unwrap();
    let location = posted.headers()["location"].to_str().unwrap().to_owned();
    assert!(browser.follow(&location).await.parameter("code").is_some());
    world.stop().await;
}

#[tokio::test]
async fn prompt_login_and_max_age_ask_for_the_password_again() {
    let world = World::start().await;
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    world.clock.advance(Duration::from_secs(100));
    for (name, value, asks) in [
        ("max_age", "10000", false),
        ("max_age", "10", true),
        ("prompt", "none", false),
        ("prompt", "login", true),
        ("max_age", "0", true),
    ] {
        world.clock.advance(Duration::from_secs(100));
        let page = browser.follow(&request(&client, &[(name, value)])).await;
        assert_eq!(
            page.html.contains("type=\"password\""),
            asks,
            "{name}={value} {}",
            page.location()
        );
        if asks {
            let kept = page.field("request");
            let fields = [
                ("request", kept.as_str()),
                ("email", EMAIL),
                ("password", PASSWORD),
            ];
            let page = browser.submit("/login", &fields).await;
            assert!(
                page.parameter("code").is_some(),
                "{name}={value} {} {}",
                page.location(),
                page.html
            );
        } else {
            assert!(
                page.parameter("code").is_some(),
                "{name}={value} {}",
                page.location()
            );
        }
    }
    world.stop().await;
}

#[tokio::test]
async fn a_request_is_kept_for_ten_minutes() {
    let world = World::start().await;
    let client = client(&world, true).await;
    operator(&world).await;
    let mut stranger = Browser::new(&world);
    let page = stranger.follow(&request(&client, &[])).await;
    let kept = page.field("request");
    world.clock.advance(Duration::from_secs(601));
    let late = stranger
        .submit(
            "/login",
            &[("request", &kept), ("email", EMAIL), ("password", PASSWORD)],
        )
        .await;
    assert_eq!(late.status, StatusCode::BAD_REQUEST);
    assert!(late.html.contains("This took too long"), "{}", late.html);
    world.stop().await;
}
