//! A controller that trusts somebody's firmware, a file server, and whoever installs what it hands over.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use base64::{Engine, engine::general_purpose::STANDARD};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    SigningKey,
};
use serde_json::{Value, json};
use system_tests::api::Answer;
use system_tests::peer::{Peer, Runtime};
use system_tests::world::{Options, World};

use super::RETRY;
use crate::install::outlet_controller;

const DEADLINE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);

/// Somebody who signs firmware, and the root that vouches for it.
pub(super) struct Signer {
    root: std::sync::Arc<CertifiedIssuer<'static, KeyPair>>,
    key: KeyPair,
    pub(super) chain: String,
}

impl Signer {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::CommonName, "firmware root");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self::under(root.into())
    }

    /// Another one of the same root.
    pub(super) fn of(other: &Self) -> Self {
        Self::under(other.root.clone())
    }

    fn under(root: std::sync::Arc<CertifiedIssuer<'static, KeyPair>>) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
        let chain = params.signed_by(&key, &*root).unwrap().pem();
        Self { root, key, chain }
    }

    /// The body of a request for an update.
    pub(super) fn signs(&self, location: &str, firmware: &[u8]) -> Value {
        let signature = STANDARD.encode(self.key.sign(firmware).unwrap());
        json!({"location": location, "signing_certificate": self.chain, "signature": signature})
    }
}

pub(super) struct Site {
    pub(super) world: World,
    pub(super) server: Peer,
    pub(super) signer: Signer,
    port: u64,
}

impl Site {
    /// `None` where there is no Python.
    pub(super) async fn start(options: Options) -> Option<Self> {
        if !Runtime::Python.is_there() {
            return None;
        }
        let options = Options {
            controller: false,
            ..options
        };
        let mut world = World::start(options).await;
        let (ca, certificate, key) = certified();
        let signer = Signer::new();
        let files = world.folder.join("files");
        std::fs::create_dir_all(&files).unwrap();
        let write = |name: &str, text: &str| {
            let path = world.folder.join(name);
            std::fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let (certificate, key) = (write("files.pem", &certificate), write("files.key", &key));
        let mut server = Runtime::Python.start("files.py", &[files.to_str().unwrap(), &certificate, &key]);
        let port = server.until("port").await["port"].as_u64().unwrap();
        let (ca, root) = (
            write("files-ca.pem", &ca),
            write("firmware-root.pem", &signer.root.pem()),
        );
        let config = world.folder.join("outlet-controller.toml");
        let text = std::fs::read_to_string(&config).unwrap();
        let more = format!("ca_file = \"{ca}\"\n\n[firmware]\nroot_file = \"{root}\"\nmax_mb = 1\n");
        std::fs::write(&config, text + &more).unwrap();
        world.restart_controller().await;
        world.until_online(true).await;
        world.until_usable().await;
        Some(Self {
            world,
            server,
            signer,
            port,
        })
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("https://127.0.0.1:{}/{path}", self.port)
    }

    /// Puts a file where it can be got.
    pub(super) fn firmware(&self, name: &str, bytes: &[u8]) -> Vec<u8> {
        std::fs::write(self.world.folder.join("files").join(name), bytes).unwrap();
        bytes.to_vec()
    }

    pub(super) fn signed(&self, path: &str, firmware: &[u8]) -> Value {
        self.signer.signs(&self.url(path), firmware)
    }

    pub(super) async fn try_ask(&self, body: &Value) -> Answer {
        let path = format!("/v1/controllers/{}/firmware-updates", self.world.controller_id);
        self.world.api.post(&path, body).await
    }

    pub(super) fn folder(&self) -> PathBuf {
        self.world.folder.join("controller/firmware")
    }

    /// Whether firmware waits to be installed.
    pub(super) fn waits(&self) -> bool {
        self.folder().join("ready").exists()
    }

    pub(super) async fn until_it_waits(&self) {
        let started = Instant::now();
        while !self.waits() {
            assert!(started.elapsed() < DEADLINE, "no firmware waits");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// As whoever installs it does; what it has then, or why it has nothing.
    pub(super) async fn take(&self) -> Result<Vec<u8>, String> {
        let (config, to) = (
            self.world.folder.join("outlet-controller.toml"),
            self.world.folder.join("taken"),
        );
        let [config, to] = [config.to_str().unwrap(), to.to_str().unwrap()];
        let mut command = outlet_controller(&["--config", config, "take-firmware", to]);
        let output = command.spawn().unwrap().wait_with_output().await.unwrap();
        if !output.status.success() {
            assert!(
                !std::fs::exists(to).unwrap(),
                "what is not good is not left there"
            );
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let taken = std::fs::read(to).unwrap();
        std::fs::remove_file(to).unwrap();
        Ok(taken)
    }

    /// Whoever installs it says how it went.
    pub(super) fn says(&self, outcome: &str) {
        let file = self.folder().join("outcome");
        std::fs::write(file.with_extension("new"), format!("{outcome}\n")).unwrap();
        std::fs::rename(file.with_extension("new"), file).unwrap();
    }
}

/// An authority, and a file server's certificate of it with its key.
fn certified() -> (String, String, String) {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "files");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &ca).unwrap();
    (ca.pem(), certificate.pem(), key.serialize_pem())
}

/// Answers with the command's id.
pub(super) async fn ask(world: &World, what: &str, body: &Value) -> String {
    let path = format!("/v1/controllers/{}/{what}", world.controller_id);
    let accepted = world.api.post(&path, body).await;
    assert_eq!(accepted.status, 202, "{:#}", accepted.body);
    world.remember(&accepted.body);
    accepted.body["command"]["id"].as_str().unwrap().to_owned()
}

/// The command's outcome; time is let pass for whoever waits before trying again.
pub(super) async fn outcome(world: &World, command_id: &str) -> Value {
    let started = Instant::now();
    loop {
        let command = world.api.get(&format!("/v1/commands/{command_id}")).await;
        if !command["completed_at"].is_null() {
            return command;
        }
        assert!(started.elapsed() < DEADLINE, "no outcome: {command:#}");
        if started.elapsed() > Duration::from_secs(2) {
            world.clock.advance(RETRY);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// How far firmware was told to be, in order.
pub(super) async fn statuses(world: &World) -> Vec<String> {
    let events = world.events().await.into_iter();
    let firmware = events.filter(|event| event["type"] == "controller.firmware_status");
    let status = |event: Value| event["data"]["status"].as_str().unwrap().to_owned();
    firmware.map(status).collect()
}

pub(super) async fn until_status(world: &World, status: &str) {
    let is_it =
        |event: &Value| event["type"] == "controller.firmware_status" && event["data"]["status"] == status;
    world
        .until(status, |events| events.iter().any(is_it).then_some(()))
        .await;
}
