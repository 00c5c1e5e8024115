//! Where a server listens: loopback in clear, anything else only with TLS or behind a named proxy.

mod local;
mod reload;

pub use local::{LocalListen, is_loopback, names_this_machine};

use std::fs::File;
use std::io::BufReader;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use rustls::crypto::CryptoProvider;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::{Error as PemError, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde::Deserialize;

use crate::certificate::Certificate;
use reload::Reloading;

/// A `[listen]` table. Port 0 lets the system choose.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    pub address: SocketAddr,
    /// PEM files; required outside loopback unless `behind_proxy`.
    pub tls: Option<TlsFiles>,
    /// A reverse proxy in front of this address ends TLS.
    #[serde(default)]
    pub behind_proxy: bool,
}

/// A listener of its own for clients that show a certificate (RFC 8705 §2.1): whoever shows none is not heard.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MutualListen {
    pub address: SocketAddr,
    pub tls: TlsFiles,
}

/// PEM files of a server certificate.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// Why a server cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    #[error(
        "listen.address: {0} is not loopback; set listen.tls, or listen.behind_proxy = true where a proxy ends TLS"
    )]
    ClearOutsideLoopback(SocketAddr),
    #[error("listen.address: cannot listen on {address}: {cause}")]
    Bind {
        address: SocketAddr,
        cause: std::io::Error,
    },
    #[error("{}: {problem}", path.display())]
    Pem { path: PathBuf, problem: String },
}

impl Listen {
    /// Loopback, in clear, on a port that the system chooses.
    pub fn loopback() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            tls: None,
            behind_proxy: false,
        }
    }

    /// Refuses to serve in clear outside loopback; touches nothing.
    ///
    /// # Errors
    /// [`ListenError::ClearOutsideLoopback`].
    pub fn check(&self) -> Result<(), ListenError> {
        if self.tls.is_none() && !self.behind_proxy && !self.address.ip().is_loopback() {
            return Err(ListenError::ClearOutsideLoopback(self.address));
        }
        Ok(())
    }

    /// Binds the socket and reads the certificate.
    ///
    /// # Errors
    /// Any [`ListenError`].
    pub fn bind(&self) -> Result<(TcpListener, Option<ServerConfig>), ListenError> {
        self.check()?;
        let tls = self.tls.as_ref().map(TlsFiles::server_config).transpose()?;
        Ok((bind(self.address)?, tls))
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }
}

impl MutualListen {
    /// Binds the socket; only clients with a certificate of these authorities are let in.
    ///
    /// # Errors
    /// [`ListenError::Bind`] and [`ListenError::Pem`].
    pub fn bind(&self, authorities: RootCertStore) -> Result<(TcpListener, ServerConfig), ListenError> {
        let tls = self.tls.mutual_config(authorities)?;
        Ok((bind(self.address)?, tls))
    }
}

impl TlsFiles {
    /// Reads the files.
    ///
    /// # Errors
    /// [`ListenError::Pem`].
    pub fn server_config(&self) -> Result<ServerConfig, ListenError> {
        self.config(WebPkiClientVerifier::no_client_auth())
    }

    /// The same for clients with a certificate of these authorities alone.
    ///
    /// # Errors
    /// [`ListenError::Pem`].
    pub fn mutual_config(&self, authorities: RootCertStore) -> Result<ServerConfig, ListenError> {
        let verifier = WebPkiClientVerifier::builder_with_provider(authorities.into(), provider()).build();
        self.config(verifier.map_err(|e| unusable(&self.certificate, e))?)
    }

    fn config(&self, clients: Arc<dyn ClientCertVerifier>) -> Result<ServerConfig, ListenError> {
        let shown = Arc::new(Reloading::read(self, provider())?);
        let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
        let builder = builder.map_err(|e| unusable(&self.certificate, e))?;
        Ok(builder
            .with_client_cert_verifier(clients)
            .with_cert_resolver(shown))
    }

    fn certified_key(&self, provider: &CryptoProvider) -> Result<CertifiedKey, ListenError> {
        let chain = read_certificates(&self.certificate)?;
        if chain.is_empty() {
            return Err(unusable(&self.certificate, "no certificate in PEM in it"));
        }
        let key = PrivateKeyDer::from_pem_reader(open(&self.key)?).map_err(|error| {
            let none = matches!(error, PemError::NoItemsFound);
            let told = none.then(|| "no private key in PEM in it".to_owned());
            unusable(&self.key, told.unwrap_or_else(|| error.to_string()))
        })?;
        CertifiedKey::from_der(chain, key, provider).map_err(|e| unusable(&self.certificate, e))
    }

    /// When the certificate ends that lies there now; `None` where it cannot be read.
    pub fn ends_at(&self) -> Option<Timestamp> {
        let chain = read_certificates(&self.certificate).ok()?;
        Some(Certificate::read(chain.first()?).ok()?.not_after)
    }
}

/// The certificate authorities of a PEM file.
///
/// # Errors
/// [`ListenError::Pem`], also if there is none in it.
pub fn read_authorities(path: &Path) -> Result<RootCertStore, ListenError> {
    let mut authorities = RootCertStore::empty();
    for certificate in read_certificates(path)? {
        authorities.add(certificate).map_err(|e| unusable(path, e))?;
    }
    if authorities.is_empty() {
        return Err(unusable(path, "no certificate in it"));
    }
    Ok(authorities)
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ListenError> {
    let certificates = CertificateDer::pem_reader_iter(open(path)?);
    let certificates: Result<_, _> = certificates.collect();
    certificates.map_err(|e| unusable(path, e))
}

fn open(path: &Path) -> Result<BufReader<File>, ListenError> {
    File::open(path)
        .map(BufReader::new)
        .map_err(|e| unusable(path, e))
}

fn bind(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).map_err(|cause| ListenError::Bind { address, cause })
}

fn provider() -> Arc<CryptoProvider> {
    rustls::crypto::aws_lc_rs::default_provider().into()
}

fn unusable(path: &Path, problem: impl ToString) -> ListenError {
    ListenError::Pem {
        path: path.to_owned(),
        problem: problem.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clear_text_outside_loopback_is_refused_before_binding() {
        let listen = Listen {
            address: "0.0.0.0:0".parse().unwrap(),
            ..Listen::loopback()
        };
        let error = listen.bind().unwrap_err().to_string();
        assert!(error.contains("0.0.0.0:0 is not loopback"), "{error}");
    }

    #[test]
    fn loopback_gets_a_port_of_the_systems_choice() {
        let (socket, tls) = Listen::loopback().bind().unwrap();
        assert_ne!(socket.local_addr().unwrap().port(), 0);
        assert!(tls.is_none());
    }
}
