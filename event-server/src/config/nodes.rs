//! A `[nodes]` table: this server is one of several on the same database.

use std::fmt;
use std::path::PathBuf;

use foundation::config::BadValue;
use foundation::db::DatabaseUrl;
use foundation::listen::is_loopback;
use reqwest::Url;
use serde::Deserialize;

const MAX_NAME: usize = 40;

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nodes {
    /// Of this node; no other has it, and it stays the same.
    pub name: String,
    /// The broker between the nodes: `nats://HOST:PORT` on loopback, else `tls://…`. May hold a user and a password.
    pub nats: String,
    /// The authority of the broker's certificate, where the system does not know it.
    pub nats_ca: Option<PathBuf>,
}

impl fmt::Debug for Nodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nodes({})", self.name)
    }
}

impl Nodes {
    pub(super) fn check(&self, database: &DatabaseUrl) -> Result<(), BadValue> {
        let bad = |key, problem: &str| {
            let problem = problem.to_owned();
            Err(BadValue { key, problem })
        };
        if matches!(database, DatabaseUrl::Sqlite(_)) {
            return bad(
                "nodes",
                "several nodes need a database.url that is a postgres://…",
            );
        }
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.name.is_empty() || self.name.len() > MAX_NAME || !self.name.chars().all(fits) {
            return bad("nodes.name", "expected 1 to 40 of a-z, 0-9 and -");
        }
        let url = Url::parse(&self.nats).ok();
        let safe = url.is_some_and(|url| match url.scheme() {
            "tls" => url.has_host(),
            "nats" => is_loopback(url.host_str().unwrap_or_default()),
            _ => false,
        });
        match safe {
            true => Ok(()),
            // Without its text, which may hold a password.
            false => bad(
                "nodes.nats",
                "expected tls://HOST:PORT, or nats://HOST:PORT on loopback",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_need_a_shared_database_and_a_broker_that_nobody_listens_in_on() {
        let shared = DatabaseUrl::try_from("postgres://db/events".to_owned());
        let nodes = |name: &str, nats: &str| Nodes {
            name: name.into(),
            nats: nats.into(),
            nats_ca: None,
        };
        let good = nodes("node-1", "nats://127.0.0.1:4222");
        let alone = good.check(&DatabaseUrl::sqlite("event.db")).unwrap_err();
        assert_eq!(alone.key, "nodes");
        let Ok(shared) = shared else { return };
        assert_eq!(good.check(&shared), Ok(()));
        assert_eq!(
            nodes("a", "tls://me:secret@nats.example.com").check(&shared),
            Ok(())
        );
        for (name, nats, key) in [
            ("", "nats://127.0.0.1:4222", "nodes.name"),
            ("Node 1", "nats://127.0.0.1:4222", "nodes.name"),
            ("a", "nats://nats.example.com:4222", "nodes.nats"),
            ("a", "http://127.0.0.1:4222", "nodes.nats"),
            ("a", "127.0.0.1", "nodes.nats"),
        ] {
            assert_eq!(
                nodes(name, nats).check(&shared).unwrap_err().key,
                key,
                "{name} {nats}"
            );
        }
    }
}
