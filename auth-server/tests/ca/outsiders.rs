//! What programs of others make of our certificates: OpenSSL, and openid-client on Node.

use std::path::Path;
use std::process::{Command, Output};

use auth_server::admin::create_certificate_client;
use serde_json::Value;

use crate::station::Station;
use crate::tokens::{URI, claims};
use crate::world::{STATION, World, new_client, path_text};

/// `openssl verify` of a station's certificate, by the root alone.
fn verify(world: &World, station: &Station, purpose: &str) -> Output {
    let chain = world.folder.write("chain.pem", station.chain());
    let root = world.folder.write("root.pem", station.root());
    let mut openssl = Command::new("openssl");
    openssl.args(["verify", "-x509_strict", "-purpose", purpose]);
    openssl.args([
        "-CAfile",
        path_text(&root),
        "-untrusted",
        path_text(&chain),
        path_text(&chain),
    ]);
    openssl.output().unwrap()
}

#[tokio::test]
async fn openssl_verifies_the_chain_for_clients_and_for_nothing_else() {
    let world = World::start().await;
    let station = world.station(STATION).await;
    let client = verify(&world, &station, "sslclient");
    assert!(client.status.success(), "{client:?}");
    for other in ["sslserver", "smimesign", "timestampsign"] {
        let output = verify(&world, &station, other);
        assert!(!output.status.success(), "{other}: {output:?}");
    }
    world.stop().await;
}

#[tokio::test]
async fn openssl_reads_what_we_write() {
    let world = World::start().await;
    let station = world.station(STATION).await;
    let chain = world.folder.write("chain.pem", station.chain());
    let mut openssl = Command::new("openssl");
    openssl.args([
        "x509",
        "-noout",
        "-serial",
        "-subject",
        "-ext",
        "subjectAltName,extendedKeyUsage,basicConstraints,keyUsage",
    ]);
    let output = openssl.args(["-in", path_text(&chain)]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let serial = format!("serial={}", station.serial().to_uppercase());
    for expected in [
        &*serial,
        "subject=O = ten_test, CN = panel-7",
        "URI:spiffe://127.0.0.1/site/site_1/controller/panel-7",
        "TLS Web Client Authentication",
        "CA:FALSE",
        "Digital Signature",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let fingerprint = world.code(STATION).await.fingerprint;
    let root = world.folder.write("root.pem", station.root());
    let mut openssl = Command::new("openssl");
    openssl.args([
        "x509",
        "-noout",
        "-fingerprint",
        "-sha256",
        "-in",
        path_text(&root),
    ]);
    let text = String::from_utf8(openssl.output().unwrap().stdout).unwrap();
    let theirs = text
        .rsplit('=')
        .next()
        .unwrap()
        .trim()
        .replace(':', "")
        .to_lowercase();
    assert_eq!(theirs, fingerprint);
    world.stop().await;
}

/// Where peers on Node are; says what is missing, and insists on it where the variable `CI` is set.
fn node_peers() -> Option<&'static Path> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/peers/node"));
    if folder.join("node_modules/openid-client").exists() {
        return Some(folder);
    }
    let text = "SKIPPED: needs openid-client; to install: npm ci --prefix tests/peers/node";
    assert!(std::env::var_os("CI").is_none(), "{text}");
    eprintln!("{text}");
    None
}

#[tokio::test]
async fn openid_client_gets_a_token_by_a_certificate_and_is_told_what_it_is_bound_to() {
    let Some(peers) = node_peers() else { return };
    let world = World::start().await;
    let station = world.station(STATION).await;
    let client = create_certificate_client(&world.config, new_client("outlets:read"), URI.parse().unwrap())
        .await
        .unwrap();
    let files = [
        world.folder.write("chain.pem", station.chain()),
        world.folder.write("key.pem", &station.key.serialize_pem()),
        world.folder.write("trusted.pem", &world.server_certificate),
    ];
    let mut node = tokio::process::Command::new("node");
    node.arg(peers.join("certificate.mjs"));
    node.args([&world.url(""), &client.client_id]).args(files);
    let output = node.output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let bound = station.thumbprint();
    assert_eq!(claims(said["token"].as_str().unwrap())["cnf"]["x5t#S256"], *bound);
    assert_eq!(said["told"]["cnf"]["x5t#S256"], *bound, "{said}");
    assert_eq!(said["told"]["active"], true);
    world.stop().await;
}
