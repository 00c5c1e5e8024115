//! Tells systemd how a program stands, by the datagrams of sd_notify(3); nobody hears them where there is no systemd.

use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// The program that started this one and waits to hear from it.
#[derive(Debug)]
pub struct ServiceManager {
    socket: UnixDatagram,
    address: SocketAddr,
    /// It ends a program that it has not heard for as long.
    pub watchdog: Option<Duration>,
}

impl ServiceManager {
    /// What `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` say.
    pub fn from_environment() -> Option<Self> {
        let path = std::env::var_os("NOTIFY_SOCKET").filter(|path| !path.is_empty())?;
        let number = |name| std::env::var(name).ok()?.parse::<u64>().ok();
        let is_ours = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
        let watchdog = number("WATCHDOG_USEC").filter(|us| is_ours && *us > 0);
        match Self::at(&path, watchdog.map(Duration::from_micros)) {
            Ok(manager) => Some(manager),
            Err(error) => {
                tracing::warn!(%error, path = %path.display(), "the service manager cannot be told anything");
                None
            }
        }
    }

    /// `path` of a socket, or `@` and the name of an abstract one.
    ///
    /// # Errors
    /// If it is no name of a socket, or there are no sockets left.
    pub fn at(path: &OsStr, watchdog: Option<Duration>) -> io::Result<Self> {
        let address = match path.as_bytes().strip_prefix(b"@") {
            Some(name) => SocketAddr::from_abstract_name(name)?,
            None => SocketAddr::from_pathname(path)?,
        };
        let socket = UnixDatagram::unbound()?;
        // A service manager that does not read must not keep the program from its work.
        socket.set_nonblocking(true)?;
        Ok(Self {
            socket,
            address,
            watchdog,
        })
    }

    /// Sends one state, as `READY=1`, or several in lines.
    pub fn tell(&self, state: &str) {
        if let Err(error) = self.socket.send_to_addr(state.as_bytes(), &self.address) {
            tracing::debug!(%error, state, "the service manager was not told");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_with_a_path_and_abstract_ones_are_told() {
        let name = crate::ids::id("denro-notify-test");
        let path = std::env::temp_dir().join(&name);
        let with_path = UnixDatagram::bind(&path).unwrap();
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let abstract_one = UnixDatagram::bind_addr(&address).unwrap();
        for (socket, path) in [
            (with_path, path.as_os_str().to_owned()),
            (abstract_one, format!("@{name}").into()),
        ] {
            ServiceManager::at(&path, None)
                .unwrap()
                .tell("READY=1\nSTATUS=good");
            let mut heard = [0; 64];
            let length = socket.recv(&mut heard).unwrap();
            assert_eq!(&heard[..length], b"READY=1\nSTATUS=good");
        }
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_manager_that_has_gone_keeps_nobody_waiting() {
        let path = std::env::temp_dir().join(crate::ids::id("denro-nowhere"));
        ServiceManager::at(path.as_os_str(), None)
            .unwrap()
            .tell("READY=1");
    }
}
