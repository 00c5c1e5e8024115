//! Opens the WebSocket: subprotocols in order of preference, Basic authentication with the station's identity.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use api_spec::ocpp::Version;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::Uri;
use tokio_tungstenite::tungstenite::http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config};
use webpki_roots::TLS_SERVER_ROOTS;

use crate::config::Server;
use crate::identity::Identity;
use crate::wire::Wire;

pub(super) type Socket = WebSocketStream<MaybeTlsStream<Box<dyn Wire>>>;

/// How the server is reached: a stream of bytes under TLS and WebSocket.
pub type Dial = Arc<dyn Fn() -> BoxFuture<'static, std::io::Result<Box<dyn Wire>>> + Send + Sync>;

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
    identity: Option<&Identity>,
) -> anyhow::Result<(Socket, Version)> {
    let limits = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_message_size(Some(MAX_MESSAGE_BYTES))
        .max_frame_size(Some(MAX_MESSAGE_BYTES));
    let (request, connector) = (request(server, identity.is_none())?, connector(server, identity)?);
    let opening = async {
        let stream = dial().await?;
        anyhow::Ok(client_async_tls_with_config(request, stream, Some(limits), connector).await?)
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
        Some(version) => Ok((socket, version)),
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
    connector(server, None).map(drop)
}

/// `None`: the certificate authorities that browsers know, and no certificate of ours.
fn connector(server: &Server, identity: Option<&Identity>) -> anyhow::Result<Option<Connector>> {
    if server.ca_file.is_none() && identity.is_none() {
        return Ok(None);
    }
    let config = rustls::ClientConfig::builder().with_root_certificates(authorities(server)?);
    let config = match identity.map(Identity::chain_and_key) {
        Some((chain, key)) => config.with_client_auth_cert(chain, key)?,
        None => config.with_no_client_auth(),
    };
    Ok(Some(Connector::Rustls(Arc::new(config))))
}

fn authorities(server: &Server) -> anyhow::Result<RootCertStore> {
    let Some(path) = &server.ca_file else {
        return Ok(RootCertStore::from_iter(TLS_SERVER_ROOTS.iter().cloned()));
    };
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(path).with_context(|| path.display().to_string())?;
    for certificate in certificates {
        roots.add(certificate.with_context(|| path.display().to_string())?)?;
    }
    if roots.is_empty() {
        bail!("{}: no certificate in it", path.display());
    }
    Ok(roots)
}
