//! Identities of a private authority, and what a power cut may leave of them.

use std::os::unix::fs::PermissionsExt;

use super::testing::{Authority, Dir, URI};
use super::*;

fn renewed(authority: &Authority) -> (KeyRequest, String) {
    let request = KeyRequest::new("panel-7").unwrap();
    let chain = authority.certify(&request.csr_pem, URI, 3_600);
    (request, chain)
}

/// A folder with an identity of an authority, and the request that led to it.
fn enrolled() -> (Authority, Dir, KeyRequest) {
    let (authority, dir) = (Authority::new(), Dir::new());
    let (request, chain) = renewed(&authority);
    let folder = dir.folder();
    folder
        .store(&request.key_pem, &chain, &authority.root_pem())
        .unwrap();
    (authority, dir, request)
}

#[test]
fn a_request_leads_to_an_identity_that_the_root_vouches_for() {
    let authority = Authority::new();
    let (request, chain) = renewed(&authority);
    let identity = Identity::read(&chain, &request.key_pem).unwrap();
    assert_eq!(identity.uri.station_id(), "panel-7");
    let trusted = |authority: &Authority| [root(&authority.root_pem()).unwrap()];
    let roots = trusted(&authority);
    assert_eq!(identity.verify(&roots, Some(Timestamp::now())), Ok(()));
    assert_eq!(identity.verify(&roots, None), Ok(()));
    let later = identity.not_after + jiff::SignedDuration::from_secs(1);
    assert_eq!(identity.verify(&roots, Some(later)), Err(Unfit::Expired));
    let other = identity.verify(&trusted(&Authority::new()), None);
    assert!(matches!(other, Err(Unfit::OtherAuthority(_))), "{other:?}");
}

#[test]
fn a_certificate_of_another_key_or_without_a_station_is_no_identity() {
    let authority = Authority::new();
    let (request, chain) = renewed(&authority);
    let other = KeyRequest::new("panel-7").unwrap();
    let read = |chain: &str, key: &str| Identity::read(chain, key).map(drop);
    assert_eq!(read(&chain, &other.key_pem), Err(Unfit::OtherKey));
    let nameless = authority.certify(&request.csr_pem, "https://example.com/", 3_600);
    assert_eq!(read(&nameless, &request.key_pem), Err(Unfit::NoStation));
    assert_eq!(read("", &request.key_pem), Err(Unfit::Certificate));
    assert_eq!(read(&chain, ""), Err(Unfit::Key));
}

#[test]
fn a_look_whether_there_is_a_place_leaves_nothing_behind() {
    let dir = Dir::new();
    let folder = Folder::new(dir.0.join("deep/identity"));
    folder.can_be_written().unwrap();
    assert!(!dir.0.exists());
    std::fs::create_dir_all(dir.0.join("deep")).unwrap();
    folder.can_be_written().unwrap();
    assert_eq!(std::fs::read_dir(dir.0.join("deep")).unwrap().count(), 0);
}

#[test]
fn files_are_for_their_owner_alone() {
    let (_authority, dir, _request) = enrolled();
    for name in ["key.pem", "chain.pem", "root.pem"] {
        let mode = std::fs::metadata(dir.0.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert_eq!(std::fs::read_dir(&dir.0).unwrap().count(), 3);
}

#[test]
fn a_promotion_that_was_cut_off_is_finished_and_half_a_renewal_is_none() {
    let (authority, dir, request) = enrolled();
    let folder = dir.folder();
    let (next, next_chain) = renewed(&authority);
    folder.store_next(&next.key_pem, &next_chain).unwrap();
    assert!(folder.next().unwrap().is_some());
    std::fs::rename(dir.0.join("next/key.pem"), dir.0.join("key.pem")).unwrap();
    folder.current().unwrap();
    assert_eq!(
        std::fs::read_to_string(dir.0.join("chain.pem")).unwrap(),
        next_chain
    );
    assert!(folder.next().unwrap().is_none());
    std::fs::write(dir.0.join("next/key.pem"), &request.key_pem).unwrap();
    folder.current().unwrap();
    assert!(folder.next().unwrap().is_none());
}

#[test]
fn a_next_identity_that_does_not_fit_is_discarded() {
    let (authority, dir, request) = enrolled();
    let folder = dir.folder();
    folder
        .store_next(&request.key_pem, &renewed(&authority).1)
        .unwrap();
    assert!(folder.next().unwrap().is_none());
    folder.current().unwrap();
    assert!(!dir.0.join("next/chain.pem").exists());
}
