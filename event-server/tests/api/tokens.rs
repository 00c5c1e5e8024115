//! Which tokens open which doors.

use serde_json::{Value, json};

use crate::world::{World, answer, claims};

const GOOD: &str = "sites:read";

async fn try_token(world: &World, token: &str) -> crate::world::Answer {
    answer(
        world
            .http
            .get(world.url("/v1/sites"))
            .header("authorization", format!("Bearer {token}")),
    )
    .await
}

#[tokio::test]
async fn a_good_token_opens_and_none_is_asked_for() {
    let world = World::start().await;
    world.caller("t1", GOOD).get("/v1/sites").await.expect(200);
    let none = answer(world.http.get(world.url("/v1/sites"))).await;
    none.is_problem(401, "missing-token");
    let url = world.url("/.well-known/oauth-protected-resource");
    let here = format!("resource_metadata=\"{url}\"");
    assert_eq!(
        none.header("www-authenticate"),
        format!("Bearer {here}, DPoP algs=\"ES256\", {here}")
    );
    world.stop().await;
}

#[tokio::test]
async fn scopes_that_are_not_known_here_are_passed_over() {
    let world = World::start().await;
    let caller = world.caller("t1", "tariffs:write sites:read");
    caller.get("/v1/sites").await.expect(200);
    caller
        .get("/v1/outlets")
        .await
        .is_problem(403, "insufficient-scope");
    world.stop().await;
}

#[tokio::test]
async fn every_fault_of_a_token_is_invalid_token() {
    let world = World::start().await;
    let good = claims(&world.issuer, "t1", GOOD);
    let header = json!({ "alg": "ES256", "typ": "at+jwt", "kid": "key-1" });
    let with_claim = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        world.issuer.token(&claims)
    };
    let with_header = |name: &str, value: Value| {
        let mut header = header.clone();
        header[name] = value;
        world.issuer.signed(header, &good)
    };
    let now = good["iat"].as_i64().unwrap();
    let stranger = crate::world::stranger_token(header.clone(), &good);
    let genuine = world.issuer.token(&good);
    let cut = genuine.rsplit_once('.').unwrap().0;
    let bad = [
        ("expired", with_claim("exp", json!(now - 10))),
        ("not yet", with_claim("nbf", json!(now + 60))),
        ("from the future", with_claim("iat", json!(now + 60))),
        ("another issuer", with_claim("iss", json!("https://evil.example"))),
        ("another audience", with_claim("aud", json!("urn:other"))),
        (
            "several audiences",
            with_claim("aud", json!(["urn:denro:event-server", "urn:other"])),
        ),
        ("no tenant", with_claim("tenant", json!(""))),
        ("another typ", with_header("typ", json!("JWT"))),
        ("another alg", with_header("alg", json!("ES384"))),
        ("none", format!("{cut}.")),
        ("crit", with_header("crit", json!(["b64"]))),
        ("unknown kid", with_header("kid", json!("key-2"))),
        ("an embedded key", stranger),
        ("too long", with_claim("pad", json!("x".repeat(9_000)))),
        ("garbage", "abc".into()),
        ("empty", String::new()),
    ];
    for (what, token) in bad {
        let answer = try_token(&world, &token).await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.body);
        assert_eq!(answer.challenge(), "Bearer error=\"invalid_token\"", "{what}");
    }
    world.stop().await;
}

#[tokio::test]
async fn headers_that_name_other_keys_are_ignored() {
    let world = World::start().await;
    let good = claims(&world.issuer, "t1", GOOD);
    let header = json!({ "alg": "ES256", "typ": "at+jwt", "kid": "key-1", "jku": "http://127.0.0.1:1/keys",
        "x5u": "http://127.0.0.1:1/x5u" });
    assert_eq!(
        try_token(&world, &world.issuer.signed(header, &good))
            .await
            .status,
        200
    );
    world.stop().await;
}

#[tokio::test]
async fn a_token_without_the_scope_is_told_which() {
    let world = World::start().await;
    let answer = world.caller("t1", "outlets:read").get("/v1/sites").await;
    answer.is_problem(403, "insufficient-scope");
    let challenge = answer.challenge();
    assert_eq!(
        challenge,
        "Bearer error=\"insufficient_scope\", scope=\"sites:read\""
    );
    world.stop().await;
}

/// Good but for the key that it names.
fn of_key(world: &World, kid: &str) -> String {
    let header = json!({ "alg": "ES256", "typ": "at+jwt", "kid": kid });
    world.issuer.signed(header, &claims(&world.issuer, "t1", GOOD))
}

#[tokio::test]
async fn a_thousand_unknown_keys_make_few_fetches_in_each_cool_down() {
    let world = World::start().await;
    let mut before = world.issuer.fetches();
    for round in 1..=2 {
        world.clock.advance(std::time::Duration::from_secs(11));
        let tokens: Vec<String> = (0..500)
            .map(|n| of_key(&world, &format!("made-up-{round}-{n}")))
            .collect();
        for some in tokens.chunks(50) {
            let answers = some.iter().map(|token| try_token(&world, token));
            for answer in futures_util::future::join_all(answers).await {
                match answer.status.as_u16() {
                    401 => {}
                    503 => assert!(answer.header("retry-after").parse::<u64>().unwrap() <= 10),
                    other => panic!("{other}: {}", answer.body),
                }
            }
        }
        assert_eq!(world.issuer.fetches(), before + 5);
        before += 5;
    }
    let unknown = try_token(&world, &of_key(&world, "made-up")).await;
    unknown.is_problem(503, "unavailable");
    assert_eq!(try_token(&world, &of_key(&world, "key-1")).await.status, 200);
    assert_eq!(world.issuer.fetches(), before);
    world.stop().await;
}

#[tokio::test]
async fn a_token_of_a_key_that_was_just_made_is_good_at_once_and_those_of_the_one_before_no_more() {
    let world = World::start().await;
    let old = of_key(&world, "key-1");
    assert_eq!(try_token(&world, &old).await.status, 200);
    assert_eq!(try_token(&world, &of_key(&world, "key-2")).await.status, 401);
    world.issuer.rename_key("key-2");
    assert_eq!(try_token(&world, &of_key(&world, "key-2")).await.status, 200);
    try_token(&world, &old).await.is_problem(401, "invalid-token");
    world.stop().await;
}

#[tokio::test]
async fn a_verified_token_ends_with_its_time() {
    let world = World::start().await;
    let mut soon = claims(&world.issuer, "t1", GOOD);
    soon["exp"] = json!(soon["iat"].as_i64().unwrap() + 60);
    let token = world.issuer.token(&soon);
    assert_eq!(try_token(&world, &token).await.status, 200);
    world.clock.advance(std::time::Duration::from_secs(70));
    assert_eq!(try_token(&world, &token).await.status, 401);
    world.stop().await;
}
