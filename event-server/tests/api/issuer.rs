//! The issuer, wherever it is and whoever vouches for it.

use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::json;

use crate::world::{Authority, Issuer, World, answer};

#[tokio::test]
async fn an_issuer_of_a_private_authority_is_believed_by_the_file_of_the_configuration() {
    let authority = Authority::new();
    let (chain, key) = authority.server_chain("127.0.0.1");
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let tls = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let issuer = Issuer::start_with(Some(tls)).await;
    let file = std::env::temp_dir().join(foundation::ids::id("denro-issuer-ca"));
    std::fs::write(&file, authority.root_pem()).unwrap();
    // Ready once the keys are there.
    let world = World::start_beside(issuer, |config| config.auth.ca_file = Some(file.clone())).await;
    world.owner().get("/v1/sites").await.expect(200);
    world.stop().await;
    std::fs::remove_file(file).unwrap();
}

#[test]
fn a_file_without_authorities_is_told_before_anything_starts() {
    let database = foundation::db::DatabaseUrl::sqlite("event.db");
    let mut config = event_server::Config::local(database, "https://auth.example.com".into());
    for (text, part) in [
        ("", "no certificate in it"),
        ("-----BEGIN CERTIFICATE-----\nx", ""),
    ] {
        let file = std::env::temp_dir().join(foundation::ids::id("denro-issuer-ca"));
        std::fs::write(&file, text).unwrap();
        config.auth.ca_file = Some(file.clone());
        let bad = config.check().unwrap_err();
        std::fs::remove_file(file).unwrap();
        assert_eq!(bad.key, "auth.ca_file");
        assert!(bad.problem.contains(part), "{bad}");
    }
}

#[tokio::test]
async fn it_is_told_whose_tokens_are_taken_here() {
    let world =
        World::start_with(|config| config.public_url = Some("https://events.example.com".into())).await;
    let url = world.url("/.well-known/oauth-protected-resource");
    let told = answer(world.http.get(url)).await.expect(200);
    assert_eq!(told["resource"], "https://events.example.com");
    assert_eq!(told["authorization_servers"], json!([world.issuer.url()]));
    assert_eq!(told["bearer_methods_supported"], json!(["header"]));
    assert_eq!(told["dpop_signing_alg_values_supported"], json!(["ES256"]));
    assert!(
        told["scopes_supported"]
            .as_array()
            .unwrap()
            .contains(&json!("sites:read"))
    );
    let refused = answer(world.http.get(world.url("/v1/sites"))).await;
    assert!(
        refused
            .header("www-authenticate")
            .contains("https://events.example.com/.well-known/oauth-protected-resource")
    );
    world.stop().await;
}
