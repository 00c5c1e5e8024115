//! Proofs of a key (DPoP), whatever is in them, signed by the key that they name or not at all.
#![no_main]

use auth_server::fuzzing::{is_proof, is_signed_proof};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    assert!(!is_proof(text), "nobody has signed it");
    let Some((header, claims)) = text.split_once('\n') else { return };
    if is_signed_proof(header, claims) {
        let header = header.replace("JWK", "{}");
        check(&json(&header), &json(claims));
    }
});

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("what is taken is JSON")
}

/// What is taken is what it must be, as somebody else reads it.
fn check(header: &Value, claims: &Value) {
    assert_eq!((&header["typ"], &header["alg"]), (&"dpop+jwt".into(), &"ES256".into()));
    assert!(header.get("crit").is_none() && header["jwk"].is_object());
    let text = |name: &str| claims[name].as_str().expect("a text").to_owned();
    assert!(text("htm") == "POST" && (1..=256).contains(&text("jti").len()));
    let at_s = claims["iat"].as_i64().expect("a whole number");
    assert!((1_799_999_940..=1_800_000_005).contains(&at_s));
    let url = url::Url::parse(&text("htu")).expect("an address");
    let address = (url.scheme(), url.host_str(), url.port(), url.path());
    assert_eq!(address, ("https", Some("auth.example"), None, "/oauth2/token"));
    assert!(url.username().is_empty() && url.password().is_none());
}
