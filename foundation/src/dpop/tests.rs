//! What a proof is, and what only looks like one.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
};
use serde_json::{Value, json};

use super::*;

const NOW_S: i64 = 1_800_000_000;
const URL: &str = "https://auth.example/oauth2/token";
const TOKEN: &str = "eyJ.the.token";

const ASKED: Asked<'static> = Asked {
    method: "POST",
    url: URL,
    access_token: None,
    now_s: NOW_S,
};
const WITH_TOKEN: Asked<'static> = Asked {
    access_token: Some(TOKEN),
    ..ASKED
};

struct Holder {
    fixed: EcdsaKeyPair,
    der: EcdsaKeyPair,
    jwk: Value,
}

impl Holder {
    fn new() -> Self {
        let fixed = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let pkcs8 = fixed.to_pkcs8v1().unwrap();
        let (x, y) = fixed.public_key().as_ref()[1..].split_at(32);
        Self {
            jwk: json!({"kty": "EC", "crv": "P-256", "x": base64(x), "y": base64(y)}),
            der: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref()).unwrap(),
            fixed,
        }
    }

    fn header(&self) -> Value {
        json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk})
    }

    fn sign(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", base64(header), base64(claims));
        let signature = self.fixed.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", base64(signature))
    }

    fn with_header(&self, member: &str, value: Value) -> String {
        let mut header = self.header();
        header[member] = value;
        self.sign(&header.to_string(), &claims().to_string())
    }

    fn with_key(&self, member: &str, value: Value) -> String {
        let mut jwk = self.jwk.clone();
        jwk[member] = value;
        self.with_header("jwk", jwk)
    }

    fn with_claim(&self, member: &str, value: Value) -> String {
        let mut claims = claims();
        claims[member] = value;
        self.sign(&self.header().to_string(), &claims.to_string())
    }

    fn without_claim(&self, member: &str) -> String {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(member);
        self.sign(&self.header().to_string(), &claims.to_string())
    }

    fn good(&self) -> String {
        self.sign(&self.header().to_string(), &claims().to_string())
    }

    fn with_signature(&self, signature: &[u8]) -> String {
        let good = self.good();
        let (message, _) = good.rsplit_once('.').unwrap();
        format!("{message}.{}", base64(signature))
    }
}

fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn claims() -> Value {
    json!({"jti": "j1", "htm": "POST", "htu": URL, "iat": NOW_S, "ath": base64(sha256(TOKEN.as_bytes()))})
}

fn assert_refused(cases: Vec<(&str, String)>) {
    for (case, jwt) in cases {
        assert!(verify(&jwt, &WITH_TOKEN).is_err(), "{case}");
    }
}

#[test]
fn a_proof_names_its_key_and_is_the_same_one_whenever_it_is_read() {
    let holder = Holder::new();
    let jwt = holder.good();
    let proof = verify(&jwt, &WITH_TOKEN).unwrap();
    let (x, y) = (
        holder.jwk["x"].as_str().unwrap(),
        holder.jwk["y"].as_str().unwrap(),
    );
    assert_eq!(proof.thumbprint, thumbprint(x, y));
    assert_eq!(proof.expires_at_s, NOW_S + 61);
    assert!(proof.expires_at_s <= NOW_S + MAX_LIFE_S);
    assert_eq!(verify(&jwt, &ASKED), Ok(proof.clone()));
    let signed_again = verify(&holder.good(), &ASKED).unwrap();
    assert_eq!(signed_again.id, proof.id, "the same jti");
    assert_ne!(verify(&Holder::new().good(), &ASKED).unwrap().id, proof.id);
}

#[test]
fn the_thumbprint_is_that_of_rfc_9449() {
    let found = thumbprint(
        "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
        "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
    );
    assert_eq!(found, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
}

#[test]
fn a_header_is_exactly_that_of_a_proof() {
    let holder = Holder::new();
    let twice = holder
        .header()
        .to_string()
        .replace("\"typ\"", "\"alg\":\"none\",\"typ\"");
    let no_key = json!({"typ": "dpop+jwt", "alg": "ES256"}).to_string();
    let mut cases = vec![
        ("alg twice", holder.sign(&twice, &claims().to_string())),
        ("no jwk", holder.sign(&no_key, &claims().to_string())),
        ("crit", holder.with_header("crit", json!(["b64"]))),
        ("crit null", holder.with_header("crit", Value::Null)),
        ("a list as header", holder.sign("[]", &claims().to_string())),
    ];
    for typ in ["JWT", "at+jwt", "DPOP+JWT", "application/dpop+jwt", ""] {
        cases.push(("typ", holder.with_header("typ", json!(typ))));
    }
    for alg in ["none", "NoNe", "HS256", "ES384", "ES256K", "es256", "RS256", ""] {
        cases.push(("alg", holder.with_header("alg", json!(alg))));
    }
    assert_refused(cases);
}

#[test]
fn a_key_is_a_public_point_of_p256() {
    let holder = Holder::new();
    let other = Holder::new();
    let (x, y) = (holder.jwk["x"].clone(), holder.jwk["y"].clone());
    let padded = format!("{}=", x.as_str().unwrap());
    let symmetric = json!({"kty": "oct", "k": "c2VjcmV0"});
    let mut cases = vec![
        ("kty", holder.with_key("kty", json!("RSA"))),
        ("crv", holder.with_key("crv", json!("P-384"))),
        ("off the curve", holder.with_key("y", x.clone())),
        ("another key", holder.with_header("jwk", other.jwk.clone())),
        (
            "x and y exchanged",
            holder.with_header("jwk", json!({"kty": "EC", "crv": "P-256", "x": y, "y": x})),
        ),
        (
            "zero",
            holder.with_header(
                "jwk",
                json!({"kty": "EC", "crv": "P-256", "x": base64([0; 32]), "y": base64([0; 32])}),
            ),
        ),
        ("padding", holder.with_key("x", json!(padded))),
        ("too short", holder.with_key("x", json!(base64([1; 31])))),
        ("too long", holder.with_key("x", json!(base64([1; 33])))),
        ("x a number", holder.with_key("x", json!(1))),
        ("symmetric", holder.with_header("jwk", symmetric)),
        ("a text", holder.with_header("jwk", json!("{}"))),
    ];
    for name in PRIVATE {
        cases.push(("a private member", holder.with_key(name, json!("AA"))));
    }
    assert_refused(cases);
    let named = holder.with_key("use", json!("sig"));
    assert!(verify(&named, &WITH_TOKEN).is_ok());
}

#[test]
fn a_signature_is_64_bytes_by_the_key_it_brings() {
    let holder = Holder::new();
    let good = holder.good();
    let (message, signature) = good.rsplit_once('.').unwrap();
    let der = holder.der.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
    let fixed = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let other = Holder::new().with_header("jwk", holder.jwk.clone());
    let changed = good.replacen('.', ".e", 1);
    assert_refused(vec![
        ("DER", format!("{message}.{}", base64(der))),
        ("63 bytes", holder.with_signature(&fixed[..63])),
        (
            "65 bytes",
            format!("{message}.{}", base64([&fixed[..], &[0]].concat())),
        ),
        ("r and s zero", holder.with_signature(&[0; 64])),
        ("r and s full", holder.with_signature(&[0xff; 64])),
        ("none", format!("{message}.")),
        ("padding", format!("{good}==")),
        ("of a stranger", other),
        ("other claims", changed),
        ("two parts", message.to_owned()),
        ("four parts", format!("{good}.e30")),
        ("nothing", String::new()),
        ("no JWT", "abc".into()),
        (
            "longer than 4 kB",
            holder.with_claim("more", json!("x".repeat(4096))),
        ),
    ]);
}

#[test]
fn a_proof_is_of_this_request_alone() {
    let holder = Holder::new();
    let mut cases = vec![
        ("jti empty", holder.with_claim("jti", json!(""))),
        ("jti long", holder.with_claim("jti", json!("j".repeat(257)))),
        ("jti a number", holder.with_claim("jti", json!(7))),
        ("htm", holder.with_claim("htm", json!("GET"))),
        ("htm in small letters", holder.with_claim("htm", json!("post"))),
        (
            "ath of another",
            holder.with_claim("ath", json!(base64(sha256(b"x")))),
        ),
        ("ath empty", holder.with_claim("ath", json!(""))),
        ("a list", holder.sign(&holder.header().to_string(), "[]")),
        (
            "jti twice",
            holder.sign(
                &holder.header().to_string(),
                &claims().to_string().replace("\"jti\"", "\"jti\":\"a\",\"jti\""),
            ),
        ),
    ];
    for member in ["jti", "htm", "htu", "iat", "ath"] {
        cases.push((member, holder.without_claim(member)));
    }
    for htu in [
        "https://auth.example/oauth2/par",
        "https://auth.example/oauth2/token/",
        "https://auth.example/OAuth2/token",
        "https://auth.example:8443/oauth2/token",
        "http://auth.example/oauth2/token",
        "https://auth.example.evil/oauth2/token",
        "https://auth.example@evil.example/oauth2/token",
        "https://a@auth.example/oauth2/token",
        "//auth.example/oauth2/token",
        "/oauth2/token",
        "",
    ] {
        cases.push((htu, holder.with_claim("htu", json!(htu))));
    }
    assert_refused(cases);
}

#[test]
fn an_address_may_be_written_differently_and_its_query_does_not_count() {
    let holder = Holder::new();
    for htu in [
        "HTTPS://AUTH.example/oauth2/token",
        "https://auth.example:443/oauth2/token",
        "https://auth.example/oauth2/token?a=b#c",
    ] {
        let jwt = holder.with_claim("htu", json!(htu));
        assert!(verify(&jwt, &WITH_TOKEN).is_ok(), "{htu}");
    }
}

#[test]
fn a_proof_is_a_minute_old_at_most_and_hardly_from_the_future() {
    let holder = Holder::new();
    for (iat, good) in [
        (json!(NOW_S - 60), true),
        (json!(NOW_S - 61), false),
        (json!(NOW_S + 5), true),
        (json!(NOW_S + 6), false),
        (json!(i64::MIN), false),
        (json!(i64::MAX), false),
        (json!(NOW_S.to_string()), false),
        (json!(1_800_000_000.5), false),
        (json!(1e300), false),
        (Value::Null, false),
    ] {
        let jwt = holder.with_claim("iat", iat.clone());
        assert_eq!(verify(&jwt, &WITH_TOKEN).is_ok(), good, "{iat}");
    }
}
