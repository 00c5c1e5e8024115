//! The configuration: `controller.sample.toml` is its documentation.

mod emergency;
mod firmware;

use std::fmt;
use std::path::{Path, PathBuf};

use api_spec::ocpp::Version;
use foundation::config::{BadValue, ConfigError};
use foundation::listen::is_loopback;
use foundation::logging::LogFormat;
use foundation::telemetry::Collector;
use serde::Deserialize;
use tokio_tungstenite::tungstenite::http::Uri;

pub(crate) use emergency::Emergency;
pub use firmware::Firmware;
pub use foundation::listen::LocalListen;

use crate::identity::Folder;
use crate::modbus::library::Library;
use crate::modbus::panel::Panel;

/// What the controller is started with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The panel file: buses, units, breakers, meters.
    pub panel: PathBuf,
    /// Device files beside those that the program brings.
    pub devices_dir: Option<PathBuf>,
    /// Where the journal and the state of the outlets are kept.
    pub data_dir: PathBuf,
    pub server: Server,
    #[serde(default)]
    pub journal: Journal,
    #[serde(default)]
    pub log_format: LogFormat,
    /// The status page and its JSON; none without it.
    pub status: Option<LocalListen>,
    /// What Prometheus reads; none without it.
    pub metrics: Option<LocalListen>,
    /// Where spans are brought; nowhere without it.
    pub telemetry: Option<Collector>,
    /// Whose firmware is installed; nobody's without it.
    pub firmware: Option<Firmware>,
}

/// A `[journal]` table: the memory for what the server has not taken yet.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Journal {
    /// The file with the journal grows no further; then samples are thinned.
    pub max_mb: u32,
}

impl Default for Journal {
    fn default() -> Self {
        Self { max_mb: 256 }
    }
}

impl Journal {
    pub(crate) fn max_bytes(self) -> u64 {
        u64::from(self.max_mb) << 20
    }

    /// The usual limit in place of a wrong one.
    pub(crate) fn usable(self) -> Self {
        match self.check() {
            Ok(()) => self,
            Err(_told_by_config) => Self::default(),
        }
    }

    fn check(self) -> Result<(), BadValue> {
        const ALLOWED: std::ops::RangeInclusive<u32> = 16..=65_536;
        if ALLOWED.contains(&self.max_mb) {
            return Ok(());
        }
        let problem = format!(
            "{}: expected {} to {}",
            self.max_mb,
            ALLOWED.start(),
            ALLOWED.end()
        );
        Err(BadValue {
            key: "journal.max_mb",
            problem,
        })
    }
}

/// A `[server]` table: the OCPP server and this station's identity there.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// `wss://HOST/PATH/`; the station's identity is added to it.
    pub url: String,
    pub station_id: String,
    pub password: Option<Password>,
    /// Instead of `password`: a file that holds it; read at each connection.
    pub password_file: Option<PathBuf>,
    /// Instead of a password: the folder with this station's certificate and key, as `enrol` leaves it.
    pub identity_dir: Option<PathBuf>,
    /// PEM; instead of the certificate authorities that browsers know.
    pub ca_file: Option<PathBuf>,
    /// OCPP versions, the preferred one first.
    #[serde(default = "all_versions")]
    pub versions: Vec<String>,
    /// Allows `ws://` outside loopback, for a network that nobody else can use.
    #[serde(default)]
    pub allow_clear: bool,
}

/// A secret that is never printed.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Password(String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(text)
    }
}

fn all_versions() -> Vec<String> {
    Version::PREFERRED
        .iter()
        .map(|version| version.subprotocol().to_owned())
        .collect()
}

/// The longest identity that OCPP has room for.
const MAX_STATION_ID: usize = 48;

impl Config {
    /// Reads and checks a whole file.
    ///
    /// # Errors
    /// One line: the file, the key, what was found, what is allowed.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let config = Self::read(path)?;
        config
            .check()
            .map_err(|bad| ConfigError::value(path, bad.key, bad.problem))?;
        Ok(config)
    }

    /// Reads a whole file without checking its values.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        foundation::config::load(path)
    }

    /// What is wrong beside the panel is told and done without: nobody is kept from charging by it. The server's part stays
    /// as it is, for it may be put right while the controller runs.
    pub(crate) fn usable(self) -> Self {
        let told = |checked: Result<(), BadValue>| match checked {
            Ok(()) => true,
            Err(bad) => {
                tracing::error!(%bad, "the configuration is wrong: it is done without");
                false
            }
        };
        told(self.server.check());
        told(self.journal.check());
        let shown = |listen: &LocalListen, table, key| told(listen.check(table, key));
        Self {
            status: self
                .status
                .filter(|listen| shown(listen, "status", "status.listen")),
            metrics: self
                .metrics
                .filter(|listen| shown(listen, "metrics", "metrics.listen")),
            telemetry: self.telemetry.filter(|collector| told(collector.check())),
            firmware: self.firmware.filter(|firmware| told(firmware.check())),
            journal: self.journal.usable(),
            ..self
        }
    }

    /// Checks what the types alone do not; starts nothing.
    ///
    /// # Errors
    /// The first [`BadValue`].
    pub fn check(&self) -> Result<(), BadValue> {
        if let Some(status) = &self.status {
            status.check("status", "status.listen")?;
        }
        if let Some(metrics) = &self.metrics {
            metrics.check("metrics", "metrics.listen")?;
        }
        if let Some(collector) = &self.telemetry {
            collector.check()?;
        }
        if let Some(firmware) = &self.firmware {
            firmware.check()?;
        }
        self.server.check()?;
        self.journal.check()
    }

    /// The files with secrets of ours.
    pub fn secret_files(&self) -> Vec<PathBuf> {
        self.server.password_file.iter().cloned().collect()
    }

    /// Reads the panel file and the device files that it needs.
    ///
    /// # Errors
    /// One line: the file, the key, what was found, what is allowed.
    pub fn load_panel(&self) -> Result<Panel, ConfigError> {
        load_panel(&self.panel, self.devices_dir.as_deref())
    }
}

fn load_panel(file: &Path, devices_dir: Option<&Path>) -> Result<Panel, ConfigError> {
    let library = match devices_dir {
        Some(directory) => Library::with_directory(directory)?,
        None => Library::shipped()?,
    };
    Panel::load(file, &library)
}

impl Server {
    /// A server on loopback, in clear.
    pub fn local(url: impl Into<String>, station_id: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            station_id: station_id.into(),
            password: Some(Password(password.into())),
            password_file: None,
            identity_dir: None,
            ca_file: None,
            versions: all_versions(),
            allow_clear: false,
        }
    }

    pub(crate) fn read_password(&self) -> std::io::Result<String> {
        match (&self.password, &self.password_file) {
            (Some(Password(password)), _) => Ok(password.clone()),
            (None, Some(path)) => Ok(std::fs::read_to_string(path)?.trim_end().to_owned()),
            (None, None) => Ok(String::new()),
        }
    }

    pub(crate) fn check(&self) -> Result<(), BadValue> {
        let bad = |key, problem: String| Err(BadValue { key, problem });
        if let Err(problem) = self.check_url() {
            return bad("server.url", format!("{:?}: {problem}", self.url));
        }
        let id = &self.station_id;
        let good = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if id.is_empty() || id.len() > MAX_STATION_ID || !id.chars().all(good) {
            return bad(
                "server.station_id",
                format!("{id:?}: expected 1 to {MAX_STATION_ID} letters, digits, - _ ."),
            );
        }
        if let Some(name) = self
            .versions
            .iter()
            .find(|name| Version::from_subprotocol(name).is_none())
        {
            return bad(
                "server.versions",
                format!("{name:?}: expected {}", all_versions().join(" or ")),
            );
        }
        if self.versions.is_empty() {
            return bad(
                "server.versions",
                format!("found none: expected {}", all_versions().join(" or ")),
            );
        }
        if let Err(error) = crate::ocpp::check_authority(self) {
            return bad("server.ca_file", format!("{error:#}"));
        }
        match &self.identity_dir {
            Some(folder) => self.check_identity(folder),
            None => self.check_password(),
        }
    }

    /// Where this station's certificate and key are; `None` where it has a password.
    pub(crate) fn identity(&self) -> Option<Folder> {
        self.identity_dir.as_ref().map(Folder::new)
    }

    fn check_identity(&self, folder: &Path) -> Result<(), BadValue> {
        let bad = |problem: String| {
            Err(BadValue {
                key: "server.identity_dir",
                problem,
            })
        };
        if self.password.is_some() || self.password_file.is_some() {
            return bad("a password is there too; expected one of them".into());
        }
        if !self.url.starts_with("wss:") {
            return bad("a certificate is shown by TLS alone; server.url must begin with wss://".into());
        }
        match Folder::new(folder).current() {
            Err(error) => bad(format!("{error}; `outlet-controller enrol` gets a certificate")),
            Ok(identity) if identity.uri.station_id() != self.station_id => {
                let named = identity.uri.station_id();
                bad(format!(
                    "the certificate there is {named}'s, and not server.station_id's"
                ))
            }
            Ok(_) => Ok(()),
        }
    }

    fn check_password(&self) -> Result<(), BadValue> {
        let bad = |key, problem: String| Err(BadValue { key, problem });
        match (&self.password, &self.password_file) {
            (Some(_), Some(_)) => bad(
                "server.password",
                "server.password_file is there too; expected one of them".into(),
            ),
            (None, None) => bad(
                "server.password",
                "missing; expected it, server.password_file or server.identity_dir".into(),
            ),
            (Some(Password(password)), None) if password.is_empty() => bad("server.password", "empty".into()),
            (Some(_), None) => Ok(()),
            (None, Some(path)) => match self.read_password() {
                Ok(password) if password.is_empty() => {
                    bad("server.password_file", format!("{}: empty", path.display()))
                }
                Ok(_) => Ok(()),
                Err(error) => bad("server.password_file", format!("{}: {error}", path.display())),
            },
        }
    }

    fn check_url(&self) -> Result<(), &'static str> {
        const EXPECTED: &str = "expected wss://HOST[:PORT]/PATH/";
        let uri: Uri = self.url.parse().map_err(|_| EXPECTED)?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(EXPECTED)?;
        if uri.query().is_some()
            || uri
                .authority()
                .is_some_and(|authority| authority.as_str().contains('@'))
        {
            return Err(EXPECTED);
        }
        match uri.scheme_str() {
            Some("wss") => Ok(()),
            Some("ws") if self.allow_clear || is_loopback(host) => Ok(()),
            Some("ws") => Err("ws is for loopback only; use wss, or set server.allow_clear = true"),
            Some(_) | None => Err(EXPECTED),
        }
    }
}

#[cfg(test)]
mod tests;
