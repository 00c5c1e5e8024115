//! A client of the auth-server that proves itself by a secret in a file.

use std::path::PathBuf;

use anyhow::Context;
use foundation::config::BadValue;
use serde::Deserialize;

/// The client, as a table of the configuration names it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretClient {
    pub client_id: String,
    /// Read at each use.
    pub client_secret_file: PathBuf,
}

impl SecretClient {
    pub(crate) fn read_secret(&self) -> anyhow::Result<String> {
        let path = &self.client_secret_file;
        let secret = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        Ok(secret.trim_end().to_owned())
    }

    /// `keys`: how the two are called in the configuration.
    pub(super) fn check(&self, keys: [&'static str; 2]) -> Result<(), BadValue> {
        let bad = |key, problem: String| Err(BadValue { key, problem });
        let [id_key, secret_key] = keys;
        if self.client_id.is_empty() {
            return bad(id_key, "empty".into());
        }
        match self.read_secret() {
            Ok(secret) if secret.is_empty() => bad(secret_key, "empty".into()),
            Ok(_) => Ok(()),
            Err(error) => bad(secret_key, format!("{error:#}")),
        }
    }
}
