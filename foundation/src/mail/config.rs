//! `[mail]`: the server that takes our mail.

use std::path::PathBuf;

use serde::Deserialize;

use super::Mailer;
use crate::config::BadValue;
use crate::listen::is_loopback;

/// A `[mail]` table. Without it, nobody is written to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// A host.
    pub server: String,
    pub port: Option<u16>,
    #[serde(default)]
    pub security: MailSecurity,
    pub user: Option<String>,
    /// Read at the start.
    pub password_file: Option<PathBuf>,
    /// PEM; beside the authorities that browsers know.
    pub ca_file: Option<PathBuf>,
    /// `Name <address>` or an address.
    pub from: String,
}

/// How the way to the mail server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailSecurity {
    /// TLS from the first byte (RFC 8314 §3.3).
    #[default]
    Tls,
    /// TLS after a greeting in clear; a server that does not offer it is not used.
    Starttls,
    /// Loopback alone.
    None,
}

impl Mail {
    pub(super) fn port(&self) -> u16 {
        self.port.unwrap_or(match self.security {
            MailSecurity::Tls => 465,
            MailSecurity::Starttls => 587,
            MailSecurity::None => 25,
        })
    }

    pub(super) fn read_password(&self) -> std::io::Result<String> {
        let Some(path) = &self.password_file else {
            return Ok(String::new());
        };
        let named = |e: std::io::Error| std::io::Error::new(e.kind(), format!("{}: {e}", path.display()));
        Ok(std::fs::read_to_string(path)
            .map_err(named)?
            .trim_end()
            .to_owned())
    }

    /// Checks what the types alone do not; connects to nobody.
    ///
    /// # Errors
    /// The first value that cannot be used.
    pub fn check(&self) -> Result<(), BadValue> {
        let bad = |key, problem: String| Err(BadValue { key, problem });
        if self.security == MailSecurity::None && !is_loopback(&self.server) {
            let server = &self.server;
            return bad(
                "mail.security",
                format!("\"none\" is for loopback only, and mail.server is {server:?}"),
            );
        }
        if self.user.is_some() != self.password_file.is_some() {
            return bad("mail.user", "expected together with mail.password_file".into());
        }
        Mailer::new(self).map(drop)
    }
}
