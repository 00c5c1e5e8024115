//! The API over TLS: HTTP/2 for those who speak it, and certificates that are renewed while it runs.

use std::path::{Path, PathBuf};

use foundation::listen::TlsFiles;
use serde_json::json;
use tokio::process::Command;

use crate::world::{Authority, Door, World, server_on_loopback};

/// A certificate for this machine and its key, in files that can be renewed.
struct Files(PathBuf);

impl Files {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(foundation::ids::id("denro-tls"));
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        // As those do it who renew certificates: nobody ever reads a half of it.
        std::fs::write(self.0.join("new"), text).unwrap();
        std::fs::rename(self.0.join("new"), &path).unwrap();
        path
    }

    /// New files; answers with them, and the certificate.
    fn renew(&self) -> (TlsFiles, String) {
        let (certificate, key) = server_on_loopback();
        let files = TlsFiles {
            key: self.write("key.pem", &key),
            certificate: self.write("server.pem", &certificate),
        };
        (files, certificate)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

/// What curl writes of an answer: the version of HTTP and the status; nothing where there is no connection.
async fn curl(arguments: &[&str]) -> String {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--max-time", "20", "--output", "/dev/null"]);
    curl.args(["--write-out", "%{http_version} %{http_code}"])
        .args(arguments);
    let said = curl.output().await.unwrap();
    match said.status.success() {
        true => String::from_utf8(said.stdout).unwrap(),
        false => String::new(),
    }
}

async fn is_shown(certificate: &Path, url: &str) -> bool {
    let trusted = certificate.to_str().unwrap();
    !curl(&["--cacert", trusted, url]).await.is_empty()
}

#[tokio::test]
async fn who_speaks_http_2_gets_it_and_who_does_not_is_served_as_well() {
    let files = Files::new();
    let (tls, _) = files.renew();
    let trusted = tls.certificate.to_str().unwrap().to_owned();
    let world = World::start_with(|config| config.listen.tls = Some(tls)).await;
    let token = format!("Authorization: Bearer {}", world.owner().token);
    for (version, expected) in [("--http2", "2 200"), ("--http1.1", "1.1 200")] {
        let said = curl(&[
            version,
            "--cacert",
            &trusted,
            "--header",
            &token,
            &world.url("/v1/sites"),
        ])
        .await;
        assert_eq!(said, expected, "{version}");
    }
    world.stop().await;
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_without_a_restart() {
    let files = Files::new();
    let (tls, first) = files.renew();
    let before = files.write("before.pem", &first);
    let world = World::start_with(|config| config.listen.tls = Some(tls)).await;
    let url = world.url("/livez");
    assert!(is_shown(&before, &url).await);
    let (renewed, _) = files.renew();
    crate::world::eventually(|| async { is_shown(&renewed.certificate, &url).await.then_some(()) }).await;
    assert!(!is_shown(&before, &url).await);
    world.stop().await;
}

#[tokio::test]
async fn a_station_that_is_connected_stays_so_when_the_certificate_is_renewed() {
    let files = Files::new();
    let (tls, server_pem) = files.renew();
    let authority = Authority::new();
    let stations = event_server::config::Stations {
        address: "127.0.0.1:0".parse().unwrap(),
        tls,
        client_ca: files.write("root.pem", &authority.root_pem()),
        domain: None,
    };
    let world = World::start_with(|config| config.stations = Some(stations)).await;
    let mut door = Door {
        address: world.mutual_address(),
        server_pem,
    };
    let owner = world.owner();
    let site = owner
        .post("/v1/sites", &json!({"name": "駐車場"}))
        .await
        .expect(201);
    let site_id = site["id"].as_str().unwrap();
    let body = json!({"site_id": site_id, "name": "盤", "station_id": "panel-7", "security_profile": 3,
        "outlets": [{"name": "区画 1"}]});
    owner.post("/v1/controllers", &body).await.expect(201);
    let uri = format!("spiffe://127.0.0.1/site/{site_id}/controller/panel-7");
    let identity = authority.identity(&uri);
    let mut station = door.connect("panel-7", Some(&identity), None).await.unwrap();
    station.boot().await;
    door.server_pem = files.renew().1;
    // Another identity of the same station would take its place.
    let stranger = authority.identity(&format!("spiffe://127.0.0.1/site/{site_id}/controller/panel-8"));
    crate::world::eventually(|| async {
        let refused = door.connect("panel-8", Some(&stranger), None).await;
        matches!(refused, Err(tokio_tungstenite::tungstenite::Error::Http(_))).then_some(())
    })
    .await;
    assert!(station.call("Heartbeat", json!({})).await["currentTime"].is_string());
    world.stop().await;
}
