//! The server's certificate becomes one of another root, and no controller is touched by hand.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use serde_json::{Value, json};
use system_tests::peer::Runtime;
use system_tests::world::{Options, World};

use crate::certificates::{Door, enrol, fingerprint, new_code, open_door, use_certificate};

/// Somebody's authority for servers.
struct ServerRoot(CertifiedIssuer<'static, KeyPair>);

impl ServerRoot {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Has the event-server show a certificate of this root from its next start on.
    fn certify_server(&self, folder: &Path) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        let leaf = params.signed_by(&key, &self.0).unwrap();
        std::fs::write(folder.join("server.pem"), leaf.pem()).unwrap();
        std::fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
    }
}

async fn act(world: &World, what: &str, body: &Value) -> Value {
    let path = format!("/v1/controllers/{}/{what}", world.controller_id);
    let accepted = world.api.post(&path, body).await;
    assert_eq!(accepted.status, 202, "{:#}", accepted.body);
    world.remember(&accepted.body);
    let id = accepted.body["command"]["id"].as_str().unwrap();
    world.until_outcome(id).await
}

async fn restart_with(world: &mut World, root: &ServerRoot) {
    world.stop_server().await;
    root.certify_server(&world.folder);
    world.restart_server().await;
    world.until_online(true).await;
}

async fn without_controller() -> (World, Door) {
    let options = Options {
        controller: false,
        ..Options::default()
    };
    let mut world = World::start(options).await;
    let door = open_door(&mut world).await;
    (world, door)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_controller_follows_its_server_to_another_root_without_a_hand_on_it() {
    let (mut world, mut door) = without_controller().await;
    let (first, second) = (ServerRoot::new("first"), ServerRoot::new("second"));
    door.ca_file = world.folder.join("first.pem");
    std::fs::write(&door.ca_file, first.0.pem()).unwrap();
    world.stop_server().await;
    first.certify_server(&world.folder);
    world.restart_server().await;
    let config = use_certificate(&world, &door);
    let (code, fingerprint) = (new_code(&world).await, fingerprint(&world).await);
    assert!(enrol(&world, &config, &code, &fingerprint).await);
    world.restart_controller().await;
    world.until_online(true).await;

    let root = json!({ "certificate": second.0.pem() });
    let installed = act(&world, "certificates", &root).await;
    assert_eq!(installed["state"], "confirmed", "{installed}");
    restart_with(&mut world, &second).await;
    let listed = act(&world, "certificate-requests", &json!({})).await;
    let listed: Value = serde_json::from_str(listed["detail"].as_str().unwrap()).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 2, "{listed}");
    let kept = act(&world, "certificate-deletions", &listed[0]["hash"]).await;
    assert_eq!(
        (&kept["state"], &kept["reason"]),
        (&json!("refused"), &json!("InUse"))
    );
    // What was installed is there after a restart of the controller, too.
    world.stop_controller().await;
    world.until_online(false).await;
    world.restart_controller().await;
    world.until_online(true).await;
    restart_with(&mut world, &first).await;
    let gone = act(&world, "certificate-deletions", &listed[0]["hash"]).await;
    assert_eq!(gone["state"], "confirmed", "{gone}");
    world.stop().await;
}

/// The `ocpp` package of PyPI knows nothing of this repository.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_makers_station_is_given_a_root_in_both_versions() {
    if !Runtime::Python.is_there() {
        return;
    }
    let options = Options {
        controller: false,
        ..Options::default()
    };
    let world = World::start(options).await;
    let url = world.api.url("/ocpp").replace("http:", "ws:");
    for version in ["2.1", "2.0.1"] {
        let arguments = [&*url, &*world.station_id, &*world.station_password, version];
        let mut station = Runtime::Python.start("station.py", &arguments);
        station.until("ready").await;
        world.until_online(true).await;
        let root = json!({ "certificate": ServerRoot::new("root").0.pem() });
        let installed = act(&world, "certificates", &root).await;
        assert_eq!(installed["state"], "confirmed", "{installed}");
        assert_eq!(
            station.until("installed").await["installed"],
            "CSMSRootCertificate"
        );
        let listed = act(&world, "certificate-requests", &json!({})).await;
        let listed: Value = serde_json::from_str(listed["detail"].as_str().unwrap()).unwrap();
        let deleted = act(&world, "certificate-deletions", &listed[0]["hash"]).await;
        assert_eq!(deleted["state"], "confirmed", "{deleted}");
        assert_eq!(station.until("deleted").await["deleted"], "a1");
        drop(station);
        world.until_online(false).await;
    }
    world.stop().await;
}
