//! The versions of OCPP that are spoken, and their names in the WebSocket handshake.

/// One version of OCPP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    V201,
    V21,
}

impl Version {
    /// What is offered when nothing is configured, the best first.
    pub const PREFERRED: [Self; 2] = [Self::V21, Self::V201];

    /// The name in `Sec-WebSocket-Protocol`.
    pub fn subprotocol(self) -> &'static str {
        match self {
            Self::V201 => "ocpp2.0.1",
            Self::V21 => "ocpp2.1",
        }
    }

    /// The version of one name of `Sec-WebSocket-Protocol`.
    pub fn from_subprotocol(name: &str) -> Option<Self> {
        Self::PREFERRED
            .into_iter()
            .find(|version| version.subprotocol() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn a_version_is_found_by_its_own_subprotocol_only() {
        for version in Version::PREFERRED {
            assert_eq!(Version::from_subprotocol(version.subprotocol()), Some(version));
        }
        for unknown in ["ocpp1.6", "ocpp2.0", "OCPP2.1", "", "ocpp2.1, ocpp2.0.1"] {
            assert_eq!(Version::from_subprotocol(unknown), None, "{unknown}");
        }
    }
}
