//! Which tokens open which doors.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use jsonwebtoken::EncodingKey;
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

/// RFC 9068 §4, CVE-2026-25537: a time that is a text is no time.
#[tokio::test]
async fn a_claim_that_is_missing_or_of_another_type_is_invalid_token() {
    let world = World::start().await;
    let good = claims(&world.issuer, "t1", GOOD);
    let required = [
        "iss",
        "sub",
        "aud",
        "client_id",
        "iat",
        "exp",
        "jti",
        "scope",
        "tenant",
    ];
    for name in required {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().remove(name);
        let answer = try_token(&world, &world.issuer.token(&claims)).await;
        answer.is_problem(401, "invalid-token");
    }
    let now = good["iat"].as_i64().unwrap();
    let later = now + 600;
    for (name, value) in [
        ("exp", json!(later.to_string())),
        ("exp", json!([later])),
        ("exp", json!(later as f64 + 0.5)),
        ("exp", json!(1e300)),
        ("exp", Value::Null),
        ("exp", json!(now - 5)),
        ("nbf", json!((now - 60).to_string())),
        ("iat", json!(now.to_string())),
        ("aud", json!(["urn:denro:event-server"])),
        ("scope", json!([GOOD])),
        ("tenant", json!(1)),
    ] {
        let mut claims = good.clone();
        claims[name] = value;
        let answer = try_token(&world, &world.issuer.token(&claims)).await;
        assert_eq!(answer.status, 401, "{name}: {}", claims[name]);
    }
    for typ in [
        json!("logout+jwt"),
        json!("secevent+jwt"),
        json!("at"),
        json!(""),
        Value::Null,
    ] {
        let header = json!({ "alg": "ES256", "typ": typ, "kid": "key-1" });
        let answer = try_token(&world, &world.issuer.signed(header, &good)).await;
        assert_eq!(answer.status, 401, "{typ}");
    }
    world.stop().await;
}

/// The same signature as others write it: a sequence of two numbers.
fn der(signature: &[u8]) -> Vec<u8> {
    let number = |half: &[u8]| {
        let digits = half.iter().skip_while(|digit| **digit == 0).copied();
        let mut digits: Vec<u8> = digits.collect();
        if digits.first().is_none_or(|first| *first > 0x7f) {
            digits.insert(0, 0);
        }
        [vec![2, u8::try_from(digits.len()).unwrap()], digits].concat()
    };
    let numbers = [number(&signature[..32]), number(&signature[32..])].concat();
    [vec![0x30, u8::try_from(numbers.len()).unwrap()], numbers].concat()
}

/// CVE-2015-9235, CVE-2018-0114, CVE-2022-21449, CVE-2024-37568, CVE-2025-59420. RFC 8725 §3.1.
#[tokio::test]
async fn no_header_and_no_signature_but_the_issuer_s_own_is_believed() {
    let world = World::start().await;
    let good = claims(&world.issuer, "t1", GOOD);
    let genuine = world.issuer.token(&good);
    let (message, signature) = genuine.rsplit_once('.').unwrap();
    let signature = B64.decode(signature).unwrap();
    let signed = |bytes: &[u8]| format!("{message}.{}", B64.encode(bytes));
    let part = |value: &Value| B64.encode(value.to_string());
    let unsigned = |header: Value| format!("{}.{}.", part(&header), part(&good));
    let alg = |alg: &str| json!({ "alg": alg, "typ": "at+jwt", "kid": "key-1" });
    let keys = world.http.get(format!("{}/oauth2/jwks", world.issuer.url()));
    let keys: Value = keys.send().await.unwrap().json().await.unwrap();
    let public = EncodingKey::from_secret(keys["keys"][1].to_string().as_bytes());
    let hmac = format!("{}.{}", part(&alg("HS256")), part(&good));
    let hs256 = jsonwebtoken::crypto::sign(hmac.as_bytes(), &public, jsonwebtoken::Algorithm::HS256).unwrap();
    let with = |name: &str, value: Value| {
        let mut header = alg("ES256");
        header[name] = value;
        header
    };
    let by_stranger = |header: Value| crate::world::stranger_token(header, &good);
    let kid = |kid: Value| world.issuer.signed(with("kid", kid), &good);
    assert_eq!(try_token(&world, &signed(&signature)).await.status, 200);
    for (what, token) in [
        ("none", unsigned(alg("none"))),
        ("None", unsigned(alg("None"))),
        ("NONE", unsigned(alg("NONE"))),
        ("nOnE", unsigned(alg("nOnE"))),
        ("no alg", unsigned(json!({ "typ": "at+jwt", "kid": "key-1" }))),
        ("HS256 with the public key", format!("{hmac}.{hs256}")),
        (
            "HS256 over the same signature",
            format!("{hmac}.{}", B64.encode(&signature)),
        ),
        ("r and s zero", signed(&[0; 64])),
        ("half a signature", signed(&signature[..32])),
        ("a byte more", signed(&[&signature[..], &[0]].concat())),
        ("in DER", signed(&der(&signature))),
        ("another key under this name", by_stranger(alg("ES256"))),
        (
            "a key elsewhere",
            by_stranger(with("jku", json!(world.issuer.url()))),
        ),
        ("crit", world.issuer.signed(with("crit", json!(["exp"])), &good)),
        (
            "crit of nothing",
            world.issuer.signed(with("crit", json!([])), &good),
        ),
        ("a path", kid(json!("../../../../dev/null"))),
        ("SQL", kid(json!("' OR '1'='1"))),
        ("a list", kid(json!(["key-1"]))),
        ("a number", kid(json!(1))),
        ("no name", kid(Value::Null)),
    ] {
        let answer = try_token(&world, &token).await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.body);
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
