//! Client authentication by signed assertions (RFC 7523, private_key_jwt): strict, and each good once.

use std::time::Duration;

use auth_server::admin::{disable_client, revoke_key};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::doomed::{Doomed, KILLS, LATER, succeeds_at};
use crate::key_client::{KeyClient, part};
use crate::race::one_wins;
use crate::world::{World, assert_refused, json};

const GRANT: &str = "grant_type=client_credentials";

impl World {
    fn asserted(&self, jwt: &str) -> reqwest::RequestBuilder {
        self.token_request(format!("{GRANT}&{}", KeyClient::form(jwt)))
    }

    async fn status(&self, jwt: &str) -> StatusCode {
        self.asserted(jwt).send().await.unwrap().status()
    }
}

#[tokio::test]
async fn an_assertion_gets_a_token_with_and_without_the_key_s_name_and_the_client_s_id() {
    let world = World::start().await;
    let client = KeyClient::create(&world).await;
    let body = json(world.asserted(&client.assertion(&world)).send().await.unwrap()).await;
    let claims = world.verify(body["access_token"].as_str().unwrap()).await.claims;
    assert_eq!(claims.sub, client.id);

    let named = Header {
        kid: Some(client.kid.clone()),
        ..Header::new(Algorithm::ES256)
    };
    let named = encode(&named, &client.claims(&world), &client.key).unwrap();
    assert_eq!(world.status(&named).await, StatusCode::OK);
    let with_id = format!(
        "{GRANT}&client_id={}&{}",
        client.id,
        KeyClient::form(&client.assertion(&world))
    );
    assert_eq!(
        world.token_request(with_id).send().await.unwrap().status(),
        StatusCode::OK
    );
    world.stop().await;
}

/// ASVS 5.0 V10.4.16; RFC 7523 §3, RFC 7523bis on the audience, RFC 8725 on the rest.
#[tokio::test]
async fn whatever_is_not_exactly_an_assertion_of_the_client_is_refused() {
    let world = World::start().await;
    let client = KeyClient::create(&world).await;
    let now_s = world.clock.now_us() / 1_000_000;
    let with = |member: &str, value: Value| {
        let mut claims = client.claims(&world);
        claims[member] = value;
        client.sign(&claims)
    };
    let without = |member: &str| {
        let mut claims = client.claims(&world);
        claims.as_object_mut().unwrap().remove(member);
        client.sign(&claims)
    };
    let issuer = world.issuer();
    let cases = [
        (
            "aud is the token endpoint",
            with("aud", json!(world.url("/oauth2/token"))),
        ),
        ("aud is a list", with("aud", json!([issuer]))),
        (
            "aud is a list of two",
            with("aud", json!([issuer, "https://other.example"])),
        ),
        ("aud with a slash", with("aud", json!(format!("{issuer}/")))),
        ("aud missing", without("aud")),
        ("exp missing", without("exp")),
        ("exp in a year", with("exp", json!(now_s + 31_536_000))),
        ("exp in six minutes", with("exp", json!(now_s + 360))),
        ("exp a minute ago", with("exp", json!(now_s - 60))),
        ("exp as a text", with("exp", json!((now_s + 60).to_string()))),
        ("exp as a fraction", with("exp", json!(now_s as f64 + 60.5))),
        ("nbf as a text", with("nbf", json!((now_s - 60).to_string()))),
        ("nbf in a minute", with("nbf", json!(now_s + 60))),
        ("iat in a minute", with("iat", json!(now_s + 60))),
        ("jti missing", without("jti")),
        ("jti empty", with("jti", json!(""))),
        ("jti a number", with("jti", json!(7))),
        ("jti very long", with("jti", json!("j".repeat(257)))),
        ("sub another client", with("sub", json!(world.client.client_id))),
        ("iss another client", with("iss", json!(world.client.client_id))),
        ("iss missing", without("iss")),
        ("sub missing", without("sub")),
        ("longer than 8 kB", with("more", json!("x".repeat(8 * 1024)))),
        ("nothing", String::new()),
        ("no JWT", "abc".into()),
        ("two parts", "e30.e30".into()),
        ("four parts", format!("{}.e30", client.assertion(&world))),
    ];
    for (case, jwt) in cases {
        let answer = world.asserted(&jwt).send().await.unwrap();
        assert_refused(answer, 401, "invalid_client", case).await;
    }
    world.stop().await;
}

/// CVE-2015-9235, CVE-2018-0114, CVE-2022-21449 and their kin.
#[tokio::test]
async fn no_header_and_no_signature_but_the_client_s_own_is_believed() {
    let world = World::start().await;
    let client = KeyClient::create(&world).await;
    let claims = client.claims(&world);
    let (stranger, jwk) = KeyClient::pair();
    let payload = part(&claims);
    let forged = |header: Value, signature: &[u8]| {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
        format!("{}.{payload}.{}", part(&header), B64.encode(signature))
    };
    let by_stranger = |header: Header| encode(&header, &claims, &stranger).unwrap();
    let es256 = || Header::new(Algorithm::ES256);
    let public = EncodingKey::from_secret(client.jwk.to_string().as_bytes());
    let cases = [
        ("alg none", forged(json!({"alg": "none"}), b"")),
        ("alg NoNe", forged(json!({"alg": "NoNe"}), b"")),
        ("no alg", forged(json!({"typ": "JWT"}), b"")),
        (
            "HS256 with the public key",
            encode(&Header::new(Algorithm::HS256), &claims, &public).unwrap(),
        ),
        ("another key", by_stranger(es256())),
        (
            "another key under this name",
            by_stranger(Header {
                kid: Some(client.kid.clone()),
                ..es256()
            }),
        ),
        (
            "a key brought along",
            by_stranger(Header {
                jwk: serde_json::from_value(jwk).ok(),
                ..es256()
            }),
        ),
        (
            "a key elsewhere",
            by_stranger(Header {
                jku: Some("http://127.0.0.1:1/jwks".into()),
                ..es256()
            }),
        ),
        ("r and s zero", forged(json!({"alg": "ES256"}), &[0; 64])),
        ("half a signature", forged(json!({"alg": "ES256"}), &[1; 32])),
        (
            "a signature in DER",
            forged(json!({"alg": "ES256"}), &[0x30, 6, 2, 1, 1, 2, 1, 1]),
        ),
        ("crit", {
            let header = json!({"alg": "ES256", "crit": ["b64"], "b64": false});
            client.sign_parts(&part(&header), &payload)
        }),
    ];
    for (case, jwt) in cases {
        let answer = world.asserted(&jwt).send().await.unwrap();
        assert_refused(answer, 401, "invalid_client", case).await;
    }
    world.stop().await;
}

#[tokio::test]
async fn an_assertion_is_good_once_also_with_its_signature_turned() {
    let world = World::start().await;
    let client = KeyClient::create(&world).await;
    let jwt = client.assertion(&world);
    assert_eq!(world.status(&jwt).await, StatusCode::OK);
    let again = world.asserted(&jwt).send().await.unwrap();
    assert_refused(again, 401, "invalid_client", "again").await;
    // ECDSA signatures have a twin that verifies as well.
    let twin = KeyClient::with_high_s(&jwt);
    assert_ne!(twin, jwt);
    let again = world.asserted(&twin).send().await.unwrap();
    assert_refused(again, 401, "invalid_client", "the twin").await;
    // The same jti of another client is another assertion.
    let other = KeyClient::create(&world).await;
    let mut claims = other.claims(&world);
    let jti: Value = client.decoded(&jwt)["jti"].clone();
    claims["jti"] = jti;
    assert_eq!(world.status(&other.sign(&claims)).await, StatusCode::OK);
    world.stop().await;
}

#[tokio::test]
async fn of_sixteen_parallel_uses_of_one_assertion_on_two_servers_one_wins() {
    let world = World::start().await;
    let other = auth_server::start(world.config_with_issuer(), world.clock.clone())
        .await
        .unwrap();
    let client = KeyClient::create(&world).await;
    for _round in 0..3 {
        let form = format!("{GRANT}&{}", KeyClient::form(&client.assertion(&world)));
        let requests = |n| {
            let address = if n % 2 == 0 {
                world.service.address
            } else {
                other.address
            };
            let request = world.http.post(format!("http://{address}/oauth2/token"));
            let request = request
                .header("content-type", crate::world::FORM)
                .body(form.clone());
            async move { request.send().await.unwrap().status() }
        };
        one_wins(StatusCode::OK, StatusCode::UNAUTHORIZED, requests).await;
    }
    other.stop().await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_kill_makes_an_assertion_good_twice() {
    let world = World::start().await;
    let client = KeyClient::create(&world).await;
    let mut taken = [0; 2];
    for kill in 0..KILLS {
        let assertion = client.assertion(&world);
        let doomed = Doomed::start(&world);
        let ask = succeeds_at(doomed.address, world.asserted(&assertion));
        let first = doomed.asked(LATER * kill, ask).await;
        let second = world.status(&assertion).await == StatusCode::OK;
        assert!(!(first && second), "twice, killed after {:?}", LATER * kill);
        assert_ne!(world.status(&assertion).await, StatusCode::OK);
        taken[usize::from(first)] += 1;
    }
    assert!(taken[0] > 0, "every kill came too late: {taken:?}");
    world.stop().await;
}

#[tokio::test]
async fn who_has_a_key_has_no_secret_and_who_has_a_secret_has_no_key() {
    let world = World::start().await;
    let client = KeyClient::create(&world).await;
    let by_secret = world.token_request(GRANT).basic_auth(&client.id, Some("x"));
    assert_refused(
        by_secret.send().await.unwrap(),
        401,
        "invalid_client",
        "by secret",
    )
    .await;
    let mut claims = client.claims(&world);
    claims["iss"] = json!(world.client.client_id);
    claims["sub"] = claims["iss"].clone();
    let answer = world.asserted(&client.sign(&claims)).send().await.unwrap();
    assert_refused(answer, 401, "invalid_client", "by assertion").await;
    world.stop().await;
}

#[tokio::test]
async fn a_token_of_the_server_is_no_assertion_of_anybody() {
    let world = World::start().await;
    let body = json(world.as_client(GRANT).send().await.unwrap()).await;
    let answer = world
        .asserted(body["access_token"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    assert_refused(answer, 401, "invalid_client", "an access token").await;
    world.stop().await;
}

#[tokio::test]
async fn ways_of_authentication_are_not_mixed() {
    let world = World::start().await;
    let client = KeyClient::create(&world).await;
    let form = || KeyClient::form(&client.assertion(&world));
    let bad_type = form().replace("jwt-bearer", "saml2-bearer");
    let untyped = format!("client_assertion={}", client.assertion(&world));
    let cases = [
        ("with Basic", world.as_client(format!("{GRANT}&{}", form()))),
        (
            "with a secret",
            world.token_request(format!("{GRANT}&client_secret=x&{}", form())),
        ),
        ("another type", world.token_request(format!("{GRANT}&{bad_type}"))),
        ("no type", world.token_request(format!("{GRANT}&{untyped}"))),
    ];
    for (case, request) in cases {
        assert_refused(request.send().await.unwrap(), 400, "invalid_request", case).await;
    }
    let other = format!("{GRANT}&client_id={}&{}", world.client.client_id, form());
    let answer = world.token_request(other).send().await.unwrap();
    assert_refused(answer, 401, "invalid_client", "another client's id").await;
    world.stop().await;
}

#[tokio::test]
async fn a_disabled_client_asserts_nothing_more() {
    let world = World::start().await;
    let client = KeyClient::create(&world).await;
    assert_eq!(world.status(&client.assertion(&world)).await, StatusCode::OK);
    disable_client(&world.config, &client.id).await.unwrap();
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(
        world.status(&client.assertion(&world)).await,
        StatusCode::UNAUTHORIZED
    );
    assert!(
        revoke_key(&world.config, &client.kid).await.is_err(),
        "a client's key is none of the server's"
    );
    world.stop().await;
}
