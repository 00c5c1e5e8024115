//! An `[auth]` table: whose access tokens are honoured, and how that issuer is asked.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use foundation::config::BadValue;
use reqwest::tls::Certificate;
use serde::Deserialize;

/// For an answer of the issuer, unless a request says less.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The issuer of access tokens, and what they must say.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    pub issuer: String,
    /// Where the issuer's keys are; `{issuer}/oauth2/jwks` where left out.
    pub jwks_url: Option<String>,
    /// PEM; instead of the certificate authorities of this machine.
    pub ca_file: Option<PathBuf>,
    #[serde(default = "default_audience")]
    pub audience: String,
}

fn default_audience() -> String {
    api_spec::token::DEFAULT_AUDIENCE.to_owned()
}

impl Auth {
    /// An issuer with nothing unusual.
    pub(super) fn of(issuer: String) -> Self {
        Self {
            issuer,
            jwks_url: None,
            ca_file: None,
            audience: default_audience(),
        }
    }

    /// What everything that asks the issuer asks with. It is made once, because it reads the authorities.
    ///
    /// # Errors
    /// If the file with the authorities cannot be used.
    pub(crate) fn http_client(&self) -> anyhow::Result<reqwest::Client> {
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none());
        let Some(path) = &self.ca_file else {
            return Ok(client.build()?);
        };
        let read = || anyhow::Ok(Certificate::from_pem_bundle(&std::fs::read(path)?)?);
        let authorities = read().with_context(|| path.display().to_string())?;
        if authorities.is_empty() {
            bail!("{}: no certificate in it", path.display());
        }
        Ok(client.tls_certs_only(authorities).build()?)
    }

    pub(super) fn check(&self) -> Result<(), BadValue> {
        let bad = |key, problem: String| Err(BadValue { key, problem });
        if self.audience.is_empty() {
            return bad("auth.audience", "is empty".into());
        }
        match self.http_client() {
            Ok(_) => Ok(()),
            Err(error) => bad("auth.ca_file", format!("{error:#}")),
        }
    }
}
