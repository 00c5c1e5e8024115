//! OAuth clients that others wrote, in front of the auth-server and the API.

use auth_server::admin::{CreatedClient, NewClient, SignIn, create_client, create_key_client};
use serde_json::{Value, json};
use system_tests::peer::{Peer, Runtime};
use system_tests::world::{Options, World};

use crate::person::{EMAIL, Person};

async fn world() -> World {
    let options = Options {
        controller: false,
        ..Options::default()
    };
    World::start(options).await
}

fn new_client() -> NewClient {
    NewClient {
        name: "Peer".into(),
        tenant_id: "ten_world".into(),
        scopes: "outlets:read sessions:write".parse().unwrap(),
        audience: None,
        introspects: None,
        dpop_bound: false,
        sign_in: None,
    }
}

/// A client with a secret for the peer, and one with the key that it says; it is told of both.
async fn introduce(world: &World, peer: &mut Peer) -> CreatedClient {
    let key = peer.until("jwk").await["jwk"].to_string().parse().unwrap();
    let client = create_client(world.auth_config(), new_client()).await.unwrap();
    let keyed = create_key_client(world.auth_config(), new_client(), key)
        .await
        .unwrap();
    for line in [&client.client_id, &client.proof.client_secret, &keyed.client_id] {
        peer.tell(line).await;
    }
    peer.forget();
    client
}

fn said<'a>(lines: &'a [Value], key: &str) -> &'a Value {
    let found = lines.iter().find(|line| !line[key].is_null());
    &found.unwrap_or_else(|| panic!("nothing of {key} in {lines:#?}"))[key]
}

/// Each way of authentication got a token of the scope that it asked for, and the API is open to it.
async fn assert_tokens_open_the_api(world: &World, lines: &[Value], methods: &[&str]) {
    let tokens: Vec<&Value> = lines.iter().filter(|line| line["name"].is_string()).collect();
    let names: Vec<&Value> = tokens.iter().map(|token| &token["name"]).collect();
    assert_eq!(names, methods, "{lines:#?}");
    for token in tokens {
        assert_eq!(
            (&token["scope"], &token["active"]),
            (&json!("outlets:read"), &json!(true))
        );
        assert_eq!(token["type"].as_str().unwrap().to_lowercase(), "bearer");
        let path = format!("/v1/outlets/{}", world.outlet_id(1));
        let request = world.api.bare(reqwest::Method::GET, &path);
        let request = request.bearer_auth(token["token"].as_str().unwrap());
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openid_client_gets_tokens_that_open_the_api_and_binds_one_to_its_key() {
    if !Runtime::Node.is_there() {
        return;
    }
    let world = world().await;
    let api = world.api.url(&format!("/v1/outlets/{}", world.outlet_id(1)));
    let mut peer = Runtime::Node.start("node/token.mjs", &[&world.issuer(), &api]);
    introduce(&world, &mut peer).await;
    let lines = peer.finish().await;
    let methods = ["client_secret_basic", "client_secret_post", "private_key_jwt"];
    assert_tokens_open_the_api(&world, &lines, &methods).await;
    assert_eq!(*said(&lines, "revoked"), json!(false));
    assert_eq!(
        (said(&lines, "bound"), said(&lines, "told")),
        (&json!("dpop"), &json!("DPoP"))
    );
    assert_eq!(*said(&lines, "jkt"), json!(true));
    assert_eq!(*said(&lines, "called"), json!([200, 200]));
    let told = world.api.url("/.well-known/oauth-protected-resource");
    let refused = json!({"status": 401, "scheme": "dpop", "error": "invalid_token", "algs": "ES256",
        "resource_metadata": told});
    assert_eq!(*said(&lines, "refused"), json!([refused, refused]));
    assert_eq!(*said(&lines, "problem"), json!("invalid_dpop_proof"));
    assert_eq!(*said(&lines, "algorithms"), json!(["ES256"]));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn authlib_gets_tokens_that_open_the_api_and_verifies_them_by_the_published_keys() {
    if !Runtime::Python.is_there() {
        return;
    }
    let world = world().await;
    let mut peer = Runtime::Python.start("authlib_client.py", &[&world.issuer()]);
    let client = introduce(&world, &mut peer).await;
    let lines = peer.finish().await;
    let methods = ["client_secret_basic", "client_secret_post", "private_key_jwt"];
    assert_tokens_open_the_api(&world, &lines, &methods).await;
    let verified = said(&lines, "verified");
    assert_eq!(verified["client_id"], client.client_id.as_str(), "{verified}");
    assert_eq!(*said(&lines, "tampered"), json!("BadSignatureError"));
    assert_eq!(*said(&lines, "revoked"), json!(false));
    assert_eq!(*said(&lines, "wrong"), json!("invalid_client"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openidconnect_signs_a_person_in_and_comes_back_once_with_each_refresh_token() {
    if !Runtime::Rust.is_there() {
        return;
    }
    let world = world().await;
    let back = "https://app.example/callback";
    let new = NewClient {
        tenant_id: "ten_main".into(),
        sign_in: Some(SignIn {
            redirect_uris: vec![back.into()],
            post_logout_uris: Vec::new(),
            is_ours: true,
        }),
        ..new_client()
    };
    let client = create_client(world.auth_config(), new).await.unwrap();
    let mut peer = Runtime::Rust.start("openidconnect", &[&world.issuer(), back]);
    peer.tell(&client.client_id).await;
    peer.tell(&client.proof.client_secret).await;
    let link = peer.until("go").await["go"].as_str().unwrap().to_owned();
    let came = Person::operator(&world).await.sign_in(&link).await;
    assert!(came.as_str().starts_with(back), "{came}");
    peer.tell(came.as_str()).await;
    let lines = peer.finish().await;
    assert!(said(&lines, "subject").as_str().unwrap().starts_with("per_"));
    assert_eq!(*said(&lines, "other_nonce"), json!(false));
    assert_eq!(*said(&lines, "email"), json!(EMAIL));
    assert_eq!(
        (said(&lines, "rotated"), said(&lines, "reused")),
        (&json!(true), &json!("invalid_grant"))
    );
    world.stop().await;
}
