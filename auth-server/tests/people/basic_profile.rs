//! What the conformance suite of the OpenID Foundation asks of the basic profile, under the suite's own names. What has a
//! module of its own there and a table here is a row of it; what the suite does to browsers is done to ours.

use std::time::Duration;

use auth_server::admin::CreatedClient;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;

use crate::browser::{Browser, encode};
use crate::flow::{
    EMAIL, PASSWORD, accept, claims, client, code, operator, operator_code, redemption, request, str_of,
    token_request, tokens,
};
use crate::world::{World, json};

/// A server, a client that people are not asked about, and a person who has signed in.
struct Suite {
    world: World,
    client: CreatedClient,
    browser: Browser,
}

impl Suite {
    async fn start() -> Self {
        let world = World::start().await;
        let (client, browser) = (client(&world, true).await, operator(&world).await);
        Self {
            world,
            client,
            browser,
        }
    }

    /// The code for a request that differs in this from a plain one.
    async fn code(&mut self, changed: &[(&str, &str)]) -> String {
        let page = self.browser.follow(&request(&self.client, changed)).await;
        let code = page.parameter("code");
        code.unwrap_or_else(|| panic!("{changed:?}: {} {}", page.location(), page.html))
    }

    async fn tokens(&mut self, changed: &[(&str, &str)]) -> Value {
        let code = self.code(changed).await;
        let answer = redemption(&self.world, &self.client, &code, &[]);
        json(answer.send().await.unwrap()).await
    }

    async fn error(&mut self, changed: &[(&str, &str)]) -> String {
        let page = self.browser.follow(&request(&self.client, changed)).await;
        page.parameter("error").unwrap_or_default()
    }

    fn userinfo(&self, answer: &Value) -> RequestBuilder {
        let url = self.world.url("/oauth2/userinfo");
        self.world
            .http
            .get(url)
            .bearer_auth(str_of(answer, "access_token"))
    }

    async fn told(&self, answer: &Value) -> Value {
        json(self.userinfo(answer).send().await.unwrap()).await
    }
}

/// The claims of an id token just received over a connection to its issuer (OpenID Connect Core §3.1.3.7).
fn id_claims(answer: &Value) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let part = str_of(answer, "id_token").split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn oidcc_server() {
    let mut suite = Suite::start().await;
    let answer = suite.tokens(&[]).await;
    let claims = id_claims(&answer);
    assert_eq!(claims["iss"], suite.world.issuer());
    assert_eq!(claims["aud"], suite.client.client_id.as_str());
    assert_eq!(
        (&claims["nonce"], &answer["token_type"]),
        (&"n1".into(), &"Bearer".into())
    );
    assert_eq!(suite.told(&answer).await["sub"], claims["sub"]);
    suite.world.stop().await;
}

/// With a key that says who it is (`kid`), as the one that is published.
#[tokio::test]
async fn oidcc_idtoken_signature() {
    let mut suite = Suite::start().await;
    let answer = suite.tokens(&[]).await;
    let verified: Value = claims(&suite.world, str_of(&answer, "id_token"), &suite.client.client_id).await;
    assert_eq!(verified, id_claims(&answer));
    suite.world.stop().await;
}

#[tokio::test]
async fn oidcc_requests_that_must_succeed() {
    let mut suite = Suite::start().await;
    for (module, changed) in [
        (
            "oidcc-ensure-request-without-nonce-succeeds-for-code-flow",
            ("nonce", ""),
        ),
        (
            "oidcc-ensure-request-with-unknown-parameter-succeeds",
            ("extra", "foobar"),
        ),
        (
            "oidcc-ensure-request-with-acr-values-succeeds",
            ("acr_values", "1 2"),
        ),
        ("oidcc-ensure-request-with-valid-pkce-succeeds", ("display", "")),
        ("oidcc-display-page", ("display", "page")),
        ("oidcc-display-popup", ("display", "popup")),
        ("oidcc-login-hint", ("login_hint", "bob@example.com")),
        ("oidcc-ui-locales", ("ui_locales", "se")),
        ("oidcc-claims-locales", ("claims_locales", "se")),
        (
            "oidcc-claims-essential",
            ("claims", r#"{"userinfo":{"name":{"essential":true}}}"#),
        ),
        ("oidcc-max-age-10000", ("max_age", "10000")),
        ("oidcc-prompt-none-logged-in", ("prompt", "none")),
        ("oidcc-scope-all", ("scope", "openid profile email address phone")),
        (
            "oidcc-ensure-other-scope-order-succeeds",
            ("scope", "email openid"),
        ),
    ] {
        let answer = suite.tokens(&[changed]).await;
        assert!(answer["id_token"].is_string(), "{module}: {answer}");
    }
    suite.world.stop().await;
}

#[tokio::test]
async fn oidcc_scope_profile_email_address_phone() {
    let mut suite = Suite::start().await;
    for (scope, expected) in [
        ("openid profile", &["sub", "name", "locale"][..]),
        ("openid email", &["sub", "email", "email_verified"]),
        ("openid address", &["sub"]),
        ("openid phone", &["sub"]),
    ] {
        let answer = suite.tokens(&[("scope", scope)]).await;
        let told = suite.told(&answer).await;
        let told = told.as_object().unwrap();
        let has_all = expected.iter().all(|claim| told.contains_key(*claim));
        assert!(has_all && told.len() == expected.len(), "{scope}: {told:?}");
    }
    suite.world.stop().await;
}

#[tokio::test]
async fn oidcc_requests_that_must_be_refused() {
    let mut suite = Suite::start().await;
    for (module, changed, expected) in [
        (
            "oidcc-response-type-missing",
            ("response_type", ""),
            "unsupported_response_type",
        ),
        (
            "oidcc-unsigned-request-object",
            ("request", "e30.e30."),
            "request_not_supported",
        ),
        (
            "oidcc-ensure-request-object-with-redirect-uri",
            (
                "request",
                "eyJhbGciOiJub25lIn0.eyJyZWRpcmVjdF91cmkiOiJodHRwczovL2V2aWwuZXhhbXBsZS8ifQ.",
            ),
            "request_not_supported",
        ),
    ] {
        assert_eq!(suite.error(&[changed]).await, expected, "{module}");
    }
    for (module, changed) in [
        (
            "oidcc-ensure-registered-redirect-uri",
            ("redirect_uri", "https://console.example/other"),
        ),
        (
            "oidcc-request-uri-unsigned",
            ("request_uri", "https://console.example/request.jwt"),
        ),
    ] {
        let page = suite.browser.follow(&request(&suite.client, &[changed])).await;
        assert_eq!(
            (page.status, page.location()),
            (StatusCode::BAD_REQUEST, String::new()),
            "{module}"
        );
    }
    suite.world.stop().await;
}

#[tokio::test]
async fn oidcc_prompt_none_not_logged_in() {
    let mut suite = Suite::start().await;
    suite.browser = Browser::new(&suite.world);
    assert_eq!(suite.error(&[("prompt", "none")]).await, "login_required");
    suite.world.stop().await;
}

/// Both sign in anew and differ in `auth_time` from before.
#[tokio::test]
async fn oidcc_prompt_login_and_max_age_1() {
    let mut suite = Suite::start().await;
    let first = id_claims(&suite.tokens(&[]).await);
    for changed in [("prompt", "login"), ("max_age", "1")] {
        suite.world.clock.advance(Duration::from_secs(10));
        let page = suite.browser.follow(&request(&suite.client, &[changed])).await;
        let fields = [
            ("request", &*page.field("request")),
            ("email", EMAIL),
            ("password", PASSWORD),
        ];
        let page = suite.browser.submit("/login", &fields).await;
        let code = page.parameter("code").unwrap();
        let answer = json(
            redemption(&suite.world, &suite.client, &code, &[])
                .send()
                .await
                .unwrap(),
        )
        .await;
        let later = id_claims(&answer);
        assert_eq!(later["sub"], first["sub"], "{changed:?}");
        assert!(
            later["auth_time"].as_i64() > first["auth_time"].as_i64(),
            "{changed:?}"
        );
    }
    suite.world.stop().await;
}

#[tokio::test]
async fn oidcc_id_token_hint() {
    let mut suite = Suite::start().await;
    let first = suite.tokens(&[]).await;
    let hint = str_of(&first, "id_token").to_owned();
    let silently = [("prompt", "none"), ("id_token_hint", hint.as_str())];
    let second = id_claims(&suite.tokens(&silently).await);
    assert_eq!(second["sub"], id_claims(&first)["sub"]);

    let code = operator_code(&suite.world).await;
    suite.browser = Browser::new(&suite.world);
    accept(&mut suite.browser, &code, "somebody.else@example.jp").await;
    assert_eq!(
        suite.error(&silently).await,
        "login_required",
        "somebody else is there"
    );
    let forged = [("prompt", "none"), ("id_token_hint", "e30.e30.AA")];
    assert_eq!(suite.error(&forged).await, "login_required");
    suite.world.stop().await;
}

/// OpenID Connect Core §3.1.2.1: the authorization endpoint takes POST as well.
#[tokio::test]
async fn oidcc_ensure_post_request_succeeds() {
    let mut suite = Suite::start().await;
    let path = request(&suite.client, &[]);
    let body = path.split_once('?').unwrap().1.to_owned();
    let http = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none());
    let posted = http.build().unwrap().post(suite.world.url("/oauth2/authorize"));
    let posted = posted.header("content-type", crate::world::FORM).body(body);
    let posted = posted.send().await.unwrap();
    let location = posted.headers()["location"].to_str().unwrap().to_owned();
    assert!(suite.browser.follow(&location).await.parameter("code").is_some());
    suite.world.stop().await;
}

/// `oidcc-userinfo-post-body` is not for us: a token in a body ends in logs (RFC 6750 §2.2 is optional).
#[tokio::test]
async fn oidcc_userinfo_get_and_post_header() {
    let mut suite = Suite::start().await;
    let answer = suite.tokens(&[]).await;
    let url = suite.world.url("/oauth2/userinfo");
    let token = str_of(&answer, "access_token");
    let posted = suite
        .world
        .http
        .post(&url)
        .bearer_auth(token)
        .send()
        .await
        .unwrap();
    assert_eq!(json(posted).await, suite.told(&answer).await);
    let in_body = suite
        .world
        .http
        .post(&url)
        .header("content-type", crate::world::FORM);
    let in_body = in_body
        .body(encode(&[("access_token", token)]))
        .send()
        .await
        .unwrap();
    assert_eq!(in_body.status(), StatusCode::UNAUTHORIZED);
    suite.world.stop().await;
}

#[tokio::test]
async fn oidcc_codereuse_and_codereuse_30seconds() {
    let mut suite = Suite::start().await;
    for later in [Duration::ZERO, Duration::from_secs(30)] {
        let code = code(&mut suite.browser, &suite.client).await;
        let redeem = || redemption(&suite.world, &suite.client, &code, &[]).send();
        let answer = json(redeem().await.unwrap()).await;
        assert_eq!(
            suite.userinfo(&answer).send().await.unwrap().status(),
            StatusCode::OK
        );
        suite.world.clock.advance(later);
        assert_eq!(redeem().await.unwrap().status(), StatusCode::BAD_REQUEST);
        let refused = suite.userinfo(&answer).send().await.unwrap();
        assert_eq!(
            refused.status(),
            StatusCode::UNAUTHORIZED,
            "what came of it has ended"
        );
    }
    suite.world.stop().await;
}

#[tokio::test]
async fn oidcc_server_client_secret_post() {
    let mut suite = Suite::start().await;
    let code = suite.code(&[]).await;
    let (client, world) = (&suite.client, &suite.world);
    let body = encode(&[
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", crate::flow::BACK),
        ("code_verifier", crate::flow::VERIFIER),
        ("client_id", &client.client_id),
        ("client_secret", &client.proof.client_secret),
    ]);
    let answer = json(world.token_request(body).send().await.unwrap()).await;
    assert!(answer["id_token"].is_string(), "{answer}");
    suite.world.stop().await;
}

#[tokio::test]
async fn oidcc_refresh_token() {
    let mut suite = Suite::start().await;
    let first = tokens(&suite.world, &mut suite.browser, &suite.client).await;
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", str_of(&first, "refresh_token")),
    ];
    let second = token_request(&suite.world, &suite.client, &fields);
    let second = json(second.send().await.unwrap()).await;
    let (before, after) = (id_claims(&first), id_claims(&second));
    for claim in ["iss", "sub", "aud", "auth_time"] {
        assert_eq!(before[claim], after[claim], "OpenID Connect Core §12.2: {claim}");
    }
    assert!(!second["access_token"].is_null() && second["access_token"] != first["access_token"]);
    suite.world.stop().await;
}
