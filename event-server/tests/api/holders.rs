//! Tokens that are bound to a key or a certificate (RFC 9449 §7, RFC 8705 §3): good for whoever holds it alone.

use std::time::Duration;

use serde_json::{Value, json};

use crate::holder::{Holder, Target};
use crate::world::{Answer, World, answer, claims};

const PATH: &str = "/v1/sites";

/// A token of tenant `t1` that is bound to something.
fn bound(world: &World, cnf: Value) -> String {
    let mut claims = claims(&world.issuer, "t1", "sites:read");
    claims["cnf"] = cnf;
    world.issuer.token(&claims)
}

async fn show(world: &World, authorization: String, proofs: &[String]) -> Answer {
    let request = world.http.get(world.url(PATH));
    let request = request.header("authorization", authorization);
    answer(
        proofs
            .iter()
            .fold(request, |request, proof| request.header("dpop", proof)),
    )
    .await
}

impl World {
    fn target<'a>(&self, url: &'a str, token: &'a str) -> Target<'a> {
        Target {
            method: "GET",
            url,
            token: Some(token),
            at_s: self.clock.now_us() / 1_000_000,
        }
    }
}

fn assert_challenged(answer: &Answer, code: &str, challenge: &str, case: &str) {
    let found = (answer.status.as_u16(), &answer.body["code"], answer.challenge());
    assert_eq!(found, (401, &json!(code), challenge), "{case}: {}", answer.body);
}

const BAD_TOKEN: &str = r#"DPoP error="invalid_token", algs="ES256""#;
const BAD_PROOF: &str = r#"DPoP error="invalid_dpop_proof", algs="ES256""#;

#[tokio::test]
async fn a_token_that_is_bound_to_a_key_opens_with_a_new_proof_for_each_request() {
    let world = World::start().await;
    let holder = Holder::new();
    let token = bound(&world, json!({ "jkt": holder.jkt }));
    let url = world.url(PATH);
    for scheme in ["DPoP", "dpop"] {
        let proof = holder.proof(world.target(&url, &token));
        let shown = show(&world, format!("{scheme} {token}"), std::slice::from_ref(&proof)).await;
        assert_eq!(shown.status, 200, "{}", shown.body);
        let again = show(&world, format!("{scheme} {token}"), &[proof]).await;
        assert_challenged(&again, "invalid-dpop-proof", BAD_PROOF, "again");
    }
    let query = world.http.get(world.url("/v1/sites?limit=1"));
    let query = query.header("authorization", format!("DPoP {token}"));
    let query = query.header("dpop", holder.proof(world.target(&url, &token)));
    answer(query).await.expect(200);
    world.stop().await;
}

#[tokio::test]
async fn a_token_that_is_bound_to_a_key_is_shown_no_other_way() {
    let world = World::start().await;
    let (holder, thief) = (Holder::new(), Holder::new());
    let token = bound(&world, json!({ "jkt": holder.jkt }));
    let url = world.url(PATH);
    let target = world.target(&url, &token);
    let [by_holder, by_thief] = [&holder, &thief].map(|who| who.proof(target));
    let two = [holder.proof(target), holder.proof(target)];
    let cases: [(&str, &str, &[String], &str); 6] = [
        ("as Bearer", "Bearer", &[], BAD_TOKEN),
        ("as Bearer with a proof", "Bearer", &[by_holder], BAD_TOKEN),
        ("by another key", "DPoP", &[by_thief], BAD_TOKEN),
        ("without a proof", "DPoP", &[], BAD_PROOF),
        ("with two", "DPoP", &two, BAD_PROOF),
        ("with no JWT", "DPoP", &["abc".into()], BAD_PROOF),
    ];
    for (case, scheme, proofs, challenge) in cases {
        let shown = show(&world, format!("{scheme} {token}"), proofs).await;
        let code = if challenge == BAD_TOKEN {
            "invalid-token"
        } else {
            "invalid-dpop-proof"
        };
        assert_challenged(&shown, code, challenge, case);
    }
    world.stop().await;
}

#[tokio::test]
async fn a_proof_of_another_request_opens_nothing() {
    let world = World::start().await;
    let holder = Holder::new();
    let token = bound(&world, json!({ "jkt": holder.jkt }));
    let (url, outlets) = (world.url(PATH), world.url("/v1/outlets"));
    let good = world.target(&url, &token);
    let to = |url| Target { url, ..good };
    let with = |token| Target { token, ..good };
    let at = |at_s| Target { at_s, ..good };
    let post = Target {
        method: "POST",
        ..good
    };
    let cases = [
        ("another method", post),
        ("another path", to(&outlets)),
        ("another server", to("https://evil.example/v1/sites")),
        ("no token", with(None)),
        ("another token", with(Some("x"))),
        ("a minute ago", at(good.at_s - 62)),
        ("in half a minute", at(good.at_s + 30)),
    ];
    for (case, target) in cases {
        let shown = show(&world, format!("DPoP {token}"), &[holder.proof(target)]).await;
        assert_challenged(&shown, "invalid-dpop-proof", BAD_PROOF, case);
    }
    world.stop().await;
}

#[tokio::test]
async fn an_unbound_token_is_not_shown_as_a_bound_one() {
    let world = World::start().await;
    let token = world.issuer.token(&claims(&world.issuer, "t1", "sites:read"));
    let url = world.url(PATH);
    let proof = Holder::new().proof(world.target(&url, &token));
    let shown = show(&world, format!("DPoP {token}"), &[proof]).await;
    assert_challenged(&shown, "invalid-token", BAD_TOKEN, "unbound");
    world.stop().await;
}

#[tokio::test]
async fn whoever_shows_a_token_with_a_proof_is_answered_in_that_scheme() {
    let world = World::start().await;
    let holder = Holder::new();
    let token = bound(&world, json!({ "jkt": holder.jkt }));
    let outlets = world.url("/v1/outlets");
    let request = world
        .http
        .get(&outlets)
        .header("authorization", format!("DPoP {token}"));
    let request = request.header("dpop", holder.proof(world.target(&outlets, &token)));
    let answer = answer(request).await;
    answer.is_problem(403, "insufficient-scope");
    let challenge = r#"DPoP error="insufficient_scope", scope="outlets:read", algs="ES256""#;
    assert_eq!(answer.challenge(), challenge);
    let shown = show(&world, "DPoP abc".into(), &[]).await;
    assert_challenged(&shown, "invalid-token", BAD_TOKEN, "garbage");
    world.stop().await;
}

#[tokio::test]
async fn a_proof_is_checked_also_where_the_token_was_seen_before() {
    let world = World::start().await;
    let holder = Holder::new();
    let token = bound(&world, json!({ "jkt": holder.jkt }));
    let url = world.url(PATH);
    let kept = holder.proof(world.target(&url, &token));
    let proof = holder.proof(world.target(&url, &token));
    assert_eq!(show(&world, format!("DPoP {token}"), &[proof]).await.status, 200);
    assert_eq!(show(&world, format!("Bearer {token}"), &[]).await.status, 401);
    world.clock.advance(Duration::from_secs(62));
    let late = show(&world, format!("DPoP {token}"), &[kept]).await;
    assert_challenged(&late, "invalid-dpop-proof", BAD_PROOF, "late");
    world.stop().await;
}

#[tokio::test]
async fn of_sixteen_parallel_uses_of_one_proof_one_opens() {
    let world = World::start().await;
    let holder = Holder::new();
    let token = bound(&world, json!({ "jkt": holder.jkt }));
    let url = world.url(PATH);
    let proof = [holder.proof(world.target(&url, &token))];
    let shown = (0..16).map(|_| show(&world, format!("DPoP {token}"), &proof));
    let shown = futures_util::future::join_all(shown).await;
    let opened = shown.iter().filter(|answer| answer.status == 200).count();
    let refused = shown.iter().filter(|answer| answer.status == 401).count();
    assert_eq!((opened, refused), (1, 15));
    world.stop().await;
}

#[tokio::test]
async fn the_address_is_the_one_that_the_server_is_known_by_and_never_a_header_s() {
    let world = World::start_with(|config| config.public_url = Some("https://events.example".into())).await;
    let holder = Holder::new();
    let token = bound(&world, json!({ "jkt": holder.jkt }));
    let local = world.url(PATH);
    for (url, status) in [
        ("https://events.example/v1/sites", 200),
        ("https://evil.example/v1/sites", 401),
        (local.as_str(), 401),
    ] {
        let request = world
            .http
            .get(&local)
            .header("authorization", format!("DPoP {token}"));
        let request = request.header("dpop", holder.proof(world.target(url, &token)));
        let request = request
            .header("host", "evil.example")
            .header("x-forwarded-host", "evil.example");
        let shown = answer(request.header("x-forwarded-proto", "https")).await;
        assert_eq!(shown.status, status, "{url}: {}", shown.body);
    }
    world.stop().await;
}

#[tokio::test]
async fn a_token_that_is_bound_to_a_certificate_is_refused_on_a_connection_without_it() {
    let world = World::start().await;
    let token = bound(
        &world,
        json!({ "x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" }),
    );
    let shown = show(&world, format!("Bearer {token}"), &[]).await;
    assert_challenged(
        &shown,
        "invalid-token",
        r#"Bearer error="invalid_token""#,
        "Bearer",
    );
    let url = world.url(PATH);
    let proof = Holder::new().proof(world.target(&url, &token));
    let shown = show(&world, format!("DPoP {token}"), &[proof]).await;
    assert_challenged(&shown, "invalid-token", BAD_TOKEN, "with a proof");
    world.stop().await;
}

#[tokio::test]
async fn whatever_a_token_may_be_bound_to_besides_is_refused() {
    let world = World::start().await;
    for cnf in [
        json!({}),
        json!({ "kid": "x" }),
        json!({ "jwk": {} }),
        json!("x"),
        json!({ "jkt": 7 }),
    ] {
        let token = bound(&world, cnf.clone());
        for scheme in ["Bearer", "DPoP"] {
            assert_eq!(
                show(&world, format!("{scheme} {token}"), &[]).await.status,
                401,
                "{cnf}"
            );
        }
    }
    world.stop().await;
}
