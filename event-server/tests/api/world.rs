//! A server with an issuer beside it, and callers.

#[path = "../../../foundation/testing/authority.rs"]
mod authority;
mod calls;
#[path = "../../../foundation/testing/database.rs"]
mod database;
mod issuer;
pub(crate) mod log;
mod receiver;
mod tls_station;
mod written;

use std::sync::Arc;
use std::time::Duration;

use event_server::sandbox::{Done, OutletHappening, PanelHappening, Sandbox, Simulated};
use foundation::db::DatabaseUrl;
use foundation::listen::TlsFiles;
use foundation::{Clock, Service};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

pub(crate) use authority::{Authority, server_on_loopback};
pub(crate) use calls::Operation;
use database::Database;
pub(crate) use issuer::{Issuer, claims, stranger_token};
pub(crate) use receiver::{Received, Receiver};
pub(crate) use tls_station::{Door, TlsStation, refused};
pub(crate) use written::{Ended, ended_session};

pub(crate) const ALL_SCOPES: &str = "sites:read sites:write outlets:read outlets:write sessions:read sessions:write \
    events:read webhooks:read webhooks:write audit:read";

pub(crate) struct World {
    pub(crate) issuer: Issuer,
    pub(crate) clock: Clock,
    pub(crate) http: reqwest::Client,
    service: Option<Service>,
    tls: bool,
    database: Database,
}

/// A sandbox in which all that is asked for happens.
#[derive(Debug)]
struct Anything;

impl Sandbox for Anything {
    fn make_panel(&self, _panel: Simulated) -> Done {
        Box::pin(std::future::ready(Ok(true)))
    }

    fn at_outlet(&self, _controller_id: &str, _number: u8, _happening: OutletHappening) -> Done {
        Box::pin(std::future::ready(Ok(true)))
    }

    fn at_panel(&self, _controller_id: &str, _happening: PanelHappening) -> Done {
        Box::pin(std::future::ready(Ok(true)))
    }
}

/// What an answer was.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// How a token is asked for, without where that is told.
    pub(crate) fn challenge(&self) -> &str {
        let header = self.header("www-authenticate");
        let (challenge, told) = header.split_once(", resource_metadata=").unwrap();
        assert!(
            told.ends_with("/.well-known/oauth-protected-resource\""),
            "{header}"
        );
        challenge
    }

    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }

    pub(crate) fn is_problem(&self, status: u16, code: &str) {
        assert_eq!(
            (self.status.as_u16(), &self.body["code"]),
            (status, &json!(code)),
            "{}",
            self.body
        );
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.body["request_id"], self.header("x-request-id"));
        assert_eq!(self.body["type"], format!("urn:denro:problem:{code}"));
    }
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut event_server::Config)) -> Self {
        Self::start_beside(Issuer::start().await, change).await
    }

    pub(crate) async fn start_beside(issuer: Issuer, change: impl FnOnce(&mut event_server::Config)) -> Self {
        log::keep();
        let database = Database::new();
        let mut config = event_server::Config::local(database.url(), issuer.url());
        change(&mut config);
        let tls = config.listen.tls.is_some();
        let clock = Clock::system();
        let sandbox = config
            .sandbox
            .enabled
            .then(|| Arc::new(Anything) as Arc<dyn Sandbox>);
        let service = event_server::start_with(config, clock.clone(), sandbox)
            .await
            .unwrap();
        let world = Self {
            issuer,
            clock,
            // Whom a certificate is of is tested with certificates.
            http: reqwest::Client::builder()
                .tls_danger_accept_invalid_certs(true)
                .build()
                .unwrap(),
            service: Some(service),
            tls,
            database,
        };
        world.until_ready().await;
        world
    }

    /// With a sandbox in which whatever is asked for happens.
    pub(crate) async fn start_in_sandbox() -> Self {
        Self::start_with(|config| {
            config.sandbox.enabled = true;
            config.public_url = Some("https://events.example.com".into());
        })
        .await
    }

    /// A configuration for the program's own commands, on this server's database.
    pub(crate) fn config_file(&self) -> std::path::PathBuf {
        let url = match self.database.url() {
            DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
            #[cfg(feature = "postgres")]
            DatabaseUrl::Postgres(url) => url,
        };
        let path = std::env::temp_dir().join(foundation::ids::id("denro-config"));
        let issuer = self.issuer.url();
        let text = format!(
            "[listen]\naddress = \"127.0.0.1:0\"\n[database]\nurl = \"{url}\"\n[auth]\nissuer = \"{issuer}\"\n"
        );
        std::fs::write(&path, text).unwrap();
        path
    }

    /// With a listener for stations that have a certificate of the authority.
    pub(crate) async fn start_with_door(
        authority: &Authority,
        change: impl FnOnce(&mut event_server::Config),
    ) -> (Self, Door) {
        let folder = std::env::temp_dir().join(foundation::ids::id("denro-test"));
        std::fs::create_dir_all(&folder).unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let (server_pem, key_pem) = authority::server_on_loopback();
        let stations = event_server::config::Stations {
            address: "127.0.0.1:0".parse().unwrap(),
            tls: TlsFiles {
                certificate: write("server.pem", &server_pem),
                key: write("server.key.pem", &key_pem),
            },
            client_ca: write("root.pem", &authority.root_pem()),
            domain: None,
        };
        let world = Self::start_with(|config| {
            config.stations = Some(stations);
            change(config);
        })
        .await;
        std::fs::remove_dir_all(folder).unwrap();
        let address = world.service.as_ref().unwrap().mutual_address.unwrap();
        (world, Door { address, server_pem })
    }

    async fn until_ready(&self) {
        while self.http.get(self.url("/readyz")).send().await.unwrap().status() != StatusCode::OK {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.service.as_ref().unwrap().address)
    }

    /// The server, to be stopped by the test itself.
    pub(crate) fn take_service(&mut self) -> Service {
        self.service.take().unwrap()
    }

    pub(crate) fn caller(&self, tenant: &str, scope: &str) -> Caller<'_> {
        let token = self.issuer.token(&claims(&self.issuer, tenant, scope));
        Caller { world: self, token }
    }

    /// Somebody whose roles hold at sites, by a client that others use too.
    pub(crate) fn person(&self, tenant: &str, scope: &str, roles: &Value) -> Caller<'_> {
        let mut person = claims(&self.issuer, tenant, scope);
        person["sub"] = json!(foundation::ids::id("per"));
        let sites = roles
            .as_array()
            .unwrap()
            .iter()
            .map(|role| role["site_id"].clone());
        person["sites"] = sites.collect();
        person["roles"] = roles.clone();
        let token = self.issuer.token(&person);
        Caller { world: self, token }
    }

    /// Tenant `t1`, all scopes.
    pub(crate) fn owner(&self) -> Caller<'_> {
        self.caller("t1", ALL_SCOPES)
    }

    /// What a station's connection would have written; the wire itself is tested elsewhere.
    pub(crate) fn sql(&self, statement: &str) {
        database::execute(&self.database.url(), statement);
    }

    /// Where stations with a certificate connect.
    pub(crate) fn mutual_address(&self) -> std::net::SocketAddr {
        self.service.as_ref().unwrap().mutual_address.unwrap()
    }

    pub(crate) async fn stop(mut self) {
        self.service.take().unwrap().stop().await;
    }
}

/// The bearer of a token.
pub(crate) struct Caller<'a> {
    world: &'a World,
    pub(crate) token: String,
}

/// A site with one online controller and its outlets.
pub(crate) struct Panel {
    pub(crate) site_id: String,
    pub(crate) controller: Value,
    pub(crate) outlets: Vec<String>,
}

impl Caller<'_> {
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.world
            .http
            .request(method, self.world.url(path))
            .bearer_auth(&self.token)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    /// A POST under a key of its own.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.act(path, &foundation::ids::random_text(), body).await
    }

    /// A POST that does not name itself.
    pub(crate) async fn post_without_key(&self, path: &str, body: &Value) -> Answer {
        answer(self.request(Method::POST, path).json(body)).await
    }

    /// Changes something, whatever it is now.
    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.patch_if("*", path, body).await
    }

    /// Changes something that still has this tag.
    pub(crate) async fn patch_if(&self, tag: &str, path: &str, body: &Value) -> Answer {
        let request = self.request(Method::PATCH, path).header("if-match", tag);
        answer(request.json(body)).await
    }

    /// Deletes something, whatever it is now.
    pub(crate) async fn delete(&self, path: &str) -> Answer {
        answer(self.request(Method::DELETE, path).header("if-match", "*")).await
    }

    /// A POST that acts, under a key.
    pub(crate) async fn act(&self, path: &str, key: &str, body: &Value) -> Answer {
        answer(
            self.request(Method::POST, path)
                .header("idempotency-key", key)
                .json(body),
        )
        .await
    }

    pub(crate) async fn panel(&self, outlets: usize) -> Panel {
        let site = self
            .post("/v1/sites", &json!({ "name": "駐車場" }))
            .await
            .expect(201);
        let outlets: Vec<Value> = (1..=outlets)
            .map(|n| json!({ "name": format!("区画 {n}") }))
            .collect();
        let body = json!({ "site_id": site["id"], "name": "盤", "outlets": outlets });
        let controller = self.post("/v1/controllers", &body).await.expect(201);
        let id = controller["id"].as_str().unwrap();
        self.world
            .sql(&format!("UPDATE controllers SET online = TRUE WHERE id = '{id}'"));
        let ids = controller["outlets"].as_array().unwrap().iter();
        Panel {
            site_id: site["id"].as_str().unwrap().into(),
            outlets: ids.map(|outlet| outlet["id"].as_str().unwrap().into()).collect(),
            controller,
        }
    }

    pub(crate) async fn start_session(&self, outlet_id: &str, key: &str) -> Answer {
        let body =
            json!({ "outlet_id": outlet_id, "driver_id": "driver-1", "limits": { "duration_s": 600 } });
        self.act("/v1/sessions", key, &body).await
    }
}

pub(crate) async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap();
    Answer {
        status,
        headers,
        body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
    }
}

/// Looks again until `found` finds something; fails after 20 seconds.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(found: impl Fn() -> F) -> T {
    let look = async {
        loop {
            if let Some(value) = found().await {
                return value;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), look).await.unwrap()
}
