//! Opens a connection with what this station has to show: a password, or the newest certificate that the server lets in.

use api_spec::ocpp::Version;
use rustls::AlertDescription;
use tokio_tungstenite::tungstenite;

use super::Link;
use super::connect::{self, Dial, Socket};
use super::link_state::LinkWatch;
use crate::config::Server;
use crate::identity::{Folder, Identity, Trusted};

/// So many times in a row the certificate before must connect where the renewed one fails, for whatever reason.
const MAX_DOUBTS: u8 = 3;

/// A connection, and what became of a renewed certificate on the way to it.
pub(super) struct Opened {
    pub(super) socket: Socket,
    pub(super) version: Version,
    pub(super) renewed: Renewed,
}

/// What became of a renewed certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Renewed {
    /// There is none.
    None,
    /// It has connected, and takes the place of the one before.
    Promoted,
    /// Why it did not connect is not known: it is tried again.
    Kept,
    /// The server does not take it.
    Discarded,
}

/// Opens one connection after the other.
pub(super) struct Opener {
    server: Server,
    dial: Dial,
    trusted: Trusted,
    watch: LinkWatch,
    doubts: u8,
}

impl Opener {
    pub(super) fn new(link: &Link) -> Self {
        Self {
            server: link.server.clone(),
            dial: link.dial.clone(),
            trusted: link.trusted.clone(),
            watch: link.watch.clone(),
            doubts: 0,
        }
    }

    pub(super) async fn open(&mut self) -> anyhow::Result<Opened> {
        // Wrong values may have been put right since the last try: files are read anew.
        self.server.check()?;
        let Some(folder) = self.server.identity() else {
            return self.connect(None, Renewed::None).await;
        };
        let Some(next) = folder.next()? else {
            return self.with_current(&folder, Renewed::None).await;
        };
        match self.connect(Some(&next), Renewed::Promoted).await {
            Ok(opened) => {
                folder.promote_next()?;
                self.doubts = 0;
                self.watch.certificate(next.not_after);
                tracing::info!(
                    "connected with the renewed certificate, which takes the place of the one before"
                );
                Ok(opened)
            }
            Err(error) => self.without_next(&folder, &error).await,
        }
    }

    /// The renewed certificate has failed: it is discarded once it is known that the server was there and refused it.
    async fn without_next(&mut self, folder: &Folder, error: &anyhow::Error) -> anyhow::Result<Opened> {
        let (is_refused, text) = (is_refusal(error), format!("{error:#}"));
        tracing::warn!(
            error = text,
            is_refused,
            "no connection with the renewed certificate; the one before is tried"
        );
        let opened = self.with_current(folder, Renewed::Kept).await?;
        self.doubts = self.doubts.saturating_add(1);
        if !is_refused && self.doubts < MAX_DOUBTS {
            return Ok(opened);
        }
        self.doubts = 0;
        folder.discard_next()?;
        tracing::error!(
            target: "security",
            error = text,
            "the server does not take the renewed certificate; it is discarded"
        );
        Ok(Opened {
            renewed: Renewed::Discarded,
            ..opened
        })
    }

    async fn with_current(&self, folder: &Folder, renewed: Renewed) -> anyhow::Result<Opened> {
        let current = folder.current()?;
        self.watch.certificate(current.not_after);
        self.connect(Some(&current), renewed).await
    }

    async fn connect(&self, identity: Option<&Identity>, renewed: Renewed) -> anyhow::Result<Opened> {
        let (socket, version) = connect::open(&self.server, &self.dial, &self.trusted, identity).await?;
        Ok(Opened {
            socket,
            version,
            renewed,
        })
    }
}

/// Whether the server has seen what it was shown and does not want it, as opposed to not being there.
fn is_refusal(error: &anyhow::Error) -> bool {
    let Some(error) = error.downcast_ref::<tungstenite::Error>() else {
        return false;
    };
    if let tungstenite::Error::Http(response) = error {
        return matches!(response.status().as_u16(), 401 | 403);
    }
    let tungstenite::Error::Io(error) = error else {
        return false;
    };
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    matches!(inner, Some(rustls::Error::AlertReceived(alert)) if is_about_certificate(*alert))
}

/// RFC 8446 §6.2.
fn is_about_certificate(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateRequired
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::DecryptError
            | AlertDescription::HandshakeFailure
    )
}

#[cfg(test)]
mod tests {
    use foundation::Clock;
    use tokio_tungstenite::tungstenite::http;

    use super::*;

    #[tokio::test]
    async fn a_password_file_that_cannot_be_read_is_a_connection_that_failed() {
        let mut server = Server::local("ws://127.0.0.1:9/ocpp/", "panel-1", "");
        (server.password, server.password_file) = (None, Some("/nowhere/password".into()));
        let mut opener = Opener {
            dial: connect::tcp(&server),
            trusted: Trusted::new("/nowhere".into(), None),
            watch: LinkWatch::new(Clock::system()),
            doubts: 0,
            server,
        };
        let error = opener.open().await.err().map(|error| error.to_string());
        let error = error.unwrap_or_default();
        assert!(
            error.starts_with("server.password_file: /nowhere/password: "),
            "{error}"
        );
    }

    #[test]
    fn only_a_server_that_is_there_refuses() {
        let alert = |alert| {
            let error = rustls::Error::AlertReceived(alert);
            tungstenite::Error::Io(std::io::Error::new(std::io::ErrorKind::InvalidData, error))
        };
        let status = |status: u16| {
            let response = http::Response::builder().status(status).body(None).unwrap();
            tungstenite::Error::Http(Box::new(response))
        };
        let io = |kind| tungstenite::Error::Io(std::io::Error::from(kind));
        for (error, expected) in [
            (alert(AlertDescription::CertificateExpired), true),
            (alert(AlertDescription::UnknownCA), true),
            (alert(AlertDescription::InternalError), false),
            (status(401), true),
            (status(503), false),
            (io(std::io::ErrorKind::ConnectionRefused), false),
            (io(std::io::ErrorKind::ConnectionReset), false),
        ] {
            let error = anyhow::Error::from(error);
            assert_eq!(is_refusal(&error), expected, "{error}");
        }
        assert!(!is_refusal(&anyhow::anyhow!("no answer in time")));
    }
}
