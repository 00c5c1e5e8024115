//! Requests to sign: the key is taken, and nothing else; whatever is not sound is refused.

use std::process::Command;

use base64::{Engine, engine::general_purpose::STANDARD};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair};
use rustls_pki_types::{CertificateSigningRequestDer, pem::PemObject};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::world::{Folder, STATION, World, assert_problem, path_text};

/// A request that asks for nothing in particular.
pub(crate) fn csr(key: &KeyPair) -> String {
    let request = CertificateParams::default().serialize_request(key).unwrap();
    request.pem().unwrap()
}

/// A request that asks for all that it must not get.
fn greedy_csr(key: &KeyPair) -> String {
    let names = ["evil.example".to_owned(), "10.0.0.1".to_owned()];
    let mut params = CertificateParams::new(names).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
        .distinguished_name
        .push(DnType::CommonName, "another-panel");
    params.serialize_request(key).unwrap().pem().unwrap()
}

fn pem(der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE REQUEST-----\n{body}\n-----END CERTIFICATE REQUEST-----\n")
}

fn der(csr: &str) -> Vec<u8> {
    CertificateSigningRequestDer::from_pem_slice(csr.as_bytes())
        .unwrap()
        .to_vec()
}

/// The same request for the key of somebody else.
fn for_another_key(key: &KeyPair) -> String {
    let (mut der, other) = (der(&csr(key)), KeyPair::generate().unwrap());
    let point = key.public_key_raw();
    let at = der.windows(point.len()).position(|part| part == point).unwrap();
    der[at..at + point.len()].copy_from_slice(other.public_key_raw());
    pem(&der)
}

fn by_openssl(arguments: &[&str]) -> String {
    let folder = Folder::new();
    let key = folder.0.join("key.pem");
    let mut openssl = Command::new("openssl");
    openssl
        .args([
            "req",
            "-new",
            "-nodes",
            "-subj",
            "/CN=x",
            "-keyout",
            path_text(&key),
        ])
        .args(arguments);
    let output = openssl.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn what_a_request_asks_for_is_ignored() {
    let world = World::start().await;
    let (key, code) = (KeyPair::generate().unwrap(), world.code(STATION).await.code);
    let answer = world.enrol(&code, &greedy_csr(&key)).await;
    assert_eq!(answer.status(), 201);
    let station = crate::station::Station::new(key, answer.json().await.unwrap(), &world.server_certificate);
    let der = station.leaf();
    let (_, leaf) = X509Certificate::from_der(&der).unwrap();
    assert!(!leaf.is_ca());
    assert_eq!(leaf.subject().to_string(), "O=ten_test, CN=panel-7");
    let names = leaf.subject_alternative_name().unwrap().unwrap();
    let uri = "spiffe://127.0.0.1/site/site_1/controller/panel-7";
    assert_eq!(names.value.general_names, [GeneralName::URI(uri)]);
    let usage = leaf.extended_key_usage().unwrap().unwrap().value;
    assert!(usage.client_auth && !usage.server_auth && !usage.any && usage.other.is_empty());
    let valid = leaf.validity();
    let life_s = valid.not_after.timestamp() - valid.not_before.timestamp();
    assert_eq!(life_s, 30 * 86_400 + 300);
    assert_eq!(
        leaf.public_key().subject_public_key.data.as_ref(),
        station.key.public_key_raw()
    );
    world.stop().await;
}

#[tokio::test]
async fn a_request_that_is_not_sound_is_refused_and_does_not_use_the_code_up() {
    let world = World::start().await;
    let (key, code) = (KeyPair::generate().unwrap(), world.code(STATION).await.code);
    let good = der(&csr(&key));
    let mut broken = good.clone();
    *broken.last_mut().unwrap() ^= 1;
    let longer = [&good[..], &[0]].concat();
    let elliptic = |curve: &str| {
        let curve = format!("ec_paramgen_curve:{curve}");
        by_openssl(&["-newkey", "ec", "-pkeyopt", &curve])
    };
    let sha512 = by_openssl(&["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-sha512"]);
    let (signature, no_p256) = ("not one of its own key", "not a P-256 key");
    let cases = [
        ("bad self-signature", pem(&broken), signature),
        ("another's key", for_another_key(&key), signature),
        ("RSA-1024", by_openssl(&["-newkey", "rsa:1024"]), no_p256),
        ("P-384", elliptic("P-384"), no_p256),
        ("P-521", elliptic("P-521"), no_p256),
        ("SHA-512", sha512, "ecdsa-with-SHA256"),
        ("bytes behind it", pem(&longer), "not PKCS#10"),
        ("cut short", pem(&good[..good.len() - 1]), "not PKCS#10"),
        ("a certificate", world.server_certificate.clone(), "not PEM"),
        ("nothing", String::new(), "not PEM"),
        (
            "too long",
            format!("{}{}", " ".repeat(5_500), csr(&key)),
            "longer than 5500",
        ),
    ];
    for (case, csr, reason) in cases {
        let answer = world.enrol(&code, &csr).await;
        let problem = assert_problem(answer, 422, "certificate-request-refused", case).await;
        assert_eq!(problem["errors"][0]["pointer"], "/csr", "{case}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(reason), "{case}: {detail}");
    }
    assert_eq!(world.enrol(&code, &csr(&key)).await.status(), 201);
    world.stop().await;
}
