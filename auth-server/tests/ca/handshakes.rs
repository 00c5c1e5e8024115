//! Who is let in by TLS, and that a controller's certificate opens nothing else.

use std::sync::Arc;

use auth_server::Config;
use auth_server::admin::certificates as admin;
use rcgen::KeyPair;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::{CertificateError, Error, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};
use serde_json::json;

use crate::requests::csr;
use crate::station::{Station, with_identity};
use crate::world::database::Database;
use crate::world::{Folder, STATION, World, to};

/// Nothing is answered: the handshake fails.
async fn assert_shut_out(world: &World, http: &reqwest::Client, case: &str) {
    let answer = http.get(format!("{}/ca/revoked", world.mutual)).send().await;
    assert!(answer.is_err(), "{case}: {answer:?}");
}

#[tokio::test]
async fn only_certificates_of_our_authority_are_let_in() {
    let world = World::start().await;
    let station = world.station(STATION).await;
    let url = format!("{}/ca/revoked", world.mutual);
    assert_eq!(station.http.get(&url).send().await.unwrap().status(), 200);
    assert_shut_out(&world, &world.http, "no certificate").await;

    let (database, folder) = (Database::new(), Folder::new());
    let other = Config::local(database.url());
    admin::create_authority(&other, &folder.0.join("root.key"), false)
        .await
        .unwrap();
    let key = KeyPair::generate().unwrap();
    let issued = admin::issue_certificate(&other, to(STATION), &csr(&key))
        .await
        .unwrap();
    let http = with_identity(&key, &issued.certificate_chain, &world.server_certificate);
    assert_shut_out(&world, &http, "another authority, equal names").await;
    let leaf = issued
        .certificate_chain
        .split_inclusive("-----END CERTIFICATE-----\n")
        .next();
    let chain = station
        .chain()
        .split_inclusive("-----END CERTIFICATE-----\n")
        .nth(1);
    let mixed = format!("{}{}", leaf.unwrap(), chain.unwrap());
    let http = with_identity(&key, &mixed, &world.server_certificate);
    assert_shut_out(&world, &http, "another authority's, behind our intermediate").await;

    let alone = rcgen::generate_simple_self_signed(["panel-7".to_owned()]).unwrap();
    let http = with_identity(&alone.signing_key, &alone.cert.pem(), &world.server_certificate);
    assert_shut_out(&world, &http, "self-signed").await;
    world.stop().await;
}

fn verifier(root: &str) -> Arc<WebPkiServerVerifier> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(root.as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    WebPkiServerVerifier::builder_with_provider(roots.into(), provider)
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_controllers_certificate_makes_no_server() {
    let world = World::start().await;
    let station: Station = world.station(STATION).await;
    let (ders, now) = (station.ders(), UnixTime::now());
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let verified = verifier(station.root()).verify_server_cert(&ders[0], &ders[1..], &name, &[], now);
    let error = verified.unwrap_err();
    let is_purpose = matches!(
        error,
        Error::InvalidCertificate(
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. }
        )
    );
    assert!(is_purpose, "{error:?}");
    world.stop().await;
}

#[tokio::test]
async fn a_replaced_authority_lets_nobody_in_who_was_enrolled_before() {
    let mut world = World::start().await;
    let (station, code) = (world.station(STATION).await, world.code("panel-8").await.code);
    let key_file = world.folder.0.join("root-2.key");
    let before = world.http.get(world.url("/ca/root.pem")).send().await.unwrap();
    assert_eq!(before.text().await.unwrap(), station.root());
    admin::create_authority(&world.config, &key_file, true)
        .await
        .unwrap();
    let answer = world.enrol(&code, &csr(&station.key)).await;
    assert_eq!(answer.status(), 403, "a code that names the root before");
    let mutual = world.mutual.strip_prefix("https://").unwrap().parse().unwrap();
    let again = {
        let config = &mut world.config;
        config.mutual_tls.as_mut().unwrap().address = mutual;
        config.clone()
    };
    world.service.stop().await;
    world.service = auth_server::start(again, world.clock.clone()).await.unwrap();
    assert_shut_out(&world, &station.http, "of the authority before").await;
    let new = world.station(STATION).await;
    let url = format!("{}/ca/renewals", world.mutual);
    let answer = new.http.post(url).json(&json!({"csr": csr(&new.key)}));
    assert_eq!(answer.send().await.unwrap().status(), 201);
    world.stop().await;
}

#[tokio::test]
async fn a_server_for_certificates_needs_an_authority() {
    let (world, database) = (World::start().await, Database::new());
    let config = Config {
        database: auth_server::config::Database { url: database.url() },
        ..world.config.clone()
    };
    let error = auth_server::start(config, world.clock.clone()).await.unwrap_err();
    let error = format!("{error:#}");
    assert!(
        error.contains("mutual_tls: there is no authority yet: auth-server ca init"),
        "{error}"
    );
    world.stop().await;
}
