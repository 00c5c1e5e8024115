//! Addresses in requests: the server goes to none of them. CVE-2026-4874.

use std::io::ErrorKind;
use std::net::TcpListener;

use auth_server::admin::CreatedClient;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use serde_json::{Value, json};

use crate::browser::encode;
use crate::flow::{client, operator, request, str_of, token_request, tokens};
use crate::world::World;

/// A JWT of nobody whose header says that its key is elsewhere.
fn jwt_of_a_key_at(url: &str, typ: &str, claims: &Value) -> String {
    let header = json!({"alg": "ES256", "typ": typ, "kid": url, "jku": url, "x5u": url});
    let part = |value: &Value| B64.encode(value.to_string());
    format!("{}.{}.{}", part(&header), part(claims), B64.encode([1; 64]))
}

#[tokio::test]
async fn the_server_goes_nowhere_that_a_request_names() {
    let world = World::start().await;
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let url = format!("http://{}/trap", trap.local_addr().unwrap());
    let (client, mut browser) = (client(&world, true).await, operator(&world).await);
    let answer = tokens(&world, &mut browser, &client).await;
    let parameters = [
        "request_uri",
        "redirect_uri",
        "jwks_uri",
        "sector_identifier_uri",
        "logo_uri",
        "claims",
        "resource",
        "registration",
        "id_token_hint",
    ];
    for name in parameters {
        browser.get(&request(&client, &[(name, &url)])).await;
        let pushed = world.http.post(world.url("/oauth2/par"));
        let pushed = pushed.header("content-type", crate::world::FORM);
        let pushed = pushed.basic_auth(&client.client_id, Some(&client.proof.client_secret));
        let body = request(&client, &[(name, &url)]);
        let body = body.split_once('?').unwrap().1.to_owned();
        pushed.body(body).send().await.unwrap();
    }
    let id_token = str_of(&answer, "id_token");
    for hint in [id_token, &jwt_of_a_key_at(&url, "JWT", &json!({"iss": url}))] {
        let query = encode(&[("id_token_hint", hint), ("post_logout_redirect_uri", &url)]);
        browser.get(&format!("/oauth2/logout?{query}")).await;
    }
    by_the_back_door(&world, &client, &url).await;
    assert_eq!(trap.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    world.stop().await;
}

/// What programs send.
async fn by_the_back_door(world: &World, client: &CreatedClient, url: &str) {
    let claims = json!({"iss": url, "sub": client.client_id, "aud": world.issuer(), "jti": "j", "exp": 1});
    let assertion = jwt_of_a_key_at(url, "JWT", &claims);
    let fields = [
        ("grant_type", "client_credentials"),
        ("resource", url),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ),
        ("client_assertion", &assertion),
    ];
    world.token_request(encode(&fields)).send().await.unwrap();
    let proof = jwt_of_a_key_at(
        url,
        "dpop+jwt",
        &json!({"htu": url, "htm": "POST", "jti": "j", "iat": 1}),
    );
    let proved = token_request(world, client, &fields[..2]).header("dpop", proof);
    proved.send().await.unwrap();
    for path in ["/oauth2/introspect", "/oauth2/revoke"] {
        let asked = world.http.post(world.url(path));
        let asked = asked.header("content-type", crate::world::FORM);
        let token = jwt_of_a_key_at(url, "at+jwt", &claims);
        let asked = asked.body(encode(&[("token", &token)]));
        let asked = asked.basic_auth(&client.client_id, Some(&client.proof.client_secret));
        asked.send().await.unwrap();
    }
}
