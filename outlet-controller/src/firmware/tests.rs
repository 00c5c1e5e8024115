//! Updates as they are asked for, remembered and told of.

use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};

use super::*;

struct Dir(PathBuf);

impl Drop for Dir {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

fn opened(dir: &Dir) -> Firmware {
    let settings = config::Firmware {
        root_file: dir.0.join("root.pem"),
        dir: None,
        max_mb: 1,
    };
    Firmware::open(Some(settings), dir.0.join("firmware"), Arc::default())
}

/// A folder with a root, and the chain of a signer of it.
fn trusting() -> (Dir, String) {
    let dir = Dir(std::env::temp_dir().join(foundation::ids::id("denro-firmware-test")));
    std::fs::create_dir_all(&dir.0).unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    std::fs::write(dir.0.join("root.pem"), root.pem()).unwrap();
    let mut params = CertificateParams::default();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
    let chain = params.signed_by(&KeyPair::generate().unwrap(), &root).unwrap();
    (dir, chain.pem())
}

fn update(request_id: i64, chain: &str) -> Update {
    let signed = Signed {
        certificate: chain.to_owned(),
        signature: "AAAA".to_owned(),
    };
    Update::new(
        request_id,
        "https://files.example.com/new".to_owned(),
        Timestamp::now(),
        signed,
    )
}

#[test]
fn what_was_asked_is_remembered_and_told_once_also_after_a_restart() {
    let (dir, chain) = trusting();
    let (firmware, now) = (opened(&dir), Timestamp::now());
    assert_eq!(firmware.ask(update(1, &chain), now).unwrap(), Taken::Now);
    assert_eq!(firmware.ask(update(1, &chain), now).unwrap(), Taken::Before);
    firmware
        .advance(&update(1, &chain), |saved| saved.tell(Status::Downloading, None))
        .unwrap();
    let firmware = opened(&dir);
    assert_eq!(firmware.ask(update(1, &chain), now).unwrap(), Taken::Before);
    firmware
        .advance(&update(1, &chain), |saved| saved.tell(Status::Downloading, None))
        .unwrap();
    let told = firmware.to_tell().unwrap();
    firmware.told(&told);
    assert_eq!(firmware.to_tell(), None);
    assert_eq!(opened(&dir).to_tell(), None);
    assert_eq!(firmware.ask(update(2, &chain), now).unwrap(), Taken::Instead);
    assert!(!firmware.advance(&update(1, &chain), |_| {}).unwrap());
    firmware
        .advance(&update(2, &chain), |saved| saved.go_on(Step::HandedOver))
        .unwrap();
    assert!(opened(&dir).is_handed_over());
    let refused = firmware.ask(update(3, &chain), now);
    assert!(matches!(refused, Err(Refused::Installing)), "{refused:?}");
}

#[test]
fn a_stranger_is_refused_and_told_of_and_takes_nobodys_place() {
    let ((dir, chain), (_other, stranger)) = (trusting(), trusting());
    let (firmware, now) = (opened(&dir), Timestamp::now());
    firmware.ask(update(1, &chain), now).unwrap();
    let refused = firmware.ask(update(2, &stranger), now);
    assert!(matches!(refused, Err(Refused::Signer(_))), "{refused:?}");
    assert_eq!(firmware.current().unwrap().request_id, 1);
    let told = firmware.to_tell().unwrap();
    assert!(
        matches!(
            &told,
            Notice::Security {
                kind: Security::InvalidCertificate,
                ..
            }
        ),
        "{told:?}"
    );
}

#[test]
fn what_cannot_be_written_down_is_not_taken() {
    let (dir, chain) = trusting();
    std::fs::write(dir.0.join("firmware"), "a file where the folder should be").unwrap();
    let firmware = opened(&dir);
    let refused = firmware.ask(update(1, &chain), Timestamp::now());
    assert!(matches!(refused, Err(Refused::NotStored(_))), "{refused:?}");
    assert_eq!(firmware.current(), None);
}
