//! What strangers send to the auth-server: headers, forms, addresses, assertions, keys. Nothing unsigned is believed.
#![no_main]

use auth_server::fuzzing::{basic_header, form, is_assertion, is_passkey, is_redirect_uri};
use base64::{Engine, engine::general_purpose::STANDARD};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [kind, rest @ ..] = input else { return };
    match kind % 5 {
        0 => header(rest),
        1 => written_again(rest),
        2 => address(rest),
        3 => assert!(!std::str::from_utf8(rest).is_ok_and(is_assertion)),
        _ => key(rest),
    }
});

/// As it is, and as what a client would make of it.
fn header(bytes: &[u8]) {
    let _any = basic_header(bytes);
    let encoded = format!("Basic {}", STANDARD.encode(bytes));
    if let Some((id, secret)) = basic_header(encoded.as_bytes()) {
        assert!(!id.chars().chain(secret.chars()).any(char::is_control));
    }
}

/// A form that was read and written is read as the same.
fn written_again(bytes: &[u8]) {
    if let Some(once) = form(bytes) {
        assert_eq!(form(once.as_bytes()), Some(once));
    }
}

/// Browsers read an address that we take as we read it.
fn address(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if !is_redirect_uri(text) {
        return;
    }
    let seen = url::Url::parse(text).expect("a browser reads it as well");
    let (_, rest) = text.split_once("://").expect("it has a scheme");
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = seen.host_str().expect("it has a host");
    assert!(seen.username().is_empty() && seen.password().is_none() && seen.fragment().is_none());
    assert!(authority.to_ascii_lowercase().starts_with(host), "{authority} is not {host}");
}

fn key(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut parts = text.splitn(3, ' ');
    let mut part = || parts.next().unwrap_or_default();
    assert!(!is_passkey([part(), part(), part()]));
}
