//! Where a program shows itself: in clear and to whoever asks, so only on this machine unless told otherwise.

use std::net::{IpAddr, SocketAddr};

use serde::Deserialize;

use crate::config::BadValue;

/// A `[status]` or `[metrics]` table. Port 0 lets the system choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalListen {
    #[serde(alias = "address")]
    pub listen: SocketAddr,
    /// Lets it listen outside loopback, where everyone on the network can read it.
    #[serde(default)]
    pub open_to_network: bool,
}

impl LocalListen {
    /// Loopback, on a port that the system chooses.
    pub fn loopback() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            open_to_network: false,
        }
    }

    /// Refuses to show anything outside loopback unless told to.
    ///
    /// # Errors
    /// [`BadValue`] of `key`.
    pub fn check(&self, table: &'static str, key: &'static str) -> Result<(), BadValue> {
        let address = self.listen;
        if address.ip().is_loopback() || self.open_to_network {
            return Ok(());
        }
        let problem = format!(
            "{address} is not loopback and asks for no password; set {table}.open_to_network = true where everyone \
             on that network may read it"
        );
        Err(BadValue { key, problem })
    }
}

/// Whether a `Host` is this machine, so that no web page elsewhere has led a browser here.
pub fn names_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    is_loopback(name)
}

/// Whether a host, as URLs have it, is this machine.
pub fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_loopback_the_key_that_says_so_is_needed() {
        for (listen, open_to_network, good) in [
            ("127.0.0.1:8090", false, true),
            ("[::1]:8090", false, true),
            ("0.0.0.0:8090", false, false),
            ("192.0.2.1:8090", false, false),
            ("[::]:8090", false, false),
            ("0.0.0.0:8090", true, true),
        ] {
            let table = LocalListen {
                listen: listen.parse().unwrap(),
                open_to_network,
            };
            let checked = table.check("status", "status.listen");
            assert_eq!(checked.is_ok(), good, "{listen}: {checked:?}");
        }
    }

    #[test]
    fn only_names_of_this_machine_are_known() {
        for (host, known) in [
            ("127.0.0.1:8090", true),
            ("localhost:8090", true),
            ("localhost", true),
            ("[::1]:8090", true),
            ("[::1]", true),
            ("attacker.example:8090", false),
            ("127.0.0.1.attacker.example", false),
            ("192.0.2.1:8090", false),
            ("", false),
        ] {
            assert_eq!(names_this_machine(host), known, "{host:?}");
        }
    }
}
