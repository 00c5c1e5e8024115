//! A station that connects by TLS, with or without a certificate.

use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream};

use super::authority::Identity;

#[derive(Debug)]
pub(crate) struct TlsStation(WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>);

/// Where such stations connect, and whose certificate is there.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    pub(crate) address: SocketAddr,
    pub(crate) server_pem: String,
}

impl Door {
    /// At a path of its own choice, with an identity of its own choice, and perhaps `Authorization`.
    pub(crate) async fn connect(
        &self,
        station_id: &str,
        identity: Option<&Identity>,
        authorization: Option<&str>,
    ) -> Result<TlsStation, Error> {
        let url = format!("wss://127.0.0.1:{}/ocpp/{station_id}", self.address.port());
        let mut request = url.into_client_request()?;
        let headers = request.headers_mut();
        headers.insert("Sec-WebSocket-Protocol", "ocpp2.1".parse().unwrap());
        if let Some(authorization) = authorization {
            headers.insert("Authorization", authorization.parse().unwrap());
        }
        let tls = Connector::Rustls(Arc::new(self.client_config(identity)));
        let connecting = tokio_tungstenite::connect_async_tls_with_config(request, None, true, Some(tls));
        Ok(TlsStation(connecting.await?.0))
    }

    fn client_config(&self, identity: Option<&Identity>) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        let server = CertificateDer::from_pem_slice(self.server_pem.as_bytes()).unwrap();
        roots.add(server).unwrap();
        let config = ClientConfig::builder().with_root_certificates(roots);
        let Some(identity) = identity else {
            return config.with_no_client_auth();
        };
        let chain = CertificateDer::pem_slice_iter(identity.chain_pem.as_bytes());
        let key = PrivateKeyDer::from_pem_slice(identity.key_pem.as_bytes()).unwrap();
        config
            .with_client_auth_cert(chain.map(Result::unwrap).collect(), key)
            .unwrap()
    }
}

impl TlsStation {
    /// Calls an action that succeeds; answers with the result.
    pub(crate) async fn call(&mut self, action: &str, payload: Value) -> Value {
        self.send(&json!([2, "1", action, payload])).await;
        loop {
            let mut frame = self.frame().await;
            if frame[0] != 2 && frame[1] == "1" {
                assert_eq!(frame[0], 3, "{frame}");
                return frame[2].take();
            }
        }
    }

    pub(crate) async fn send(&mut self, frame: &Value) {
        self.0.send(Message::text(frame.to_string())).await.unwrap();
    }

    pub(crate) async fn frame(&mut self) -> Value {
        loop {
            if let Message::Text(text) = self.0.next().await.unwrap().unwrap() {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }

    pub(crate) async fn boot(&mut self) {
        let station = json!({"model": "M", "vendorName": "V"});
        let boot = json!({"reason": "PowerUp", "chargingStation": station});
        assert_eq!(self.call("BootNotification", boot).await["status"], "Accepted");
    }

    /// The close frame that ends the connection.
    pub(crate) async fn closed(&mut self) -> Option<CloseFrame> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Close(frame))) => return frame,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }
}

/// The status of an answer that refuses.
#[track_caller]
pub(crate) fn refused(outcome: Result<TlsStation, Error>) -> u16 {
    match outcome {
        Err(Error::Http(response)) => response.status().as_u16(),
        other => panic!("{other:?}"),
    }
}
