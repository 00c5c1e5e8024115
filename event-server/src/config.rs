//! The configuration: `event.sample.toml` is its documentation.

mod app;
mod auth;
mod limits;
mod network;
mod nodes;
mod papers;
mod readings;
mod secret_client;
mod stations;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use foundation::config::{BadValue, ConfigError};
use foundation::db::DatabaseUrl;
use foundation::listen::{Listen, LocalListen, TlsFiles, is_loopback};
use foundation::logging::LogFormat;
use foundation::mail::Mail;
use foundation::telemetry::Collector;
use reqwest::Url;
use serde::Deserialize;

pub use app::{AndroidApp, App};
pub use auth::Auth;
pub use limits::Limits;
pub use network::Network;
pub use nodes::Nodes;
pub use papers::Papers;
pub use readings::Readings;
pub use secret_client::SecretClient;
pub use stations::Stations;

/// What the event-server is started with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub database: Database,
    pub auth: Auth,
    #[serde(default = "Listen::loopback")]
    pub listen: Listen,
    pub stations: Option<Stations>,
    /// How certificates that stations ask for are signed: by a client with the scope `certificates:issue`, for the
    /// auth-server itself as its audience.
    pub ca: Option<SecretClient>,
    /// One of several on the same database.
    pub nodes: Option<Nodes>,
    #[serde(default)]
    pub webhooks: Webhooks,
    #[serde(default)]
    pub sandbox: Sandbox,
    #[serde(default)]
    pub console: Console,
    #[serde(default)]
    pub limits: Limits,
    /// Where Prometheus reads figures; nowhere where left out.
    pub metrics: Option<LocalListen>,
    /// Where spans are brought; nowhere where left out.
    pub telemetry: Option<Collector>,
    #[serde(default)]
    pub readings: Readings,
    #[serde(default)]
    pub papers: Papers,
    /// The server that takes our mail; nobody is written to without it.
    pub mail: Option<Mail>,
    /// The URL that others know this server by.
    pub public_url: Option<String>,
    #[serde(default)]
    pub log_format: LogFormat,
}

/// A `[database]` table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub url: DatabaseUrl,
}

/// A `[webhooks]` table: what an endpoint may be.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Webhooks {
    /// Also loopback, private and link-local addresses.
    pub allow_private_addresses: bool,
    /// Also addresses of these networks, whatever they are.
    pub allow_networks: Vec<Network>,
    /// Also `http`.
    pub allow_http: bool,
}

/// A `[sandbox]` table: simulated panels.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sandbox {
    /// Lets clients make simulated panels, and things happen at them.
    pub enabled: bool,
}

/// A `[console]` table: the pages of people.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Console {
    /// Shows a page with all outlets to whoever connects from this machine.
    pub open_on_loopback: bool,
    /// Without it, nobody can sign in.
    pub sign_in: Option<SecretClient>,
    /// Says on every page that nothing here is real.
    pub demo: bool,
    /// Apps that open what labels lead to.
    pub app: App,
}

impl Config {
    /// On loopback, at a port that the system chooses, with webhooks to the same machine and the live page open.
    pub fn local(url: DatabaseUrl, issuer: String) -> Self {
        Self {
            database: Database { url },
            auth: Auth::of(issuer),
            listen: Listen::loopback(),
            stations: None,
            ca: None,
            nodes: None,
            webhooks: Webhooks {
                allow_private_addresses: true,
                allow_networks: Vec::new(),
                allow_http: true,
            },
            sandbox: Sandbox::default(),
            console: Console {
                open_on_loopback: true,
                ..Console::default()
            },
            limits: Limits::default(),
            metrics: None,
            telemetry: None,
            readings: Readings::default(),
            papers: Papers::default(),
            mail: None,
            public_url: None,
            log_format: LogFormat::default(),
        }
    }

    /// Reads and checks a whole file.
    ///
    /// # Errors
    /// One line: the file, the key, what was found, what is allowed.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let config: Self = foundation::config::load(path)?;
        let checked = config.check();
        checked.map_err(|bad| ConfigError::value(path, bad.key, bad.problem))?;
        Ok(config)
    }

    /// Checks what the types alone do not; starts nothing.
    ///
    /// # Errors
    /// The first [`BadValue`].
    pub fn check(&self) -> Result<(), BadValue> {
        let bad = |key, problem: String| Err(BadValue { key, problem });
        self.database.url.check()?;
        if let Err(error) = self.listen.check() {
            let text = error.to_string();
            let problem = text.strip_prefix("listen.address: ").unwrap_or(&text);
            return bad("listen.address", problem.to_owned());
        }
        if let Some(Err(error)) = self.listen.tls.as_ref().map(TlsFiles::server_config) {
            return bad("listen.tls", error.to_string());
        }
        if self.console.open_on_loopback && self.listen.behind_proxy {
            let problem =
                "cannot be together with listen.behind_proxy: whoever the proxy lets in comes from loopback";
            return bad("console.open_on_loopback", problem.into());
        }
        if self.sandbox.enabled && self.listen.tls.is_some() {
            let problem = "simulated panels connect without TLS; put a reverse proxy in front instead";
            return bad("sandbox.enabled", problem.into());
        }
        check_url("auth.issuer", &self.auth.issuer)?;
        check_url("auth.jwks_url", &self.jwks_url())?;
        if let Some(stations) = &self.stations {
            stations.check(&self.auth)?;
        }
        if let Some(ca) = &self.ca {
            ca.check(["ca.client_id", "ca.client_secret_file"])?;
        }
        if let Some(sign_in) = &self.console.sign_in {
            sign_in.check(["console.sign_in.client_id", "console.sign_in.client_secret_file"])?;
        }
        self.console.app.check()?;
        if let Some(mail) = &self.mail {
            mail.check()?;
        }
        if let Some(metrics) = &self.metrics {
            metrics.check("metrics", "metrics.address")?;
        }
        if let Some(collector) = &self.telemetry {
            collector.check()?;
        }
        if let Some(nodes) = &self.nodes {
            nodes.check(&self.database.url)?;
        }
        self.readings.check()?;
        self.papers.check()?;
        self.auth.check()?;
        self.public_url
            .as_deref()
            .map_or(Ok(()), |url| check_url("public_url", url))
    }

    /// How others know a server that has bound `address`.
    pub(crate) fn public_url_at(&self, address: SocketAddr) -> String {
        let local = || format!("{}://{address}", self.listen.scheme());
        self.public_url.clone().unwrap_or_else(local)
    }

    /// The listeners that show a certificate, by name.
    pub(crate) fn certificates(&self) -> Vec<(&'static str, TlsFiles)> {
        let api = self.listen.tls.clone().map(|files| ("api", files));
        let stations = self
            .stations
            .as_ref()
            .map(|table| ("stations", table.tls.clone()));
        api.into_iter().chain(stations).collect()
    }

    /// The files with secrets of ours.
    pub fn secret_files(&self) -> Vec<PathBuf> {
        let clients = self.ca.iter().chain(&self.console.sign_in);
        clients.map(|client| client.client_secret_file.clone()).collect()
    }

    pub(crate) fn jwks_url(&self) -> String {
        let beside_issuer = || format!("{}/oauth2/jwks", self.auth.issuer);
        self.auth.jwks_url.clone().unwrap_or_else(beside_issuer)
    }
}

/// `https`, or `http` on loopback.
fn check_url(key: &'static str, text: &str) -> Result<(), BadValue> {
    let good = Url::parse(text).is_ok_and(|url| match url.scheme() {
        "https" => url.has_host(),
        "http" => is_loopback(url.host_str().unwrap_or_default()),
        _ => false,
    });
    if good && !text.ends_with('/') {
        return Ok(());
    }
    let problem = format!("{text:?}: expected https://HOST, or http on loopback, without a slash at the end");
    Err(BadValue { key, problem })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_a_good_configuration() {
        let sample = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/event.sample.toml"));
        let config = Config::load(sample).unwrap();
        assert!(!config.webhooks.allow_http && !config.console.open_on_loopback);
        assert_eq!(config.jwks_url(), "http://127.0.0.1:8401/oauth2/jwks");
    }

    #[test]
    fn a_page_that_is_open_on_loopback_is_not_put_behind_a_proxy() {
        let mut config = Config::local(DatabaseUrl::sqlite("event.db"), "http://127.0.0.1:8401".into());
        assert_eq!(config.check(), Ok(()));
        config.listen.behind_proxy = true;
        assert_eq!(config.check().unwrap_err().key, "console.open_on_loopback");
        config.console.open_on_loopback = false;
        assert_eq!(config.check(), Ok(()));
    }

    #[test]
    fn an_issuer_is_https_or_on_loopback() {
        for (issuer, good) in [
            ("https://auth.example.com", true),
            ("http://127.0.0.1:8401", true),
            ("http://auth.example.com", false),
            ("https://auth.example.com/", false),
            ("auth", false),
        ] {
            let config = Config::local(DatabaseUrl::sqlite("event.db"), issuer.into());
            assert_eq!(config.check().is_ok(), good, "{issuer}");
        }
    }
}
