//! What a thief of the intermediate's key cannot do, by the library that lets controllers in.

use std::collections::HashSet;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::server::WebPkiClientVerifier;
use rustls_pki_types::UnixTime;

use super::*;

const NOW_US: i64 = 1_800_000_000 * SECOND_US;

fn authority() -> (AuthorityRow, Authority) {
    let row = NewAuthority::generate("auth.example", NOW_US).unwrap().row;
    let authority = Authority::from_row(&row).unwrap();
    (row, authority)
}

fn der(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
}

/// A certificate for a client with these names.
fn params(names: Vec<SanType>) -> CertificateParams {
    let mut params = CertificateParams::default();
    set_validity(&mut params, Validity::from_now(NOW_US, 86_400 * SECOND_US));
    params.subject_alt_names = names;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

fn verify(root: &str, chain: &[&str]) -> Result<(), rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(der(root)).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider)
        .build()
        .unwrap();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000));
    let chain: Vec<_> = chain.iter().map(|pem| der(pem)).collect();
    let (leaf, rest) = chain.split_first().unwrap();
    verifier.verify_client_cert(leaf, rest, now).map(|_| ())
}

fn uri() -> SanType {
    SanType::URI("spiffe://auth.example/site/s/controller/c".try_into().unwrap())
}

fn host(name: &str) -> SanType {
    SanType::DnsName(name.try_into().unwrap())
}

#[test]
fn the_intermediate_signs_for_no_host_and_no_address() {
    let (row, authority) = authority();
    let key = KeyPair::generate().unwrap();
    let cases = [
        (vec![uri()], true),
        (vec![host("api.example.com")], false),
        (vec![SanType::IpAddress([10, 0, 0, 1].into())], false),
        (vec![SanType::IpAddress("fd00::1".parse().unwrap())], false),
        (vec![uri(), host("localhost")], false),
    ];
    for (names, good) in cases {
        let leaf = params(names.clone()).signed_by(&key, &authority.issuer).unwrap();
        let verified = verify(&row.root, &[&leaf.pem(), &row.intermediate]);
        assert_eq!(verified.is_ok(), good, "{names:?}: {verified:?}");
    }
}

#[test]
fn the_intermediate_makes_no_further_authority() {
    let (row, authority) = authority();
    let (key, leaf_key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let validity = Validity::from_now(NOW_US, LIFE_US);
    let mut further = authority_params("Further", "x", validity).unwrap();
    further.use_authority_key_identifier_extension = true;
    let certificate = further.signed_by(&key, &authority.issuer).unwrap();
    let leaf = params(vec![uri()])
        .signed_by(&leaf_key, &Issuer::new(further, key))
        .unwrap();
    let chain = [&*leaf.pem(), &certificate.pem(), &row.intermediate];
    assert!(verify(&row.root, &chain).is_err());
}

#[test]
fn serial_numbers_have_32_digits_and_do_not_repeat() {
    let serials: HashSet<String> = (0..1000).map(|_| hex(&serial())).collect();
    assert_eq!(serials.len(), 1000);
    for serial in serials {
        assert!(
            serial.len() == 32 && serial.starts_with(['4', '5', '6', '7']),
            "{serial}"
        );
    }
}
