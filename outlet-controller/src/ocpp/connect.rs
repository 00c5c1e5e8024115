//! Opens the WebSocket: subprotocols in order of preference, Basic authentication with the station's identity.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use api_spec::ocpp::Version;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::Uri;
use tokio_tungstenite::tungstenite::http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config};

use crate::config::Server;
use crate::identity::{Identity, Shown, Trusted, read_configured};
use crate::wire::Wire;

pub(super) type Socket = WebSocketStream<MaybeTlsStream<Box<dyn Wire>>>;

/// How the server is reached: a stream of bytes under TLS and WebSocket.
pub type Dial = Arc<dyn Fn() -> BoxFuture<'static, std::io::Result<Box<dyn Wire>>> + Send + Sync>;

const UNKNOWN: &str = "the server does not know this station_id, or not with what it shows";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
const READ_BUFFER_BYTES: usize = 4 * 1024;
const MAX_MESSAGE_BYTES: usize = 256 * 1024;

/// Dials the host of the server's URL by TCP.
pub(crate) fn tcp(server: &Server) -> Dial {
    let url = server.url.clone();
    Arc::new(move || dial(url.clone()).boxed())
}

async fn dial(url: String) -> std::io::Result<Box<dyn Wire>> {
    let uri: Uri = url.parse().map_err(std::io::Error::other)?;
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let usual = if uri.scheme_str() == Some("wss") { 443 } else { 80 };
    let stream = TcpStream::connect((host, uri.port_u16().unwrap_or(usual))).await?;
    stream.set_nodelay(true)?;
    Ok(Box::new(stream))
}

/// The connection and the version that the server chose; with a certificate instead of a password, where one is given.
pub(super) async fn open(
    server: &Server,
    dial: &Dial,
    trusted: &Trusted,
    identity: Option<&Identity>,
) -> anyhow::Result<(Socket, Version)> {
    let limits = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_message_size(Some(MAX_MESSAGE_BYTES))
        .max_frame_size(Some(MAX_MESSAGE_BYTES));
    let (request, connector) = (
        request(server, identity.is_none())?,
        connector(trusted, identity)?,
    );
    let opening = async {
        let stream = dial().await?;
        let opened = client_async_tls_with_config(request, stream, Some(limits), Some(connector)).await;
        opened.map_err(|error| {
            let unknown = matches!(&error, tungstenite::Error::Http(answer) if answer.status() == StatusCode::UNAUTHORIZED);
            let error = anyhow::Error::new(error);
            if unknown { error.context(UNKNOWN) } else { error }
        })
    };
    let (socket, response) = tokio::time::timeout(CONNECT_TIMEOUT, opening)
        .await
        .context("no answer in time")??;
    let chosen = response
        .headers()
        .get(SEC_WEBSOCKET_PROTOCOL)
        .and_then(|name| name.to_str().ok());
    let offered = |version: &Version| server.versions.iter().any(|name| name == version.subprotocol());
    match chosen.and_then(Version::from_subprotocol).filter(offered) {
        Some(version) => {
            trusted.connected(shown(&socket, &server.url));
            Ok((socket, version))
        }
        None => bail!("the server chose {chosen:?}, which was not offered"),
    }
}

fn request(server: &Server, with_password: bool) -> anyhow::Result<Request> {
    let url = format!("{}/{}", server.url.trim_end_matches('/'), server.station_id);
    let mut request = url.into_client_request()?;
    let headers = request.headers_mut();
    headers.insert(
        SEC_WEBSOCKET_PROTOCOL,
        HeaderValue::from_str(&server.versions.join(", "))?,
    );
    if !with_password {
        return Ok(request);
    }
    let password = server.read_password().context("the password cannot be read")?;
    let credentials = STANDARD.encode(format!("{}:{password}", server.station_id));
    let mut basic = HeaderValue::from_str(&format!("Basic {credentials}"))?;
    basic.set_sensitive(true);
    headers.insert(AUTHORIZATION, basic);
    Ok(request)
}

/// Whether the server's certificate could be verified.
///
/// # Errors
/// If the file with the authorities cannot be used.
pub(crate) fn check_authority(server: &Server) -> anyhow::Result<()> {
    read_configured(server.ca_file.as_deref()).map(drop)
}

/// With no certificate of ours unless there is one to show.
fn connector(trusted: &Trusted, identity: Option<&Identity>) -> anyhow::Result<Connector> {
    let config = rustls::ClientConfig::builder().with_root_certificates(trusted.authorities()?);
    let config = match identity.map(Identity::chain_and_key) {
        Some((chain, key)) => config.with_client_auth_cert(chain, key)?,
        None => config.with_no_client_auth(),
    };
    Ok(Connector::Rustls(Arc::new(config)))
}

/// What the server has shown; `None` in clear.
fn shown(socket: &Socket, url: &str) -> Option<Shown> {
    let MaybeTlsStream::Rustls(stream) = socket.get_ref() else {
        return None;
    };
    let chain = stream.get_ref().1.peer_certificates()?;
    let uri: Uri = url.parse().ok()?;
    let host = uri.host()?.trim_matches(['[', ']']).to_owned();
    Some(Shown {
        chain: chain.iter().map(|one| one.clone().into_owned()).collect(),
        host: host.try_into().ok()?,
    })
}
