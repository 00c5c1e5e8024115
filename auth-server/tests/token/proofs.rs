//! Proofs of a key at the token endpoint (DPoP, RFC 9449): what a token is bound to, and how little a copied proof is worth.

use std::time::Duration;

use reqwest::{RequestBuilder, StatusCode};

use crate::holder::{Holder, Target};
use crate::key_client::KeyClient;
use crate::race::one_wins;
use crate::world::{FORM, World, assert_refused, json, new_client};
use api_spec::token::Confirmation;
use auth_server::admin::{NewClient, create_client};

const GRANT: &str = "grant_type=client_credentials";

impl World {
    fn proof(&self, holder: &Holder) -> String {
        self.proof_of(holder, "POST", "/oauth2/token")
    }

    fn proof_of(&self, holder: &Holder, method: &str, path: &str) -> String {
        holder.proof(Target {
            method,
            url: &self.url(path),
            token: None,
            at_s: self.clock.now_us() / 1_000_000,
        })
    }

    fn with_proof(&self, proof: &str) -> RequestBuilder {
        self.as_client(GRANT).header("dpop", proof)
    }
}

#[tokio::test]
async fn a_token_that_was_asked_for_with_a_proof_is_bound_to_its_key() {
    let world = World::start().await;
    let holder = Holder::new();
    let answer = world.with_proof(&world.proof(&holder)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let body = json(answer).await;
    assert_eq!(body["token_type"], "DPoP");
    let token = body["access_token"].as_str().unwrap();
    let claims = world.verify(token).await.claims;
    assert_eq!(claims.cnf, Some(Confirmation::Key(holder.jkt.clone())));

    let told = world.http.post(world.url("/oauth2/introspect"));
    let told = told
        .header("content-type", FORM)
        .body(format!("token={token}&{}", world.post_credentials()));
    let told = json(told.send().await.unwrap()).await;
    assert_eq!(
        (&told["active"], &told["token_type"], &told["cnf"]["jkt"]),
        (&true.into(), &"DPoP".into(), &holder.jkt.clone().into())
    );
    let plain = json(world.as_client(GRANT).send().await.unwrap()).await;
    assert_eq!(plain["token_type"], "Bearer");
    world.stop().await;
}

#[tokio::test]
async fn a_client_that_is_bound_to_proofs_gets_nothing_without_one() {
    let world = World::start().await;
    let new = NewClient {
        dpop_bound: true,
        ..new_client()
    };
    let client = create_client(&world.config, new).await.unwrap();
    assert!(client.dpop_bound_access_tokens);
    let asked = || {
        let login = (&client.client_id, Some(&client.proof.client_secret));
        world.token_request(GRANT.to_owned()).basic_auth(login.0, login.1)
    };
    let bare = asked().send().await.unwrap();
    assert_refused(bare, 400, "invalid_dpop_proof", "no proof").await;
    let holder = Holder::new();
    let with_proof = asked().header("dpop", world.proof(&holder));
    let body = json(with_proof.send().await.unwrap()).await;
    assert_eq!(body["token_type"], "DPoP", "{body}");
    // A wrong secret is told first: nobody learns from outside what a client needs.
    let stranger = world
        .token_request(GRANT.to_owned())
        .basic_auth(&client.client_id, Some("wrong"));
    assert_refused(stranger.send().await.unwrap(), 401, "invalid_client", "stranger").await;
    world.stop().await;
}

#[tokio::test]
async fn a_client_with_a_key_of_its_own_binds_its_tokens_to_another_one() {
    let world = World::start().await;
    let (client, holder) = (KeyClient::create(&world).await, Holder::new());
    let form = format!("{GRANT}&{}", KeyClient::form(&client.assertion(&world)));
    let asked = world.token_request(form).header("dpop", world.proof(&holder));
    let body = json(asked.send().await.unwrap()).await;
    assert_eq!(body["token_type"], "DPoP", "{body}");
    world.stop().await;
}

#[tokio::test]
async fn whatever_is_not_a_proof_of_this_request_is_refused_and_no_token_is_given_without_it() {
    let world = World::start().await;
    let holder = Holder::new();
    let good = || world.proof(&holder);
    let two = world.with_proof(&good()).header("dpop", good());
    let cases = [
        ("two proofs", two),
        (
            "one that is two",
            world.with_proof(&format!("{}, {}", good(), good())),
        ),
        (
            "another method",
            world.with_proof(&world.proof_of(&holder, "GET", "/oauth2/token")),
        ),
        (
            "another path",
            world.with_proof(&world.proof_of(&holder, "POST", "/oauth2/par")),
        ),
        ("empty", world.with_proof("")),
        ("no JWT", world.with_proof("abc")),
        ("no text", world.as_client(GRANT).header("dpop", &b"\xff\xfe"[..])),
    ];
    for (case, request) in cases {
        assert_refused(request.send().await.unwrap(), 400, "invalid_dpop_proof", case).await;
    }
    let host = world.with_proof(&holder.proof(Target {
        method: "POST",
        url: "https://evil.example/oauth2/token",
        token: None,
        at_s: world.clock.now_us() / 1_000_000,
    }));
    let host = host
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example");
    assert_refused(
        host.send().await.unwrap(),
        400,
        "invalid_dpop_proof",
        "by a header",
    )
    .await;
    world.stop().await;
}

#[tokio::test]
async fn a_proof_is_good_once_and_for_a_minute() {
    let world = World::start().await;
    let holder = Holder::new();
    let proof = world.proof(&holder);
    assert_eq!(
        world.with_proof(&proof).send().await.unwrap().status(),
        StatusCode::OK
    );
    for (case, jwt) in [
        ("again", proof.clone()),
        ("its twin", KeyClient::with_high_s(&proof)),
    ] {
        let again = world.with_proof(&jwt).send().await.unwrap();
        assert_refused(again, 400, "invalid_dpop_proof", case).await;
    }
    let kept = world.proof(&holder);
    world.clock.advance(Duration::from_secs(62));
    let late = world.with_proof(&kept).send().await.unwrap();
    assert_refused(late, 400, "invalid_dpop_proof", "late").await;
    world.stop().await;
}

#[tokio::test]
async fn who_is_not_a_client_uses_up_no_proof() {
    let world = World::start().await;
    let proof = world.proof(&Holder::new());
    let stranger = world.token_request(GRANT).basic_auth("cli_other", Some("x"));
    let refused = stranger.header("dpop", &proof).send().await.unwrap();
    assert_refused(refused, 401, "invalid_client", "a stranger").await;
    assert_eq!(
        world.with_proof(&proof).send().await.unwrap().status(),
        StatusCode::OK
    );
    world.stop().await;
}

#[tokio::test]
async fn of_sixteen_parallel_uses_of_one_proof_on_two_servers_one_wins() {
    let world = World::start().await;
    let other = auth_server::start(world.config_with_issuer(), world.clock.clone())
        .await
        .unwrap();
    for _round in 0..3 {
        let proof = world.proof(&Holder::new());
        let requests = |n| {
            let server = if n % 2 == 0 { &world.service } else { &other };
            let url = format!("http://{}/oauth2/token", server.address);
            let request = world.http.post(url).header("content-type", FORM);
            let request = request.header("dpop", &proof);
            let client = &world.client;
            let request = request.basic_auth(&client.client_id, Some(&client.proof.client_secret));
            let request = request.body(GRANT);
            async move { request.send().await.unwrap().status() }
        };
        one_wins(StatusCode::OK, StatusCode::BAD_REQUEST, requests).await;
    }
    other.stop().await;
    world.stop().await;
}
