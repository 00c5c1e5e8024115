//! Opens the connection that a search asks through.

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::setting::{Setting, Target};
use crate::wire::Wire;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Some gateways lose what comes at once after the connection.
const PAUSE_AFTER_CONNECT: Duration = Duration::from_millis(100);

pub(crate) async fn dial(target: Target, setting: Setting) -> io::Result<Box<dyn Wire>> {
    match (target, setting) {
        (Target::Tcp { host, port }, _) => {
            let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect((host.as_str(), port))).await??;
            stream.set_nodelay(true)?;
            tokio::time::sleep(PAUSE_AFTER_CONNECT).await;
            Ok(Box::new(stream))
        }
        (Target::Serial { .. }, _) => Err(io::ErrorKind::Unsupported.into()),
    }
}
