//! How a bus is reached.

use std::net::SocketAddr;

use serde::Deserialize;

/// A `[bus.NAME]` table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "transport", rename_all = "kebab-case")]
pub enum Transport {
    Tcp(Tcp),
    Rtu(Rtu),
    RtuOverTcp(RtuOverTcp),
}

/// Modbus TCP: a device, or a gateway to a serial line.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Tcp {
    pub host: String,
    #[serde(default = "modbus_port")]
    pub port: u16,
    #[serde(default = "connect_timeout")]
    pub connect_timeout_ms: u64,
    /// Some gateways lose what comes at once after the connection.
    #[serde(default)]
    pub pause_after_connect_ms: u64,
    /// The serial line behind a gateway: for reckoning only, the gateway has its own settings.
    pub line: Option<Line>,
}

/// A serial port of this computer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Rtu {
    /// A path, as `/dev/ttyS1`.
    pub port: String,
    pub baud: u32,
    #[serde(default)]
    pub framing: Framing,
}

/// A gateway that passes the bytes of a serial line through TCP.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RtuOverTcp {
    pub host: String,
    pub port: u16,
    #[serde(default = "connect_timeout")]
    pub connect_timeout_ms: u64,
    #[serde(default)]
    pub pause_after_connect_ms: u64,
    pub baud: u32,
    #[serde(default)]
    pub framing: Framing,
}

fn modbus_port() -> u16 {
    502
}

fn connect_timeout() -> u64 {
    1000
}

/// A serial line, for reckoning how long its characters take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Line {
    pub baud: u32,
    #[serde(default)]
    pub framing: Framing,
}

/// Data bits, parity, stop bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Framing {
    #[default]
    #[serde(rename = "8N1")]
    EightNoneOne,
    #[serde(rename = "8E1")]
    EightEvenOne,
    #[serde(rename = "8O1")]
    EightOddOne,
    #[serde(rename = "8N2")]
    EightNoneTwo,
}

impl Framing {
    /// The start bit too.
    pub fn bits_per_character(self) -> u32 {
        match self {
            Self::EightNoneOne => 10,
            Self::EightEvenOne | Self::EightOddOne | Self::EightNoneTwo => 11,
        }
    }
}

impl Transport {
    /// The serial line, where there is one and the file tells about it.
    pub fn line(&self) -> Option<Line> {
        match self {
            Self::Tcp(tcp) => tcp.line,
            Self::Rtu(Rtu { baud, framing, .. }) | Self::RtuOverTcp(RtuOverTcp { baud, framing, .. }) => {
                Some(Line {
                    baud: *baud,
                    framing: *framing,
                })
            }
        }
    }

    pub(super) fn redirect(&mut self, to: SocketAddr) {
        let (to_host, to_port) = (to.ip().to_string(), to.port());
        match self {
            Self::Tcp(Tcp { host, port, .. }) | Self::RtuOverTcp(RtuOverTcp { host, port, .. }) => {
                (*host, *port) = (to_host, to_port);
            }
            Self::Rtu(Rtu { baud, framing, .. }) => {
                *self = Self::RtuOverTcp(RtuOverTcp {
                    host: to_host,
                    port: to_port,
                    connect_timeout_ms: connect_timeout(),
                    pause_after_connect_ms: 0,
                    baud: *baud,
                    framing: *framing,
                });
            }
        }
    }

    /// Equal for one physical bus.
    pub(super) fn address(&self) -> (&str, u16) {
        match self {
            Self::Tcp(Tcp { host, port, .. }) | Self::RtuOverTcp(RtuOverTcp { host, port, .. }) => {
                (host, *port)
            }
            Self::Rtu(rtu) => (&rtu.port, 0),
        }
    }
}
