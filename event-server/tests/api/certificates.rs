//! OCPP security profile 3: a station is who its certificate says.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Error;

use crate::world::{Authority, Door, TlsStation, World, log, refused};

/// A server with a door for certificates of an authority, and a controller there.
pub(crate) struct Certified {
    pub(crate) world: World,
    pub(crate) door: Door,
    pub(crate) authority: Authority,
    pub(crate) site_id: String,
}

impl Certified {
    /// With the station `panel-7`.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut event_server::Config)) -> Self {
        let authority = Authority::new();
        let (world, door) = World::start_with_door(&authority, change).await;
        let owner = world.owner();
        let site = owner
            .post("/v1/sites", &json!({"name": "駐車場"}))
            .await
            .expect(201);
        let certified = Self {
            site_id: site["id"].as_str().unwrap().into(),
            world,
            door,
            authority,
        };
        certified.controller("panel-7", 3).await;
        certified
    }

    async fn controller(&self, station_id: &str, profile: i32) -> Value {
        let body = json!({"site_id": self.site_id, "name": "盤", "station_id": station_id,
            "security_profile": profile, "outlets": [{"name": "区画 1"}]});
        let made = self.world.owner().post("/v1/controllers", &body).await;
        made.expect(201)
    }

    /// The station `panel-7`, let in by its certificate.
    pub(crate) async fn booted(&self) -> TlsStation {
        let identity = self.authority.identity(&self.uri("panel-7"));
        let connected = self.door.connect("panel-7", Some(&identity), None);
        let mut station = connected.await.unwrap();
        station.boot().await;
        station
    }

    pub(crate) fn uri(&self, station_id: &str) -> String {
        format!("spiffe://127.0.0.1/site/{}/controller/{station_id}", self.site_id)
    }
}

fn basic(station_id: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{station_id}:{password}")))
}

#[tokio::test]
async fn a_station_with_its_certificate_needs_no_password() {
    Certified::start().await.booted().await;
}

#[tokio::test]
async fn without_a_certificate_nothing_is_heard_at_the_stations_door() {
    let certified = Certified::start().await;
    let made = certified.controller("panel-8", 2).await;
    let basic = basic("panel-8", made["password"].as_str().unwrap());
    let outcome = certified.door.connect("panel-8", None, Some(&basic)).await;
    assert!(
        matches!(outcome, Err(Error::Io(_) | Error::Tls(_))),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_not_heard_even_with_the_same_names() {
    let certified = Certified::start().await;
    let identity = Authority::new().identity(&certified.uri("panel-7"));
    let outcome = certified.door.connect("panel-7", Some(&identity), None).await;
    assert!(
        matches!(outcome, Err(Error::Io(_) | Error::Tls(_))),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_certificate_opens_no_path_but_its_own_stations() {
    let certified = Certified::start().await;
    certified.controller("panel-8", 2).await;
    let site = &certified.site_id;
    for (path, uri) in [
        ("panel-8", certified.uri("panel-7")),
        (
            "panel-7",
            "spiffe://127.0.0.1/site/site_other/controller/panel-7".to_owned(),
        ),
        (
            "panel-7",
            format!("spiffe://elsewhere/site/{site}/controller/panel-7"),
        ),
        (
            "panel-7",
            format!("spiffe://127.0.0.1/site/{site}/station/panel-7"),
        ),
        (
            "panel-7",
            format!("spiffe://127.0.0.1/site/{site}/controller/panel-7/"),
        ),
        ("panel-9", certified.uri("panel-9")),
    ] {
        let identity = certified.authority.identity(&uri);
        let outcome = certified.door.connect(path, Some(&identity), None).await;
        assert_eq!(refused(outcome), 401, "{path} {uri}");
    }
}

#[tokio::test]
async fn a_password_beside_another_stations_certificate_helps_nothing() {
    let certified = Certified::start().await;
    let made = certified.controller("panel-8", 2).await;
    let basic = basic("panel-8", made["password"].as_str().unwrap());
    let identity = certified.authority.identity(&certified.uri("panel-7"));
    let outcome = certified
        .door
        .connect("panel-8", Some(&identity), Some(&basic))
        .await;
    assert_eq!(refused(outcome), 401);
}

#[tokio::test]
async fn a_controller_at_profile_3_is_refused_with_its_password() {
    let certified = Certified::start().await;
    for (station_id, profile, status) in [("panel-8", 3, 401), ("panel-9", 2, 101)] {
        let made = certified.controller(station_id, profile).await;
        assert_eq!(made["security_profile"], profile);
        let upgrade = certified
            .world
            .http
            .get(certified.world.url(&format!("/ocpp/{station_id}")));
        let upgrade = upgrade
            .basic_auth(station_id, made["password"].as_str())
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
            .header("sec-websocket-protocol", "ocpp2.1");
        assert_eq!(
            upgrade.send().await.unwrap().status().as_u16(),
            status,
            "{station_id}"
        );
    }
}

#[tokio::test]
async fn a_controller_is_made_with_profile_2_or_3_and_no_other() {
    let certified = Certified::start().await;
    let body = json!({"site_id": certified.site_id, "name": "盤", "security_profile": 1,
        "outlets": [{"name": "区画 1"}]});
    let answer = certified.world.owner().post("/v1/controllers", &body).await;
    assert_eq!(answer.status.as_u16(), 422, "{}", answer.body);
    assert_eq!(
        answer.body["errors"][0]["pointer"], "/security_profile",
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn what_came_with_a_revoked_certificate_is_closed_and_does_not_come_back() {
    let certified = Certified::start().await;
    certified.controller("panel-8", 3).await;
    let bad = certified.authority.identity(&certified.uri("panel-7"));
    let good = certified.authority.identity(&certified.uri("panel-8"));
    let mut ended = certified.door.connect("panel-7", Some(&bad), None).await.unwrap();
    let mut kept = certified
        .door
        .connect("panel-8", Some(&good), None)
        .await
        .unwrap();
    ended.boot().await;
    kept.boot().await;
    certified.world.issuer.revoke(&bad.serial);
    certified.world.clock.advance(Duration::from_secs(6));
    let close = ended.closed().await.unwrap();
    assert_eq!(
        (u16::from(close.code), &*close.reason),
        (1008, "the certificate is revoked")
    );
    let again = certified.door.connect("panel-7", Some(&bad), None).await;
    assert_eq!(refused(again), 401);
    kept.call("Heartbeat", json!({})).await;
    let renewed = certified.authority.identity(&certified.uri("panel-7"));
    certified
        .door
        .connect("panel-7", Some(&renewed), None)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_certificate_that_has_expired_opens_nothing_wherever_tls_has_let_it_in() {
    let certified = Certified::start().await;
    let identity = certified.authority.identity(&certified.uri("panel-7"));
    certified
        .door
        .connect("panel-7", Some(&identity), None)
        .await
        .unwrap();
    // TLS goes by the machine's clock, which stays.
    certified.world.clock.advance(Duration::from_secs(3_601));
    let outcome = certified.door.connect("panel-7", Some(&identity), None).await;
    assert_eq!(refused(outcome), 401);
    log::until(&["panel-7", "its certificate has expired"]).await;
}

#[tokio::test]
async fn whom_tls_does_not_let_in_is_told_with_address_and_reason() {
    let certified = Certified::start().await;
    let stranger = Authority::new().identity(&certified.uri("panel-7"));
    for (identity, reason) in [
        (None, "peer sent no certificates"),
        (Some(&stranger), "invalid peer certificate"),
    ] {
        let outcome = certified.door.connect("panel-7", identity, None).await;
        assert!(outcome.is_err(), "{outcome:?}");
        let line = log::until(&["not let in: TLS", "127.0.0.1:", reason]).await;
        assert!(!line.contains("BEGIN"), "{line}");
    }
}

#[tokio::test]
async fn whom_a_certificate_does_not_let_in_is_told_with_the_reason() {
    let certified = Certified::start().await;
    certified.controller("panel-6", 3).await;
    let elsewhere = "spiffe://127.0.0.1/site/site_other/controller/panel-6".to_owned();
    for (path, uri, reason) in [
        ("panel-6", elsewhere, "its certificate is for another site"),
        (
            "panel-6",
            certified.uri("panel-7"),
            "its certificate is of another station",
        ),
        ("panel-5", certified.uri("panel-5"), "no such station is known"),
    ] {
        let identity = certified.authority.identity(&uri);
        let outcome = certified.door.connect(path, Some(&identity), None).await;
        assert_eq!(refused(outcome), 401, "{path}");
        log::until(&["a station is not let in", path, reason]).await;
    }
}

const CSR: &str = "-----BEGIN CERTIFICATE REQUEST-----\nAA==\n-----END CERTIFICATE REQUEST-----\n";

#[tokio::test]
async fn without_an_authority_no_certificate_is_promised() {
    let certified = Certified::start().await;
    let mut station = certified.booted().await;
    let answer = station.call("SignCertificate", json!({"csr": CSR})).await;
    assert_eq!(answer["status"], "Rejected");
}

#[tokio::test]
async fn a_certificate_for_something_else_or_without_a_request_is_not_promised() {
    let secret = std::env::temp_dir().join(foundation::ids::id("denro-secret"));
    std::fs::write(&secret, "secret").unwrap();
    let ca = event_server::config::SecretClient {
        client_id: "cli_1".into(),
        client_secret_file: secret.clone(),
    };
    let certified = Certified::start_with(|config| config.ca = Some(ca)).await;
    let mut station = certified.booted().await;
    for (payload, status) in [
        (json!({"csr": "none"}), "Rejected"),
        (
            json!({"csr": CSR, "certificateType": "V2GCertificate"}),
            "Rejected",
        ),
        (json!({"csr": CSR}), "Accepted"),
        (
            json!({"csr": CSR, "certificateType": "ChargingStationCertificate", "requestId": 7}),
            "Accepted",
        ),
    ] {
        let answer = station.call("SignCertificate", payload.clone()).await;
        assert_eq!(answer["status"], status, "{payload}");
    }
    std::fs::remove_file(secret).unwrap();
}
