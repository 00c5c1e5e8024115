//! The certificate that the other end of a connection has shown (RFC 8705), once TLS has verified it.

use std::any::Any;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::HttpRequest;
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rustls_pki_types::CertificateDer;

/// A client's certificate, of an authority that the listener trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate(CertificateDer<'static>);

impl ClientCertificate {
    /// For `HttpServer::on_connect`: keeps the certificate of a new connection for its requests.
    pub fn keep(connection: &dyn Any, data: &mut Extensions) {
        let stream = connection.downcast_ref::<TlsStream<TcpStream>>();
        let chain = stream.and_then(|stream| stream.get_ref().1.peer_certificates());
        if let Some(leaf) = chain.and_then(|chain| chain.first()) {
            data.insert(Self(leaf.clone().into_owned()));
        }
    }

    /// Of the connection that a request came on; `None` where none was asked for.
    pub fn of(request: &HttpRequest) -> Option<&Self> {
        request.conn_data()
    }

    /// The whole certificate in DER.
    pub fn der(&self) -> &[u8] {
        &self.0
    }

    /// `x5t#S256`: SHA-256 of the DER in base64url (RFC 8705 §3.1).
    pub fn thumbprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(crate::secrets::sha256(&self.0))
    }
}
