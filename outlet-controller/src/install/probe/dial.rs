//! Opens the connection that a search asks through.

use std::io;

use super::setting::{Setting, Target};
use crate::modbus::bus::dial as dial_bus;
use crate::modbus::panel::{Rtu, Tcp, Transport};
use crate::wire::Wire;

const CONNECT_TIMEOUT_MS: u64 = 3_000;
/// Some gateways lose what comes at once after the connection.
const PAUSE_AFTER_CONNECT_MS: u64 = 100;

pub(crate) async fn dial(target: Target, setting: Setting) -> io::Result<Box<dyn Wire>> {
    let transport = match (target, setting) {
        // The envelope is the search's own; underneath, both are one connection.
        (Target::Tcp { host, port }, _) => Transport::Tcp(Tcp {
            host,
            port,
            connect_timeout_ms: CONNECT_TIMEOUT_MS,
            pause_after_connect_ms: PAUSE_AFTER_CONNECT_MS,
            line: None,
        }),
        (Target::Serial { port }, Setting::Serial { baud, framing }) => {
            Transport::Rtu(Rtu { port, baud, framing })
        }
        (Target::Serial { .. }, Setting::ModbusTcp | Setting::RtuOverTcp) => {
            return Err(io::ErrorKind::InvalidInput.into());
        }
    };
    dial_bus(&transport).await
}
