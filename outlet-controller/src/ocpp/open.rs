//! Opens a connection with what this station has to show: a password, or the newest certificate that the server lets in.

use api_spec::ocpp::Version;

use super::connect::{self, Dial, Socket};
use super::link_state::LinkWatch;
use crate::config::Server;

/// A connection, and whether a renewed certificate was refused on the way to it.
pub(super) struct Opened {
    pub(super) socket: Socket,
    pub(super) version: Version,
    pub(super) discarded: bool,
}

impl From<(Socket, Version)> for Opened {
    fn from((socket, version): (Socket, Version)) -> Self {
        Self {
            socket,
            version,
            discarded: false,
        }
    }
}

pub(super) async fn open(server: &Server, dial: &Dial, watch: &LinkWatch) -> anyhow::Result<Opened> {
    // Wrong values may have been put right since the last try: files are read anew.
    server.check()?;
    let Some(folder) = server.identity() else {
        return Ok(connect::open(server, dial, None).await?.into());
    };
    let mut refused = false;
    if let Some(next) = folder.next()? {
        match connect::open(server, dial, Some(&next)).await {
            Ok(opened) => {
                folder.promote_next()?;
                watch.certificate(next.not_after);
                tracing::info!(
                    "connected with the renewed certificate, which takes the place of the one before"
                );
                return Ok(opened.into());
            }
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(
                    error,
                    "no connection with the renewed certificate; the one before is tried"
                );
                refused = true;
            }
        }
    }
    let current = folder.current()?;
    watch.certificate(current.not_after);
    let opened = Opened::from(connect::open(server, dial, Some(&current)).await?);
    if refused {
        // The server can be reached, so it was the certificate.
        folder.discard_next()?;
        tracing::error!("the server does not take the renewed certificate; it is discarded");
    }
    Ok(Opened {
        discarded: refused,
        ..opened
    })
}

#[cfg(test)]
mod tests {
    use foundation::Clock;

    use super::*;

    #[tokio::test]
    async fn a_password_file_that_cannot_be_read_is_a_connection_that_failed() {
        let mut server = Server::local("ws://127.0.0.1:9/ocpp/", "panel-1", "");
        (server.password, server.password_file) = (None, Some("/nowhere/password".into()));
        let opened = open(&server, &connect::tcp(&server), &LinkWatch::new(Clock::system())).await;
        let error = opened.err().map(|error| error.to_string());
        let error = error.unwrap_or_default();
        assert!(
            error.starts_with("server.password_file: /nowhere/password: "),
            "{error}"
        );
    }
}
