//! A `[ca]` table: how certificates that stations ask for are signed.

use std::path::PathBuf;

use anyhow::Context;
use foundation::config::BadValue;
use serde::Deserialize;

/// A client of the auth-server with the scope `certificates:issue`, for the auth-server itself as its audience.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ca {
    pub client_id: String,
    /// Read at each use.
    pub client_secret_file: PathBuf,
}

impl Ca {
    pub(crate) fn read_secret(&self) -> anyhow::Result<String> {
        let path = &self.client_secret_file;
        let secret = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        Ok(secret.trim_end().to_owned())
    }

    pub(super) fn check(&self) -> Result<(), BadValue> {
        let bad = |key, problem: String| Err(BadValue { key, problem });
        if self.client_id.is_empty() {
            return bad("ca.client_id", "empty".into());
        }
        match self.read_secret() {
            Ok(secret) if secret.is_empty() => bad("ca.client_secret_file", "empty".into()),
            Ok(_) => Ok(()),
            Err(error) => bad("ca.client_secret_file", format!("{error:#}")),
        }
    }
}
