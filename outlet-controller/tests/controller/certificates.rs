//! A controller with a certificate, at a real TLS socket: renewal, falling back, and roots that the server installs.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::authority::Authority;
use super::server::{Heard, Time};
use super::tls::{Door, URI, config, enrol, tls};
use super::world::World;

/// A controller that is connected with its first certificate.
struct Station {
    world: World,
    door: Door,
    authority: Authority,
    servers: Authority,
    first: String,
}

impl Station {
    async fn start() -> Self {
        let mut world = World::prepare().await;
        world.csms.behave(|manner| manner.time = Time::Right);
        let (authority, servers) = (Authority::new(), Authority::new());
        let door = Door::open(world.csms.clone(), tls(&servers, &authority)).await;
        let first = enrol(&world.folder.join("identity"), &authority);
        let config = config(&world, &door, &servers);
        world.start_with(config).await;
        assert!(door.until_let_in(1, &first).await);
        world.until_available().await;
        Self {
            world,
            door,
            authority,
            servers,
            first,
        }
    }

    async fn call(&self, action: &str, payload: Value) -> Value {
        self.world.csms.call(action, payload).await[2].clone()
    }

    /// Has the station ask for a certificate; answers with its request.
    async fn request(&self) -> String {
        let heard = self.requests().len();
        let asked = json!({"requestedMessage": "SignChargingStationCertificate"});
        let answer = self.call("TriggerMessage", asked).await;
        assert_eq!(answer["status"], "Accepted", "{answer}");
        let look = |all: &[Heard]| requests(all).get(heard).cloned();
        self.world.csms.until("a request", look).await
    }

    fn requests(&self) -> Vec<String> {
        requests(&self.world.csms.heard())
    }

    async fn give(&self, chain: &str) {
        let signed = json!({"certificateChain": chain, "certificateType": "ChargingStationCertificate"});
        let answer = self.call("CertificateSigned", signed).await;
        assert_eq!(answer["status"], "Accepted", "{answer}");
    }

    async fn install(&self, root: &str) -> Value {
        let root = json!({"certificateType": "CSMSRootCertificate", "certificate": root});
        self.call("InstallCertificate", root).await
    }

    async fn until_discarded_is_told(&self) {
        let is_told = |heard: &Heard| {
            heard.action == "SecurityEventNotification"
                && heard.payload["type"] == "DiscardedRenewedClientCertificate"
        };
        let look = |all: &[Heard]| all.iter().any(is_told).then_some(());
        self.world.csms.until("a discarded certificate", look).await;
    }

    fn next(&self) -> PathBuf {
        self.world.folder.join("identity/next/chain.pem")
    }
}

fn requests(heard: &[Heard]) -> Vec<String> {
    let asked = heard.iter().filter(|heard| heard.action == "SignCertificate");
    asked
        .map(|heard| heard.payload["csr"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_station_asks_for_a_certificate_when_the_server_wants_it_and_connects_with_it() {
    let station = Station::start().await;
    let csr = station.request().await;
    assert!(csr.starts_with("-----BEGIN CERTIFICATE REQUEST-----"), "{csr}");
    let renewed = station.authority.certify(&csr, URI, 3_600);
    station.give(&renewed).await;
    assert!(station.door.until_let_in(2, &renewed).await);
}

#[tokio::test]
async fn a_station_with_a_password_has_no_certificate_to_ask_for() {
    let world = World::start().await;
    let asked = json!({"requestedMessage": "SignChargingStationCertificate"});
    let answer = world.csms.call("TriggerMessage", asked).await;
    assert_eq!(answer[2]["status"], "Rejected", "{answer}");
}

#[tokio::test]
async fn a_renewed_certificate_that_tls_refuses_gives_way_to_the_one_before_and_that_is_told() {
    let station = Station::start().await;
    let stranger = Authority::new();
    assert_eq!(station.install(&stranger.root_pem()).await["status"], "Accepted");
    let csr = station.request().await;
    station.give(&stranger.certify(&csr, URI, 3_600)).await;
    assert!(station.door.until_let_in(2, &station.first).await);
    assert_eq!(station.door.refused(), 1);
    station.until_discarded_is_told().await;
    assert!(!station.next().exists());
}

#[tokio::test]
async fn a_renewed_certificate_outlives_a_network_that_was_gone_for_a_moment() {
    let station = Station::start().await;
    let renewed = station.authority.certify(&station.request().await, URI, 3_600);
    station.door.hang_up(1);
    station.give(&renewed).await;
    assert!(station.door.until_let_in(2, &station.first).await);
    assert!(station.next().exists());
    station.door.cut().await;
    assert!(station.door.until_let_in(3, &renewed).await);
    let chain = station.world.folder.join("identity/chain.pem");
    let kept = async {
        while std::fs::read_to_string(&chain).unwrap() != renewed {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), kept).await.unwrap();
}

#[tokio::test]
async fn a_renewed_certificate_that_never_connects_is_given_up_after_the_third_time() {
    let station = Station::start().await;
    let renewed = station.authority.certify(&station.request().await, URI, 3_600);
    station.door.hang_up(1);
    station.give(&renewed).await;
    for connection in 2..=4 {
        assert!(station.door.until_let_in(connection, &station.first).await);
        if connection < 4 {
            assert!(station.next().exists(), "{connection}");
            station.door.hang_up(1);
            station.door.cut().await;
        }
    }
    station.until_discarded_is_told().await;
    assert!(!station.next().exists());
}

#[tokio::test]
async fn a_server_whose_root_was_installed_is_believed_and_the_root_stays_while_it_is_needed() {
    let station = Station::start().await;
    let second = Authority::new();
    assert_eq!(station.install(&second.root_pem()).await["status"], "Accepted");
    station.door.use_tls(tls(&second, &station.authority));
    station.door.cut().await;
    assert!(station.door.until_let_in(2, &station.first).await);
    station.world.csms.until_connected(2).await;

    let listed = station.call("GetInstalledCertificateIds", json!({})).await;
    assert_eq!(listed["status"], "Accepted", "{listed}");
    let chain = listed["certificateHashDataChain"].as_array().unwrap();
    assert_eq!(chain.len(), 2, "{listed}");
    for (hash, reason) in [(0, "InUse"), (1, "Configured")] {
        let hash = &chain[hash]["certificateHashData"];
        let deleted = station
            .call("DeleteCertificate", json!({ "certificateHashData": hash }))
            .await;
        assert_eq!(deleted["status"], "Failed", "{deleted}");
        assert_eq!(deleted["statusInfo"]["reasonCode"], reason, "{deleted}");
    }

    station.door.use_tls(tls(&station.servers, &station.authority));
    station.door.cut().await;
    assert!(station.door.until_let_in(3, &station.first).await);
    station.world.csms.until_connected(3).await;
    let hash = json!({ "certificateHashData": chain[0]["certificateHashData"] });
    for status in ["Accepted", "NotFound"] {
        let deleted = station.call("DeleteCertificate", hash.clone()).await;
        assert_eq!(deleted["status"], status, "{deleted}");
    }
}

#[tokio::test]
async fn a_server_of_an_unknown_root_is_not_believed() {
    let station = Station::start().await;
    station.door.use_tls(tls(&Authority::new(), &station.authority));
    station.door.cut().await;
    station.door.until_refused(2).await;
    station.door.use_tls(tls(&station.servers, &station.authority));
    assert!(station.door.until_let_in(2, &station.first).await);
}

#[tokio::test]
async fn a_root_that_is_junk_or_for_something_else_is_rejected() {
    let station = Station::start().await;
    let leaf = station.authority.identity(URI).chain_pem;
    for junk in ["junk", &leaf] {
        let answer = station.install(junk).await;
        assert_eq!(answer["status"], "Rejected", "{answer}");
        assert_eq!(
            answer["statusInfo"]["reasonCode"], "InvalidCertificate",
            "{answer}"
        );
    }
    let root = json!({"certificateType": "ManufacturerRootCertificate", "certificate": station.authority.root_pem()});
    let answer = station.call("InstallCertificate", root).await;
    assert_eq!(answer["status"], "Rejected", "{answer}");
    std::fs::write(station.world.folder.join("data/roots"), "no folder").unwrap();
    let answer = station.install(&Authority::new().root_pem()).await;
    assert_eq!(answer["status"], "Failed", "{answer}");
}
