//! Introspection (RFC 7662) and revocation (RFC 7009): who is told what, and what ends at once.

use std::time::Duration;

use auth_server::admin::{NewClient, create_client, disable_client, revoke_key};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::key_client::KeyClient;
use crate::world::{FORM, World, assert_refused, header, json, new_client};

const GRANT: &str = "grant_type=client_credentials";

type Login = (String, String);

impl World {
    async fn access_token(&self) -> String {
        let body = json(self.as_client(GRANT).send().await.unwrap()).await;
        body["access_token"].as_str().unwrap().to_owned()
    }

    fn own_login(&self) -> Login {
        (
            self.client.client_id.clone(),
            self.client.proof.client_secret.clone(),
        )
    }

    /// A client that is the server of an API.
    async fn resource_server(&self, audience: &str) -> Login {
        let new = NewClient {
            scopes: "".parse().unwrap(),
            introspects: Some(audience.into()),
            ..new_client()
        };
        let created = create_client(&self.config, new).await.unwrap();
        (created.client_id, created.proof.client_secret)
    }

    fn ask(&self, path: &str, body: String) -> RequestBuilder {
        self.http
            .post(self.url(path))
            .header("content-type", FORM)
            .body(body)
    }

    async fn introspect(&self, login: &Login, token: &str) -> Value {
        let request = self.ask("/oauth2/introspect", format!("token={token}"));
        let response = request.basic_auth(&login.0, Some(&login.1)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(header(&response, "cache-control"), "no-store");
        json(response).await
    }

    async fn revoke(&self, login: &Login, token: &str) -> StatusCode {
        let request = self.ask(
            "/oauth2/revoke",
            format!("token={token}&token_type_hint=refresh_token"),
        );
        request
            .basic_auth(&login.0, Some(&login.1))
            .send()
            .await
            .unwrap()
            .status()
    }

    /// Until a token is not active; what is done elsewhere is heard within a second.
    async fn until_inactive(&self, login: &Login, token: &str) {
        while self.introspect(login, token).await["active"] == true {
            tokio::task::yield_now().await;
        }
    }
}

fn inactive() -> Value {
    json!({"active": false})
}

#[tokio::test]
async fn a_client_is_told_of_its_own_tokens_and_an_api_s_server_of_those_for_the_api() {
    let world = World::start().await;
    let token = world.access_token().await;
    let claims = world.verify(&token).await.claims;
    let server = world.resource_server(&claims.aud).await;
    for login in [world.own_login(), server] {
        let told = world.introspect(&login, &token).await;
        let expected = json!({
            "active": true, "token_type": "Bearer", "iss": claims.iss, "sub": claims.sub, "aud": claims.aud,
            "client_id": claims.client_id, "iat": claims.iat, "exp": claims.exp, "jti": claims.jti,
            "scope": claims.scope.to_string(), "tenant": claims.tenant,
        });
        assert_eq!(told, expected);
    }
    world.stop().await;
}

/// CVE-2026-37979, CVE-2026-18208.
#[tokio::test]
async fn whoever_it_is_no_business_of_is_told_exactly_that_it_is_not_active() {
    let world = World::start().await;
    let token = world.access_token().await;
    let other = create_client(&world.config, new_client()).await.unwrap();
    let elsewhere = world.resource_server("urn:another:api").await;
    for login in [(other.client_id, other.proof.client_secret), elsewhere] {
        assert_eq!(world.introspect(&login, &token).await, inactive());
    }
    world.stop().await;
}

#[tokio::test]
async fn garbage_is_exactly_not_active() {
    let world = World::start().await;
    let (token, login) = (world.access_token().await, world.own_login());
    let (head, signature) = token.rsplit_once('.').unwrap();
    let stranger = KeyClient::create(&world).await;
    let forged = stranger.sign(&serde_json::to_value(world.verify(&token).await.claims).unwrap());
    let garbage = [
        "x".into(),
        "a.b.c".into(),
        format!("{head}."),
        format!("{head}.{}", "A".repeat(signature.len())),
        format!("{token}A"),
        "%00".into(),
        forged,
        "x".repeat(9000),
    ];
    for token in garbage {
        let request = world.ask("/oauth2/introspect", format!("token={token}"));
        let response = request.basic_auth(&login.0, Some(&login.1)).send().await.unwrap();
        if token == "%00" {
            assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        } else {
            assert_eq!(json(response).await, inactive(), "{token}");
        }
    }
    world.stop().await;
}

#[tokio::test]
async fn who_does_not_prove_to_be_a_client_is_told_nothing() {
    let world = World::start().await;
    let token = world.access_token().await;
    for path in ["/oauth2/introspect", "/oauth2/revoke"] {
        let body = || format!("token={token}");
        let bearer = world.ask(path, body()).bearer_auth(&token);
        let wrong = world
            .ask(path, body())
            .basic_auth(&world.client.client_id, Some("wrong"));
        for (case, request) in [
            ("nobody", world.ask(path, body())),
            ("bearer", bearer),
            ("wrong secret", wrong),
        ] {
            assert_refused(request.send().await.unwrap(), 401, "invalid_client", case).await;
        }
        let login = world.own_login();
        let tokenless = world
            .ask(path, String::new())
            .basic_auth(&login.0, Some(&login.1));
        assert_refused(
            tokenless.send().await.unwrap(),
            400,
            "invalid_request",
            "no token",
        )
        .await;
        let read = world.get(path).await;
        assert_eq!(
            (read.status(), header(&read, "allow")),
            (StatusCode::METHOD_NOT_ALLOWED, "POST")
        );
    }
    world.stop().await;
}

#[tokio::test]
async fn a_revoked_token_is_not_active_at_once_and_on_every_node_within_a_second() {
    let world = World::start().await;
    let other = auth_server::start(world.config_with_issuer(), world.clock.clone())
        .await
        .unwrap();
    let (token, kept, login) = (
        world.access_token().await,
        world.access_token().await,
        world.own_login(),
    );
    assert_eq!(world.revoke(&login, &token).await, StatusCode::OK);
    assert_eq!(world.introspect(&login, &token).await, inactive());
    assert_eq!(world.introspect(&login, &kept).await["active"], true);
    assert_eq!(
        world.revoke(&login, &token).await,
        StatusCode::OK,
        "twice is the same"
    );
    loop {
        let there = world
            .http
            .post(format!("http://{}/oauth2/introspect", other.address));
        let there = there.header("content-type", FORM).body(format!("token={token}"));
        let told = json(there.basic_auth(&login.0, Some(&login.1)).send().await.unwrap()).await;
        if told == inactive() {
            break;
        }
        tokio::task::yield_now().await;
    }
    other.stop().await;
    let world = world.restart_at_same_issuer().await;
    assert_eq!(
        world.introspect(&login, &token).await,
        inactive(),
        "after a restart"
    );
    assert_eq!(world.introspect(&login, &kept).await["active"], true);
    world.stop().await;
}

#[tokio::test]
async fn the_token_of_another_client_stays_and_the_answer_is_the_same() {
    let world = World::start().await;
    let (token, login) = (world.access_token().await, world.own_login());
    let other = create_client(&world.config, new_client()).await.unwrap();
    let other = (other.client_id, other.proof.client_secret);
    for token in [&*token, "garbage"] {
        assert_eq!(world.revoke(&other, token).await, StatusCode::OK);
    }
    assert_eq!(world.introspect(&login, &token).await["active"], true);
    world.stop().await;
}

#[tokio::test]
async fn a_token_ends_with_its_time_its_client_and_its_key() {
    let world = World::start().await;
    let server = world.resource_server(api_spec::token::DEFAULT_AUDIENCE).await;
    let token = world.access_token().await;
    assert_eq!(world.introspect(&server, &token).await["active"], true);
    world.clock.advance(Duration::from_secs(600));
    assert_eq!(world.introspect(&server, &token).await, inactive(), "expired");

    let token = world.access_token().await;
    let kid = jsonwebtoken::decode_header(&token).unwrap().kid.unwrap();
    assert_eq!(world.introspect(&server, &token).await["active"], true);
    revoke_key(&world.config, &kid).await.unwrap();
    world.until_inactive(&server, &token).await;

    let token = world.access_token().await;
    disable_client(&world.config, &world.client.client_id)
        .await
        .unwrap();
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.introspect(&server, &token).await, inactive(), "disabled");
    world.stop().await;
}

#[tokio::test]
async fn a_server_without_scopes_gets_no_tokens() {
    let world = World::start().await;
    let login = world.resource_server("urn:denro:event-server").await;
    let request = world.token_request(GRANT).basic_auth(&login.0, Some(&login.1));
    assert_refused(
        request.send().await.unwrap(),
        400,
        "unauthorized_client",
        "no scopes",
    )
    .await;
    world.stop().await;
}
