//! Where a server listens: loopback in clear, anything else only with TLS or behind a named proxy.

use std::fs::File;
use std::io::BufReader;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use serde::Deserialize;

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
        let bind = |cause| ListenError::Bind {
            address: self.address,
            cause,
        };
        Ok((TcpListener::bind(self.address).map_err(bind)?, tls))
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }
}

impl TlsFiles {
    /// Reads the files.
    ///
    /// # Errors
    /// [`ListenError::Pem`].
    pub fn server_config(&self) -> Result<ServerConfig, ListenError> {
        let pem = |path: &PathBuf, problem: String| ListenError::Pem {
            path: path.clone(),
            problem,
        };
        let file = |path: &PathBuf| {
            File::open(path)
                .map(BufReader::new)
                .map_err(|e| pem(path, e.to_string()))
        };
        let chain = CertificateDer::pem_reader_iter(file(&self.certificate)?)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| pem(&self.certificate, e.to_string()))?;
        let key =
            PrivateKeyDer::from_pem_reader(file(&self.key)?).map_err(|e| pem(&self.key, e.to_string()))?;
        ServerConfig::builder_with_provider(rustls::crypto::aws_lc_rs::default_provider().into())
            .with_safe_default_protocol_versions()
            .and_then(|b| b.with_no_client_auth().with_single_cert(chain, key))
            .map_err(|e| pem(&self.certificate, e.to_string()))
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
