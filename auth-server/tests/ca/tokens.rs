//! Tokens for whoever shows a certificate (RFC 8705): who gets one, and what it is bound to.

use auth_server::admin::certificates as admin;
use auth_server::admin::{CreatedCertificateClient, create_certificate_client, create_client};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Response;
use serde_json::Value;

use crate::station::form;
use crate::world::{STATION, World};

const GRANT: &str = "grant_type=client_credentials";
pub(crate) const URI: &str = "spiffe://127.0.0.1/site/site_1/controller/panel-7";

async fn client(world: &World) -> CreatedCertificateClient {
    let new = world.new_client("outlets:read");
    create_certificate_client(&world.config, new, URI.parse().unwrap())
        .await
        .unwrap()
}

async fn token(answer: Response) -> String {
    assert_eq!(answer.status(), 200);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["token_type"], "Bearer");
    body["access_token"].as_str().unwrap().to_owned()
}

pub(crate) fn claims(token: &str) -> Value {
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

async fn assert_invalid_client(answer: Response, case: &str) {
    assert_eq!(answer.status(), 401, "{case}");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["error"], "invalid_client", "{case}");
}

#[tokio::test]
async fn a_certificate_proves_its_client_and_the_token_is_bound_to_it() {
    let world = World::start().await;
    let (station, client) = (world.station(STATION).await, client(&world).await);
    let body = format!("{GRANT}&client_id={}", client.client_id);
    let answer = station.token_request(&world.mutual, body).send().await.unwrap();
    let token = token(answer).await;
    let bound = serde_json::json!({"x5t#S256": station.thumbprint()});
    assert_eq!(claims(&token)["cnf"], bound);

    let body = format!("client_id={}&token={token}", client.client_id);
    let asked = station.http.post(format!("{}/oauth2/introspect", world.mutual));
    let told: Value = form(asked, body).send().await.unwrap().json().await.unwrap();
    assert_eq!((&told["active"], &told["cnf"]), (&Value::Bool(true), &bound));
    world.stop().await;
}

#[tokio::test]
async fn no_other_certificate_proves_the_client() {
    let world = World::start().await;
    let (station, other) = (world.station(STATION).await, world.station("panel-8").await);
    let client = client(&world).await;
    let body = format!("{GRANT}&client_id={}", client.client_id);
    let answer = other
        .token_request(&world.mutual, body.clone())
        .send()
        .await
        .unwrap();
    assert_invalid_client(answer, "another station's certificate").await;
    let ordinary = form(world.http.post(world.url("/oauth2/token")), body.clone());
    let ordinary = ordinary.header("x-client-cert", station.thumbprint());
    assert_invalid_client(ordinary.send().await.unwrap(), "the ordinary listener").await;
    let without = form(
        world.http.post(format!("{}/oauth2/token", world.mutual)),
        body.clone(),
    );
    assert!(without.send().await.is_err(), "without a certificate");
    let unknown = format!("{GRANT}&client_id=cli_unknown");
    let answer = station
        .token_request(&world.mutual, unknown)
        .send()
        .await
        .unwrap();
    assert_invalid_client(answer, "an unknown client").await;
    let nobody = station.token_request(&world.mutual, GRANT.into());
    assert_invalid_client(nobody.send().await.unwrap(), "no client_id").await;

    admin::revoke_certificate(&world.config, &station.serial())
        .await
        .unwrap();
    let answer = station.token_request(&world.mutual, body).send().await.unwrap();
    assert_invalid_client(answer, "a revoked certificate").await;
    world.stop().await;
}

#[tokio::test]
async fn a_secret_at_the_mutual_listener_brings_a_token_bound_to_the_certificate_beside_it() {
    let world = World::start().await;
    let station = world.station(STATION).await;
    let client = create_client(&world.config, world.new_client("certificates:issue"))
        .await
        .unwrap();
    let (id, secret) = (&client.client_id, &client.proof.client_secret);
    let request = || {
        station
            .token_request(&world.mutual, GRANT.into())
            .basic_auth(id, Some(secret))
    };
    let bound = token(request().send().await.unwrap()).await;
    assert_eq!(claims(&bound)["cnf"]["x5t#S256"], station.thumbprint());

    // RFC 8705 §3: at the server itself, too, it is worth nothing without the certificate.
    let body = serde_json::json!({"station_id": STATION, "site_id": "site_1", "csr": crate::requests::csr(&station.key)});
    let send = |http: &reqwest::Client, base: &str| {
        let request = http.post(format!("{base}/ca/certificates")).json(&body);
        request.bearer_auth(&bound).send()
    };
    let (here, there) = (world.url(""), world.mutual.clone());
    assert_eq!(send(&station.http, &there).await.unwrap().status(), 201);
    assert_eq!(
        send(&world.http, &here).await.unwrap().status(),
        401,
        "without it"
    );
    let other = world.station("panel-8").await;
    assert_eq!(
        send(&other.http, &there).await.unwrap().status(),
        401,
        "with another"
    );

    admin::revoke_station(&world.config, STATION).await.unwrap();
    assert_invalid_client(request().send().await.unwrap(), "a revoked certificate").await;
    assert_eq!(
        send(&station.http, &there).await.unwrap().status(),
        401,
        "with a revoked one"
    );
    world.stop().await;
}

#[tokio::test]
async fn the_metadata_tell_of_the_listener_only_where_there_is_one() {
    let world = World::start().await;
    let path = "/.well-known/oauth-authorization-server";
    let told: Value = world
        .http
        .get(world.url(path))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(told["tls_client_certificate_bound_access_tokens"], true);
    let methods = told["token_endpoint_auth_methods_supported"].as_array().unwrap();
    assert!(methods.contains(&"tls_client_auth".into()));
    let aliases = told["mtls_endpoint_aliases"].as_object().unwrap();
    let is_there = |url: &Value| url.as_str().unwrap().starts_with(&world.mutual);
    assert!(
        aliases.len() == 4 && aliases.values().all(is_there),
        "{aliases:?}"
    );
    let config = auth_server::Config {
        mutual_tls: None,
        ..world.config.clone()
    };
    let plain = auth_server::start(config, world.clock.clone()).await.unwrap();
    let url = format!("http://{}{path}", plain.address);
    let told = world.http.get(url).send().await.unwrap().text().await.unwrap();
    assert!(!told.contains("tls_client") && !told.contains("mtls"), "{told}");
    plain.stop().await;
    world.stop().await;
}
