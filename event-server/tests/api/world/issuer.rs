//! An issuer of access tokens: a key, its JWKS over HTTP, and a count of who asked.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use actix_web::{App, HttpResponse, HttpServer, web};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

pub(crate) const KID: &str = "key-1";

pub(crate) struct Issuer {
    url: String,
    key: EncodingKey,
    fetches: Arc<AtomicUsize>,
    jwks: Arc<Mutex<Value>>,
    revoked: Arc<Mutex<Vec<String>>>,
    /// What a code or a refresh token is answered with; nothing is `invalid_grant`.
    grant: Arc<Mutex<Option<String>>>,
}

pub(crate) fn new_key() -> EncodingKey {
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    EncodingKey::from_ec_der(key.as_ref())
}

impl Issuer {
    pub(crate) async fn start() -> Self {
        Self::start_with(None).await
    }

    /// With a certificate of its own.
    pub(crate) async fn start_with(tls: Option<rustls::ServerConfig>) -> Self {
        let key = new_key();
        let mut jwk = serde_json::to_value(Jwk::from_encoding_key(&key, Algorithm::ES256).unwrap()).unwrap();
        jwk["kid"] = json!(KID);
        jwk["use"] = json!("sig");
        let jwks = Arc::new(Mutex::new(json!({ "keys": [{ "kty": "new", "kid": "x" }, jwk] })));
        let (published, fetches) = (Arc::clone(&jwks), Arc::default());
        let count: Arc<AtomicUsize> = Arc::clone(&fetches);
        let revoked: Arc<Mutex<Vec<String>>> = Arc::default();
        let list = revoked.clone();
        let grant: Arc<Mutex<Option<String>>> = Arc::default();
        let granted = grant.clone();
        let server = HttpServer::new(move || {
            let (published, count) = (published.clone(), count.clone());
            let show = move || {
                count.fetch_add(1, SeqCst);
                std::future::ready(HttpResponse::Ok().json(&*published.lock().unwrap()))
            };
            let list = list.clone();
            let tell = move || {
                let revoked = list.lock().unwrap().clone();
                std::future::ready(HttpResponse::Ok().json(json!({ "revoked": revoked })))
            };
            let granted = granted.clone();
            let give = move || std::future::ready(tokens(granted.lock().unwrap().as_deref()));
            App::new()
                .route("/oauth2/token", web::post().to(give))
                .route("/oauth2/userinfo", web::get().to(HttpResponse::Ok))
                .route("/oauth2/revoke", web::post().to(HttpResponse::Ok))
                .route("/oauth2/jwks", web::get().to(show))
                .route("/ca/revoked", web::get().to(tell))
        });
        let server = server.workers(1).disable_signals();
        let (scheme, server) = match tls {
            Some(tls) => ("https", server.bind_rustls_0_23("127.0.0.1:0", tls).unwrap()),
            None => ("http", server.bind("127.0.0.1:0").unwrap()),
        };
        let url = format!("{scheme}://{}", server.addrs()[0]);
        tokio::spawn(server.run());
        Self {
            url,
            key,
            fetches,
            jwks,
            revoked,
            grant,
        }
    }

    /// Whom it gives tokens for from now on; nobody where there are no claims.
    pub(crate) fn grant(&self, claims: Option<&Value>) {
        *self.grant.lock().unwrap() = claims.map(|claims| self.token(claims));
    }

    pub(crate) fn revoke(&self, serial: &str) {
        self.revoked.lock().unwrap().push(serial.to_owned());
    }

    /// Its key goes by another name from now on, and by the one before no more.
    pub(crate) fn rename_key(&self, kid: &str) {
        self.jwks.lock().unwrap()["keys"][1]["kid"] = json!(kid);
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    pub(crate) fn fetches(&self) -> usize {
        self.fetches.load(SeqCst)
    }

    pub(crate) fn token(&self, claims: &Value) -> String {
        self.signed(json!({ "alg": "ES256", "typ": "at+jwt", "kid": KID }), claims)
    }

    /// With any header, signed by the published key.
    pub(crate) fn signed(&self, header: Value, claims: &Value) -> String {
        signed_by(&self.key, header, claims)
    }
}

fn tokens(access_token: Option<&str>) -> HttpResponse {
    match access_token {
        Some(token) => HttpResponse::Ok().json(json!({
            "access_token": token, "token_type": "Bearer", "expires_in": 600, "refresh_token": "r", "id_token": "i",
        })),
        None => HttpResponse::BadRequest().json(json!({ "error": "invalid_grant" })),
    }
}

pub(crate) fn signed_by(key: &EncodingKey, header: Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(&header), part(claims));
    let signature =
        jsonwebtoken::crypto::sign(text.as_bytes(), key, Header::new(Algorithm::ES256).alg).unwrap();
    format!("{text}.{signature}")
}

/// Good claims.
pub(crate) fn claims(issuer: &Issuer, tenant: &str, scope: &str) -> Value {
    let now = jiff::Timestamp::now().as_second();
    json!({
        "iss": issuer.url(), "sub": format!("client-{tenant}"), "aud": "urn:denro:event-server",
        "client_id": format!("client-{tenant}"), "iat": now, "exp": now + 2_592_000,
        "jti": foundation::ids::random_text(), "scope": scope, "tenant": tenant,
    })
}

/// Signed by somebody else's key, which the header offers.
pub(crate) fn stranger_token(mut header: Value, claims: &Value) -> String {
    let key = new_key();
    header["jwk"] = serde_json::to_value(Jwk::from_encoding_key(&key, Algorithm::ES256).unwrap()).unwrap();
    signed_by(&key, header, claims)
}
