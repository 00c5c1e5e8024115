//! The listener for clients that show a certificate of our authority (RFC 8705).

use std::net::TcpListener;

use actix_web::HttpRequest;
use anyhow::Context;
use foundation::Db;
use foundation::client_certificate::ClientCertificate;
use foundation::listen::MutualListen;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::{CertificateDer, pem::PemObject};

use crate::ca::ShownCertificate;
use crate::config::MutualTls;
use crate::operations::create_authority;

/// A bound listener, and the URL that clients know it by.
pub(crate) struct MutualListener {
    pub(super) socket: TcpListener,
    pub(super) tls: ServerConfig,
    pub(crate) url: String,
}

impl MutualListener {
    /// Trusts the root of our authority alone.
    pub(crate) async fn bind(config: &MutualTls, db: &Db) -> anyhow::Result<Self> {
        let authority = create_authority::find(db).await.context("mutual_tls")?;
        let root = CertificateDer::from_pem_slice(authority.root.as_bytes())?;
        let mut authorities = RootCertStore::empty();
        authorities.add(root)?;
        let listen = MutualListen {
            address: config.address,
            tls: config.tls.clone(),
        };
        let (socket, tls) = listen.bind(authorities)?;
        let address = socket.local_addr()?;
        let url = config.public_url.clone();
        Ok(Self {
            socket,
            tls,
            url: url.unwrap_or_else(|| format!("https://{address}")),
        })
    }
}

/// The controller's certificate that TLS has verified; never what a header says.
pub(super) fn shown(request: &HttpRequest) -> Option<ShownCertificate> {
    let certificate = ClientCertificate::of(request)?;
    ShownCertificate::read(certificate.der(), certificate.thumbprint())
}
