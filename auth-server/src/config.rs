//! The configuration: `auth.sample.toml` is its documentation.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use actix_web::http::Uri;
use foundation::config::{BadValue, ConfigError};
use foundation::db::DatabaseUrl;
use foundation::listen::{Listen, LocalListen, TlsFiles, is_loopback};
use foundation::logging::LogFormat;
pub use foundation::mail::{Mail, MailSecurity};
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::ca::Policy;
use crate::store::lacks_authority;

/// What the auth-server is started with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub database: Database,
    #[serde(default = "Listen::loopback")]
    pub listen: Listen,
    /// The URL that clients know this server by; without it, the address it listens on.
    pub issuer: Option<String>,
    #[serde(default = "default_token_ttl_s")]
    pub token_ttl_s: u32,
    /// How many days a key signs.
    #[serde(default = "default_key_life_days")]
    pub key_life_days: u16,
    /// The tenant that the first operator is of.
    #[serde(default = "default_people_tenant")]
    pub people_tenant: String,
    /// Where people go on to after signing in here: the pages of their building. Without it, to their account.
    pub pages_url: Option<String>,
    /// The IANA name of the zone that people are told times in; without it, Asia/Tokyo.
    pub time_zone: Option<String>,
    /// The server that takes our mail; nobody is written to without it.
    pub mail: Option<Mail>,
    #[serde(default)]
    pub ca: Ca,
    pub mutual_tls: Option<MutualTls>,
    /// Where Prometheus reads figures; nowhere where left out.
    pub metrics: Option<LocalListen>,
    #[serde(default)]
    pub log_format: LogFormat,
}

/// A `[mutual_tls]` table: a listener of its own for clients that show a certificate of our authority.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MutualTls {
    /// Port 0 lets the system choose.
    pub address: SocketAddr,
    /// What the server shows.
    pub tls: TlsFiles,
    /// The URL that clients know this listener by; without it, its address.
    pub public_url: Option<String>,
}

/// A `[ca]` table: the certificates of controllers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ca {
    #[serde(default = "default_certificate_life_days")]
    pub certificate_life_days: u16,
}

impl Default for Ca {
    fn default() -> Self {
        Self {
            certificate_life_days: default_certificate_life_days(),
        }
    }
}

/// A `[database]` table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub url: DatabaseUrl,
}

/// Where the buildings are.
const DEFAULT_ZONE: &str = "Asia/Tokyo";
const MAX_TOKEN_TTL_S: u32 = 900;
const MAX_KEY_LIFE_DAYS: u16 = 366;
const MAX_CERTIFICATE_LIFE_DAYS: u16 = 366;

fn default_token_ttl_s() -> u32 {
    600
}

fn default_people_tenant() -> String {
    "ten_main".into()
}

fn default_key_life_days() -> u16 {
    90
}

fn default_certificate_life_days() -> u16 {
    30
}

impl Config {
    /// On loopback, at a port that the system chooses.
    pub fn local(url: DatabaseUrl) -> Self {
        Self {
            database: Database { url },
            listen: Listen::loopback(),
            issuer: None,
            token_ttl_s: default_token_ttl_s(),
            key_life_days: default_key_life_days(),
            people_tenant: default_people_tenant(),
            pages_url: None,
            time_zone: None,
            mail: None,
            ca: Ca::default(),
            mutual_tls: None,
            metrics: None,
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
        if !(1..=MAX_TOKEN_TTL_S).contains(&self.token_ttl_s) {
            let found = self.token_ttl_s;
            return bad("token_ttl_s", format!("{found}: expected 1 to {MAX_TOKEN_TTL_S}"));
        }
        if !(1..=MAX_KEY_LIFE_DAYS).contains(&self.key_life_days) {
            let found = self.key_life_days;
            return bad(
                "key_life_days",
                format!("{found}: expected 1 to {MAX_KEY_LIFE_DAYS}"),
            );
        }
        let days = self.ca.certificate_life_days;
        if !(1..=MAX_CERTIFICATE_LIFE_DAYS).contains(&days) {
            return bad(
                "ca.certificate_life_days",
                format!("{days}: expected 1 to {MAX_CERTIFICATE_LIFE_DAYS}"),
            );
        }
        let tenant = self.people_tenant.strip_prefix("ten_").unwrap_or_default();
        if tenant.is_empty() || !tenant.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            let found = &self.people_tenant;
            return bad(
                "people_tenant",
                format!("{found:?}: expected the id of a tenant, ten_…"),
            );
        }
        self.check_pages()?;
        if let Err(error) = self.listen.check() {
            let text = error.to_string();
            let problem = text.strip_prefix("listen.address: ").unwrap_or(&text);
            return bad("listen.address", problem.to_owned());
        }
        if let Some(Err(error)) = self.listen.tls.as_ref().map(TlsFiles::server_config) {
            return bad("listen.tls", error.to_string());
        }
        if let Some(mail) = &self.mail {
            mail.check()?;
        }
        if let Some(mutual) = &self.mutual_tls {
            mutual.check()?;
        }
        if let Some(metrics) = &self.metrics {
            metrics.check("metrics", "metrics.address")?;
        }
        match &self.issuer {
            Some(issuer) => {
                check_issuer(issuer).or_else(|problem| bad("issuer", format!("{issuer:?}: {problem}")))
            }
            None if self.listen.address.ip().is_loopback() => Ok(()),
            None => bad("issuer", "needed where listen.address is not loopback".into()),
        }
    }

    fn check_pages(&self) -> Result<(), BadValue> {
        let bad = |key, problem: String| Err(BadValue { key, problem });
        let is_url = |url: &String| {
            ["https://", "http://"]
                .iter()
                .any(|scheme| url.starts_with(scheme))
        };
        if let Some(url) = self.pages_url.as_ref().filter(|url| !is_url(url)) {
            return bad("pages_url", format!("{url:?}: expected https://HOST/PATH"));
        }
        let is_unknown = |zone: &&String| TimeZone::get(zone).is_err();
        if let Some(zone) = self.time_zone.as_ref().filter(is_unknown) {
            return bad(
                "time_zone",
                format!(
                    "{zone:?}: expected the IANA name of a zone that this machine knows, such as Asia/Tokyo"
                ),
            );
        }
        Ok(())
    }

    /// The zone that people are told times in. A machine that knows no zones tells them in UTC.
    pub(crate) fn zone(&self) -> TimeZone {
        let name = self.time_zone.as_deref().unwrap_or(DEFAULT_ZONE);
        TimeZone::get(name).unwrap_or(TimeZone::UTC)
    }

    /// The files with secrets of ours.
    pub fn secret_files(&self) -> Vec<PathBuf> {
        let mail = self.mail.as_ref();
        mail.and_then(|mail| mail.password_file.clone())
            .into_iter()
            .collect()
    }

    /// What no file alone can tell: a listener for certificates needs the authority that they are of. Makes nothing.
    ///
    /// # Errors
    /// [`BadValue`], where there surely is none yet.
    pub fn check_authority(&self) -> Result<(), BadValue> {
        if self.mutual_tls.is_none() || !lacks_authority(&self.database.url) {
            return Ok(());
        }
        let key = "mutual_tls";
        let problem = "there is no authority yet whose certificates could be shown there, and the server does not start \
                       without one: auth-server ca init --root-key FILE";
        let problem = problem.to_owned();
        Err(BadValue { key, problem })
    }

    pub(crate) fn key_life_us(&self) -> i64 {
        i64::from(self.key_life_days) * 86_400_000_000
    }

    /// What certificates of a server at `issuer` are signed by.
    pub(crate) fn certificate_policy(&self, issuer: &str) -> Policy {
        let host = issuer
            .parse::<Uri>()
            .ok()
            .and_then(|uri| uri.host().map(str::to_owned));
        Policy {
            issuer: issuer.to_owned(),
            domain: host.unwrap_or_default(),
            life_us: i64::from(self.ca.certificate_life_days) * 86_400_000_000,
        }
    }

    /// Whether a program beside the server knows its address, and so can make links to it.
    pub(crate) fn check_address(&self) -> Result<(), BadValue> {
        if self.issuer.is_some() || self.listen.address.port() != 0 {
            return Ok(());
        }
        let problem = "not set, and the server chooses its port itself (listen.address), so that no link to it can be \
                       made here: set issuer to the address that people know it by";
        Err(BadValue {
            key: "issuer",
            problem: problem.to_owned(),
        })
    }

    /// The issuer of a server that has bound `address`.
    pub(crate) fn issuer_at(&self, address: SocketAddr) -> String {
        let local = || format!("{}://{address}", self.listen.scheme());
        self.issuer.clone().unwrap_or_else(local)
    }
}

impl MutualTls {
    fn check(&self) -> Result<(), BadValue> {
        let bad = |key, problem: String| Err(BadValue { key, problem });
        if let Err(error) = self.tls.server_config() {
            return bad("mutual_tls.tls", error.to_string());
        }
        match &self.public_url {
            Some(url) if !url.starts_with("https://") => bad(
                "mutual_tls.public_url",
                format!("{url:?}: expected https://HOST[:PORT]"),
            ),
            Some(url) => check_issuer(url).or_else(|p| bad("mutual_tls.public_url", format!("{url:?}: {p}"))),
            None => Ok(()),
        }
    }
}

/// RFC 8414 §2, and no path, because the routes have fixed places.
fn check_issuer(issuer: &str) -> Result<(), &'static str> {
    const EXPECTED: &str = "expected https://HOST[:PORT], without a path or a slash at the end";
    let uri: Uri = issuer.parse().map_err(|_| EXPECTED)?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(EXPECTED);
    };
    if issuer != format!("{scheme}://{authority}") || authority.as_str().contains('@') {
        return Err(EXPECTED);
    }
    match scheme {
        "https" => Ok(()),
        "http" if is_loopback(authority.host()) => Ok(()),
        "http" => Err("http is for loopback only, use https"),
        _ => Err(EXPECTED),
    }
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
