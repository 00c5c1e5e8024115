//! Where the controller shows itself: in clear and to whoever asks, so only on this machine unless told otherwise.

use std::net::SocketAddr;

use foundation::config::BadValue;
use serde::Deserialize;

/// A `[status]` or `[metrics]` table. Port 0 lets the system choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalListen {
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

    pub(super) fn check(&self, table: &'static str, key: &'static str) -> Result<(), BadValue> {
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
}
