//! What the server publishes about itself.

use std::collections::BTreeSet;

use reqwest::StatusCode;
use serde_json::json;

use crate::world::{World, header, json};

const JWKS: &str = "/oauth2/jwks";
const METADATA: &str = "/.well-known/oauth-authorization-server";

#[tokio::test]
async fn the_metadata_name_what_there_is_and_nothing_else() {
    let world = World::start().await;
    let response = world.get(METADATA).await;
    assert_eq!(header(&response, "content-type"), "application/json");
    let issuer = world.issuer();
    let methods = ["client_secret_basic", "client_secret_post", "private_key_jwt"];
    let expected = json!({
        "issuer": issuer,
        "token_endpoint": format!("{issuer}/oauth2/token"),
        "jwks_uri": format!("{issuer}/oauth2/jwks"),
        "scopes_supported": [
            "sites:read", "sites:write", "outlets:read", "outlets:write", "sessions:read", "sessions:write",
            "events:read", "webhooks:read", "webhooks:write", "audit:read",
            "tenants:read", "tenants:write", "certificates:issue", "openid", "profile", "email",
            "offline_access",
        ],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "authorization_endpoint": format!("{issuer}/oauth2/authorize"),
        "pushed_authorization_request_endpoint": format!("{issuer}/oauth2/par"),
        "userinfo_endpoint": format!("{issuer}/oauth2/userinfo"),
        "end_session_endpoint": format!("{issuer}/oauth2/logout"),
        "subject_types_supported": ["public"],
        "dpop_signing_alg_values_supported": ["ES256"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "claims_supported": ["iss", "sub", "aud", "iat", "exp", "auth_time", "nonce", "name", "email"],
        "prompt_values_supported": ["none", "login", "consent"],
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "ui_locales_supported": ["en", "ja"],
        "grant_types_supported": ["client_credentials", "authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
        "introspection_endpoint": format!("{issuer}/oauth2/introspect"),
        "introspection_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_signing_alg_values_supported": ["ES256"],
        "revocation_endpoint": format!("{issuer}/oauth2/revoke"),
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": ["ES256"],
    });
    assert_eq!(json(response).await, expected);
    let discovered = world.get("/.well-known/openid-configuration").await;
    assert_eq!(json(discovered).await, expected);
    world.stop().await;
}

#[tokio::test]
async fn the_keys_have_public_members_only() {
    let world = World::start().await;
    let keys = json(world.get(JWKS).await).await;
    let keys = keys["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 1);
    let members: BTreeSet<&str> = keys[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        members,
        BTreeSet::from(["alg", "crv", "kid", "kty", "use", "x", "y"])
    );
    assert_eq!(
        (&keys[0]["alg"], &keys[0]["use"]),
        (&json!("ES256"), &json!("sig"))
    );
    world.stop().await;
}

#[tokio::test]
async fn the_documents_may_be_kept_five_minutes_and_are_not_sent_twice() {
    let world = World::start().await;
    for path in [JWKS, METADATA] {
        let first = world.get(path).await;
        assert_eq!(header(&first, "cache-control"), "public, max-age=300");
        let tag = header(&first, "etag").to_owned();
        let again = |tag: &str| {
            world
                .http
                .get(world.url(path))
                .header("if-none-match", tag)
                .send()
        };
        let known = again(&tag).await.unwrap();
        assert_eq!(
            (known.status(), header(&known, "etag")),
            (StatusCode::NOT_MODIFIED, tag.as_str())
        );
        assert_eq!(again("\"other\"").await.unwrap().status(), StatusCode::OK);
        assert_eq!(again("garbage").await.unwrap().status(), StatusCode::OK);
        let head = world.http.head(world.url(path)).send().await.unwrap();
        assert_eq!(
            (head.status(), header(&head, "etag")),
            (StatusCode::OK, tag.as_str())
        );
        assert_eq!(head.text().await.unwrap(), "");
    }
    world.stop().await;
}

#[tokio::test]
async fn the_signing_key_outlives_a_restart() {
    let world = World::start().await;
    let before = json(world.get(JWKS).await).await;
    let world = world.restart().await;
    assert_eq!(json(world.get(JWKS).await).await, before);
    world.stop().await;
}

#[tokio::test]
async fn a_started_server_is_alive_and_ready() {
    let world = World::start().await;
    let told = [
        ("/livez", json!({"status": "ok"})),
        ("/readyz", json!({"database": true, "keys": true})),
    ];
    for (path, expected) in told {
        let response = world.get(path).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(json(response).await, expected);
    }
    world.stop().await;
}
