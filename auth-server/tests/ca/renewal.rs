//! The next certificate: by the one before it, or by the event-server.

use std::time::Duration;

use auth_server::admin::certificates as admin;
use auth_server::admin::{NewClient, create_client};
use rcgen::KeyPair;
use reqwest::{Client, Response};
use serde_json::{Value, json};

use crate::requests::csr;
use crate::station::{Station, form};
use crate::world::{SITE, STATION, World, assert_problem};

impl World {
    pub(crate) fn renew(
        &self,
        http: &Client,
        key: &KeyPair,
    ) -> impl Future<Output = Response> + Send + use<> {
        let request = http.post(format!("{}/ca/renewals", self.mutual));
        let request = request.json(&json!({"csr": csr(key)}));
        async move { request.send().await.unwrap() }
    }

    /// A token of a client with this scope.
    async fn token(&self, scope: &str) -> String {
        self.token_of(self.new_client(scope)).await
    }

    async fn token_of(&self, new: NewClient) -> String {
        let client = create_client(&self.config, new).await.unwrap();
        let request = self.http.post(self.url("/oauth2/token"));
        let request = form(request, "grant_type=client_credentials".into());
        let request = request.basic_auth(client.client_id, Some(client.proof.client_secret));
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    async fn request(&self, token: &str, station_id: &str, key: &KeyPair) -> Response {
        let body = json!({"station_id": station_id, "site_id": SITE, "csr": csr(key)});
        let request = self.http.post(self.url("/ca/certificates")).json(&body);
        request.bearer_auth(token).send().await.unwrap()
    }
}

#[tokio::test]
async fn a_certificate_brings_the_next_one_which_says_the_same_and_both_are_good() {
    let world = World::start().await;
    let (old, key) = (world.station(STATION).await, KeyPair::generate().unwrap());
    let answer = world.renew(&old.http, &key).await;
    assert_eq!(answer.status(), 201);
    let new = Station::new(key, answer.json().await.unwrap(), &world.server_certificate);
    let listed = admin::list_certificates(&world.config).await.unwrap();
    let [renewed, first] = &listed[..] else {
        panic!("{listed:?}")
    };
    assert_eq!(renewed.uri, first.uri);
    assert_eq!((&*renewed.how, &*renewed.tenant_id), ("renewed", "ten_test"));
    assert_eq!((&renewed.serial, &first.serial), (&new.serial(), &old.serial()));
    for station in [&old, &new] {
        let key = KeyPair::generate().unwrap();
        assert_eq!(world.renew(&station.http, &key).await.status(), 201);
    }
    world.stop().await;
}

#[tokio::test]
async fn a_revoked_certificate_renews_nothing_and_is_named_until_it_expires() {
    let world = World::start().await;
    let station = world.station(STATION).await;
    assert_eq!(world.revoked().await, json!({"revoked": []}));
    admin::revoke_certificate(&world.config, &station.serial())
        .await
        .unwrap();
    assert_eq!(world.revoked().await, json!({"revoked": [station.serial()]}));
    let url = world.url("/ca/revoked");
    let told = world.http.get(&url).send().await.unwrap();
    let again = world
        .http
        .get(&url)
        .header("if-none-match", &told.headers()["etag"]);
    assert_eq!(again.send().await.unwrap().status(), 304, "nothing new");
    let answer = world.renew(&station.http, &station.key).await;
    assert_problem(answer, 403, "certificate-refused", "revoked").await;
    world.clock.advance(Duration::from_secs(31 * 86_400));
    assert_eq!(world.revoked().await, json!({"revoked": []}));
    world.stop().await;
}

#[tokio::test]
async fn the_ordinary_listener_renews_nothing_whatever_a_header_says() {
    let world = World::start().await;
    let station = world.station(STATION).await;
    let request = world.http.post(world.url("/ca/renewals"));
    let request = request
        .header("x-client-cert", station.chain().replace('\n', ""))
        .header("x-forwarded-client-cert", "Hash=1;URI=spiffe://127.0.0.1")
        .json(&json!({"csr": csr(&station.key)}));
    let answer = request.send().await.unwrap();
    assert_problem(answer, 403, "certificate-needed", "no certificate").await;
    world.stop().await;
}

#[tokio::test]
async fn the_event_server_has_certificates_signed_for_stations_that_were_not_revoked() {
    let world = World::start().await;
    let station = world.station(STATION).await;
    let token = world.token("certificates:issue").await;
    let key = KeyPair::generate().unwrap();
    assert_eq!(world.request(&token, STATION, &key).await.status(), 201);
    let listed = admin::list_certificates(&world.config).await.unwrap();
    assert_eq!((&*listed[0].how, &listed[0].uri), ("requested", &listed[1].uri));
    let answer = world.request(&token, "a/b", &key).await;
    assert_problem(answer, 422, "invalid-request", "a station that is none").await;

    let revoked = admin::revoke_station(&world.config, STATION).await.unwrap();
    assert!(
        revoked.len() == 2 && revoked.contains(&station.serial()),
        "{revoked:?}"
    );
    let answer = world.request(&token, STATION, &key).await;
    assert_problem(answer, 403, "certificate-refused", "revoked station").await;
    world.station(STATION).await;
    assert_eq!(world.request(&token, STATION, &key).await.status(), 201);
    world.stop().await;
}

#[tokio::test]
async fn no_other_token_has_certificates_signed() {
    let world = World::start().await;
    let key = KeyPair::generate().unwrap();
    let other = world.token("sites:write outlets:write").await;
    let answer = world.request(&other, STATION, &key).await;
    let challenge = answer.headers()["www-authenticate"].to_str().unwrap().to_owned();
    assert!(challenge.contains("insufficient_scope"), "{challenge}");
    assert_problem(answer, 403, "insufficient-scope", "another scope").await;
    let for_another_api = NewClient {
        audience: Some("https://another.example.com".into()),
        ..world.new_client("certificates:issue")
    };
    let other = world.token_of(for_another_api).await;
    let answer = world.request(&other, STATION, &key).await;
    assert_problem(answer, 401, "invalid-token", "another audience (RFC 9068 §4)").await;
    let answer = world.request("x.y.z", STATION, &key).await;
    assert_problem(answer, 401, "invalid-token", "garbage").await;
    let body = json!({"station_id": STATION, "site_id": SITE, "csr": csr(&key)});
    let answer = world.post("/ca/certificates", &body).await;
    assert_problem(answer, 401, "missing-token", "none").await;
    assert!(admin::list_certificates(&world.config).await.unwrap().is_empty());
    world.stop().await;
}
