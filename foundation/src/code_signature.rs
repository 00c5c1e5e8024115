//! Signatures of files: who may sign, and whether a file is what was signed.

use std::io::{self, Read};
use std::time::Duration;

use aws_lc_rs::digest::{Context, Digest, SHA256};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA256_ASN1, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey,
    VerificationAlgorithm,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage};

use crate::root_certificate::key_bits;

/// `id-kp-codeSigning` (RFC 5280 §4.2.1.12): a certificate for anything else signs no files.
const CODE_SIGNING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x03];
/// What a signature is made with; a key fits one of them alone.
const ALGORITHMS: [&dyn VerificationAlgorithm; 3] = [
    &ECDSA_P256_SHA256_ASN1,
    &ECDSA_P384_SHA256_ASN1,
    &RSA_PSS_2048_8192_SHA256,
];

/// Somebody whom one of the roots allows to sign files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    key: Vec<u8>,
}

/// Why somebody is no signer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSigner {
    #[error("no certificate can be read")]
    Unreadable,
    #[error("no root: {0}")]
    NoRoot(String),
    #[error("the certificate is not good for signing firmware: {0}")]
    NotTrusted(String),
}

impl Signer {
    /// Of texts in PEM; the signer's certificate is the first of its chain, which must be good at `now`.
    ///
    /// # Errors
    /// [`NoSigner`].
    pub fn read(chain_pem: &str, roots_pem: &str, now: Timestamp) -> Result<Self, NoSigner> {
        let chain = certificates(chain_pem).ok_or(NoSigner::Unreadable)?;
        let (leaf, intermediates) = chain.split_first().ok_or(NoSigner::Unreadable)?;
        let roots = read_roots(roots_pem)?;
        let anchors = roots.iter().map(webpki::anchor_from_trusted_cert);
        let anchors: Result<Vec<_>, _> = anchors.collect();
        let anchors = anchors.map_err(|error| NoSigner::NoRoot(error.to_string()))?;
        let not_trusted = |error: webpki::Error| NoSigner::NotTrusted(error.to_string());
        let certificate = EndEntityCert::try_from(leaf).map_err(not_trusted)?;
        let since = u64::try_from(now.as_second()).unwrap_or(0);
        let verified = certificate.verify_for_usage(
            ALL_VERIFICATION_ALGS,
            &anchors,
            intermediates,
            UnixTime::since_unix_epoch(Duration::from_secs(since)),
            KeyUsage::required(CODE_SIGNING),
            None,
            None,
        );
        verified.map_err(not_trusted)?;
        let key = key_bits(leaf).ok_or(NoSigner::Unreadable)?.to_vec();
        Ok(Self { key })
    }

    /// Whether this is the signer's signature, in Base64, of a file with this digest.
    pub fn has_signed(&self, digest: &FileDigest, signature: &str) -> bool {
        let Ok(signature) = STANDARD.decode(signature.trim()) else {
            return false;
        };
        ALGORITHMS.into_iter().any(|algorithm| {
            let key = UnparsedPublicKey::new(algorithm, &self.key);
            key.verify_digest(&digest.0, &signature).is_ok()
        })
    }
}

/// Whether there is a root in a text in PEM.
///
/// # Errors
/// [`NoSigner::NoRoot`].
pub fn check_roots(roots_pem: &str) -> Result<(), NoSigner> {
    read_roots(roots_pem).map(drop)
}

fn read_roots(pem: &str) -> Result<Vec<CertificateDer<'static>>, NoSigner> {
    let roots = certificates(pem).filter(|roots| !roots.is_empty());
    roots.ok_or_else(|| NoSigner::NoRoot("expected certificates in PEM".to_owned()))
}

fn certificates(pem: &str) -> Option<Vec<CertificateDer<'static>>> {
    CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .ok()
}

/// SHA-256 of a whole file.
#[derive(Clone, Debug)]
pub struct FileDigest(Digest);

impl FileDigest {
    /// Reads to the end, and gives each piece to `copy` too.
    ///
    /// # Errors
    /// If the file cannot be read, or copied.
    pub fn of(mut file: impl Read, mut copy: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<Self> {
        let (mut context, mut piece) = (Context::new(&SHA256), vec![0; 64 << 10]);
        loop {
            let length = file.read(&mut piece)?;
            let read = piece.get(..length).unwrap_or_default();
            if read.is_empty() {
                return Ok(Self(context.finish()));
            }
            context.update(read);
            copy(read)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, RSA_PSS_SHA256};
    use rcgen::{
        BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    };

    use super::*;

    fn root() -> CertifiedIssuer<'static, KeyPair> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    }

    fn signer(
        root: &CertifiedIssuer<'static, KeyPair>,
        usage: Option<ExtendedKeyUsagePurpose>,
    ) -> (KeyPair, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.extended_key_usages = usage.into_iter().collect();
        let certificate = params.signed_by(&key, root).unwrap();
        (key, certificate.pem())
    }

    fn sign(key: &KeyPair, bytes: &[u8]) -> String {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &key.serialize_der()).unwrap();
        STANDARD.encode(pair.sign(&SystemRandom::new(), bytes).unwrap())
    }

    fn digest(bytes: &[u8]) -> FileDigest {
        FileDigest::of(bytes, |_| Ok(())).unwrap()
    }

    #[test]
    fn a_file_is_what_was_signed_or_it_is_not() {
        let root = root();
        let (key, chain) = signer(&root, Some(ExtendedKeyUsagePurpose::CodeSigning));
        let read = Signer::read(&chain, &root.pem(), Timestamp::now()).unwrap();
        let bytes = vec![7; 200_000];
        let signature = sign(&key, &bytes);
        assert!(read.has_signed(&digest(&bytes), &signature));
        assert!(!read.has_signed(&digest(&bytes[1..]), &signature));
        assert!(!read.has_signed(&digest(&bytes), "AAAA"));
        assert!(!read.has_signed(&digest(&bytes), "no Base64"));
        let (other, _) = signer(&root, Some(ExtendedKeyUsagePurpose::CodeSigning));
        assert!(!read.has_signed(&digest(&bytes), &sign(&other, &bytes)));
    }

    #[test]
    fn a_key_of_rsa_signs_by_pss() {
        let root = root();
        let pair = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der = pair.as_der().unwrap();
        let key = KeyPair::try_from(der.as_ref()).unwrap();
        let mut params = CertificateParams::default();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
        let chain = params.signed_by(&key, &root).unwrap().pem();
        let read = Signer::read(&chain, &root.pem(), Timestamp::now()).unwrap();
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PSS_SHA256, &SystemRandom::new(), b"firmware", &mut signature)
            .unwrap();
        assert!(read.has_signed(&digest(b"firmware"), &STANDARD.encode(&signature)));
        assert!(!read.has_signed(&digest(b"Firmware"), &STANDARD.encode(&signature)));
    }

    #[test]
    fn only_whom_a_root_lets_sign_code_now_is_a_signer() {
        let (root, stranger) = (root(), root());
        let now = Timestamp::now();
        let (_, good) = signer(&root, Some(ExtendedKeyUsagePurpose::CodeSigning));
        assert!(Signer::read(&good, &(stranger.pem() + &root.pem()), now).is_ok());
        let (_, server) = signer(&root, Some(ExtendedKeyUsagePurpose::ServerAuth));
        let (_, anything) = signer(&root, None);
        for (chain, roots, at) in [
            (&good, stranger.pem(), now),
            (&server, root.pem(), now),
            (&anything, root.pem(), now),
            (&good, root.pem(), "5000-01-01T00:00:00Z".parse().unwrap()),
        ] {
            let refused = Signer::read(chain, &roots, at);
            assert!(matches!(refused, Err(NoSigner::NotTrusted(_))), "{refused:?}");
        }
        let nothing = Signer::read("", &root.pem(), now);
        assert_eq!(nothing, Err(NoSigner::Unreadable));
        assert!(matches!(Signer::read(&good, "", now), Err(NoSigner::NoRoot(_))));
    }
}
