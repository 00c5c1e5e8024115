//! A server with an authority and a listener for certificates, and what it answers.

use std::path::{Path, PathBuf};

use auth_server::Config;
use auth_server::admin::NewClient;
use auth_server::admin::certificates::{self as admin, CreatedEnrolment, Enrolment};
use auth_server::config::MutualTls;
use foundation::listen::TlsFiles;
use foundation::{Clock, Service};
use reqwest::Response;
use serde_json::{Value, json};

#[path = "../../../foundation/testing/database.rs"]
pub(crate) mod database;

use crate::station::Station;
use database::Database;

pub(crate) const STATION: &str = "panel-7";
pub(crate) const SITE: &str = "site_1";

pub(crate) struct World {
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) service: Service,
    /// Knows the server's certificate and shows none.
    pub(crate) http: reqwest::Client,
    pub(crate) server_certificate: String,
    /// Where the listener for certificates is.
    pub(crate) mutual: String,
    pub(crate) folder: Folder,
    _database: Database,
}

/// Gone at the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = std::env::temp_dir().join(foundation::ids::id("denro-ca"));
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _left_behind = std::fs::remove_dir_all(&self.0);
    }
}

impl World {
    pub(crate) async fn start() -> Self {
        let (database, folder) = (Database::new(), Folder::new());
        let mut config = Config::local(database.url());
        let (tls, server_certificate) = server_files(&folder);
        config.mutual_tls = Some(MutualTls {
            address: ([127, 0, 0, 1], 0).into(),
            tls,
            public_url: None,
        });
        admin::create_authority(&config, &folder.0.join("root.key"), false)
            .await
            .unwrap();
        let clock = Clock::system();
        let service = auth_server::start(config.clone(), clock.clone()).await.unwrap();
        let http = Station::without_certificate(&server_certificate);
        let metadata = format!(
            "http://{}/.well-known/oauth-authorization-server",
            service.address
        );
        let metadata: Value = http.get(metadata).send().await.unwrap().json().await.unwrap();
        let token = metadata["mtls_endpoint_aliases"]["token_endpoint"]
            .as_str()
            .unwrap();
        Self {
            mutual: token.strip_suffix("/oauth2/token").unwrap().to_owned(),
            config,
            clock,
            service,
            http,
            server_certificate,
            folder,
            _database: database,
        }
    }

    pub(crate) async fn stop(self) {
        self.service.stop().await;
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.service.address)
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Response {
        self.http.post(self.url(path)).json(body).send().await.unwrap()
    }

    pub(crate) async fn code(&self, station_id: &str) -> CreatedEnrolment {
        admin::create_enrolment(&self.config, to(station_id), 3600)
            .await
            .unwrap()
    }

    pub(crate) async fn enrol(&self, code: &str, csr: &str) -> Response {
        self.post("/ca/enrolments", &json!({"code": code, "csr": csr}))
            .await
    }

    /// A station that has enrolled.
    pub(crate) async fn station(&self, station_id: &str) -> Station {
        let key = rcgen::KeyPair::generate().unwrap();
        let code = self.code(station_id).await.code;
        let answer = self.enrol(&code, &crate::requests::csr(&key)).await;
        assert_eq!(answer.status(), 201);
        Station::new(key, answer.json().await.unwrap(), &self.server_certificate)
    }

    /// For the authority itself.
    pub(crate) fn new_client(&self, scope: &str) -> NewClient {
        NewClient {
            name: "Client".into(),
            tenant_id: "ten_test".into(),
            scopes: scope.parse().unwrap(),
            audience: Some(self.url("")),
            introspects: None,
            dpop_bound: false,
            sign_in: None,
        }
    }

    pub(crate) async fn revoked(&self) -> Value {
        let answer = self.http.get(self.url("/ca/revoked")).send().await.unwrap();
        answer.json().await.unwrap()
    }
}

pub(crate) fn to(station_id: &str) -> Enrolment {
    Enrolment {
        station_id: station_id.into(),
        site_id: SITE.into(),
        tenant_id: "ten_test".into(),
    }
}

/// A certificate for the server itself, which has nothing to do with the authority.
fn server_files(folder: &Folder) -> (TlsFiles, String) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let certificate = made.cert.pem();
    let files = TlsFiles {
        certificate: folder.write("server.crt", &certificate),
        key: folder.write("server.key", &made.signing_key.serialize_pem()),
    };
    (files, certificate)
}

/// A refusal: problem details with this code, which nobody keeps and which hold nothing that was sent.
pub(crate) async fn assert_problem(answer: Response, status: u16, code: &str, case: &str) -> Value {
    assert_eq!(answer.status(), status, "{case}");
    assert_eq!(
        answer.headers()["content-type"],
        "application/problem+json",
        "{case}"
    );
    assert_eq!(answer.headers()["cache-control"], "no-store", "{case}");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["code"], code, "{case}: {body}");
    assert!(!body.to_string().contains("dnr_"), "{case}: {body}");
    body
}

pub(crate) fn path_text(path: &Path) -> &str {
    path.to_str().unwrap()
}
