//! For fuzz targets alone: what reads whatever strangers send.

use std::sync::OnceLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use foundation::dpop::{self, Asked};
use rcgen::PublicKeyData;

use crate::ca::{CertificateRequest, ShownCertificate};
use crate::form::Form;
use crate::grants::verify_assertion;
use crate::keys::SigningKey;
use crate::{http, passkey, redirect_uri};

/// Id and secret of an `Authorization` header.
pub fn basic_header(header: &[u8]) -> Option<(String, String)> {
    http::parse_basic(header)
}

/// A form, written again.
pub fn form(body: &[u8]) -> Option<String> {
    Form::parse(body).ok().map(|form| form.encode())
}

/// Whether people may be sent there.
pub fn is_redirect_uri(text: &str) -> bool {
    redirect_uri::is_redirect_uri(text)
}

/// Whether it is taken for an assertion of the client `cli_1`, whose key nobody has.
pub fn is_assertion(jwt: &str) -> bool {
    static KEY: OnceLock<Option<SigningKey>> = OnceLock::new();
    let key = KEY.get_or_init(|| SigningKey::generate().ok());
    let keys = key.iter().map(SigningKey::verifying);
    verify_assertion(jwt, "cli_1", keys, "https://auth.example", 1_800_000_000).is_ok()
}

/// The key of a certificate request, in DER or in PEM, that was signed by it.
pub fn key_of_request(bytes: &[u8]) -> Option<Vec<u8>> {
    let of_pem = || CertificateRequest::read(std::str::from_utf8(bytes).ok()?).ok();
    let request = CertificateRequest::read_der(bytes).ok().or_else(of_pem)?;
    Some(request.key().der_bytes().to_vec())
}

/// Whether it is taken for a controller's certificate.
pub fn is_certificate(der: &[u8]) -> bool {
    ShownCertificate::read(der, String::new()).is_some()
}

/// Whether it is taken for the signature of a key that nobody has.
pub fn is_passkey(parts: [&str; 3]) -> bool {
    let [client_data, authenticator_data, signature] = parts;
    let told = passkey::Told {
        credential_id: "x".into(),
        client_data: client_data.into(),
        authenticator_data: authenticator_data.into(),
    };
    let Some(party) = passkey::RelyingParty::of("https://auth.example") else {
        return false;
    };
    passkey::read_signed(&told, signature, &[4; 65], &party).is_ok()
}

/// Whether it is taken for a proof of a key, at the token endpoint.
pub fn is_proof(jwt: &str) -> bool {
    let asked = Asked {
        method: "POST",
        url: "https://auth.example/oauth2/token",
        access_token: None,
        now_s: 1_800_000_000,
    };
    dpop::verify(jwt, &asked).is_ok()
}

/// The same of a header and claims that are signed here; `JWK` in the header stands for the public key.
pub fn is_signed_proof(header: &str, claims: &str) -> bool {
    static PAIR: OnceLock<Option<EcdsaKeyPair>> = OnceLock::new();
    let pair = PAIR.get_or_init(|| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).ok());
    let Some((pair, jwk)) = pair.as_ref().and_then(|pair| Some((pair, public_jwk(pair)?))) else {
        return false;
    };
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let message = format!("{}.{}", part(&header.replace("JWK", &jwk)), part(claims));
    let signature = pair.sign(&SystemRandom::new(), message.as_bytes());
    signature.is_ok_and(|signature| is_proof(&format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))))
}

fn public_jwk(pair: &EcdsaKeyPair) -> Option<String> {
    let (x, y) = pair
        .public_key()
        .as_ref()
        .strip_prefix(&[4])?
        .split_at_checked(32)?;
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
    Some(format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}}"#))
}
