//! For fuzz targets alone: what reads whatever strangers send.

use std::sync::OnceLock;

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
