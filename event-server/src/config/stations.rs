//! A `[stations]` table: where stations with a certificate connect.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use api_spec::station_uri::StationUri;
use foundation::config::BadValue;
use foundation::listen::{ListenError, MutualListen, TlsFiles, read_authorities};
use reqwest::Url;
use rustls::ServerConfig;
use serde::Deserialize;

use super::Auth;

/// A listener for stations with a certificate (OCPP security profile 3).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stations {
    pub address: SocketAddr,
    pub tls: TlsFiles,
    /// PEM file: the root of the authority that makes the stations' certificates.
    pub client_ca: PathBuf,
    /// Whose identities are honoured; the issuer's host where left out.
    pub domain: Option<String>,
}

impl Stations {
    /// Whose identities are honoured.
    pub(crate) fn domain(&self, auth: &Auth) -> String {
        let of_issuer = || {
            let url = Url::parse(&auth.issuer).ok();
            url.and_then(|url| url.host_str().map(str::to_owned))
                .unwrap_or_default()
        };
        self.domain.clone().unwrap_or_else(of_issuer)
    }

    /// Binds the socket; only stations with a certificate of the authority are let in.
    pub(crate) fn bind(&self) -> Result<(TcpListener, ServerConfig), ListenError> {
        let listen = MutualListen {
            address: self.address,
            tls: self.tls.clone(),
        };
        listen.bind(read_authorities(&self.client_ca)?)
    }

    pub(super) fn check(&self, auth: &Auth) -> Result<(), BadValue> {
        let bad = |key, problem: String| Err(BadValue { key, problem });
        let domain = self.domain(auth);
        if StationUri::new(&domain, "site", "station").is_err() {
            let problem = format!("{domain:?}: expected a name of letters, digits, - _ .");
            return bad("stations.domain", problem);
        }
        let authorities = match read_authorities(&self.client_ca) {
            Ok(authorities) => authorities,
            Err(error) => return bad("stations.client_ca", error.to_string()),
        };
        match self.tls.mutual_config(authorities) {
            Ok(_) => Ok(()),
            Err(error) => bad("stations.tls", error.to_string()),
        }
    }
}
