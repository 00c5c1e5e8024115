//! TLS in front of the tiny OCPP server, with certificates of the test's own authorities.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use outlet_controller::Config;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::authority::Authority;
use super::server::Csms;
use super::world::World;

pub(crate) const URI: &str = "spiffe://auth.example.com/site/site_1/controller/panel-1";

/// Where stations with a certificate connect.
pub(crate) struct Door {
    pub(crate) address: SocketAddr,
    inside: Arc<Inside>,
}

struct Inside {
    csms: Csms,
    tls: Mutex<Arc<ServerConfig>>,
    /// So many connections are broken off before TLS.
    hang_ups: Mutex<u32>,
    /// The certificates that were let in, the latest last.
    let_in: watch::Sender<Vec<CertificateDer<'static>>>,
    refused: watch::Sender<usize>,
    open: tokio::sync::Mutex<JoinSet<()>>,
}

/// Shows a certificate of `server`, and lets in whoever has one of `clients`.
pub(crate) fn tls(server: &Authority, clients: &Authority) -> Arc<ServerConfig> {
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(clients.root_pem().as_bytes()).unwrap())
        .unwrap();
    let (chain, key) = server.server_chain("127.0.0.1");
    let config = ServerConfig::builder()
        .with_client_cert_verifier(WebPkiClientVerifier::builder(roots.into()).build().unwrap())
        .with_single_cert(chain, PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap());
    Arc::new(config.unwrap())
}

impl Door {
    pub(crate) async fn open(csms: Csms, tls: Arc<ServerConfig>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let inside = Arc::new(Inside {
            csms,
            tls: Mutex::new(tls),
            hang_ups: Mutex::default(),
            let_in: watch::Sender::new(Vec::new()),
            refused: watch::Sender::new(0),
            open: tokio::sync::Mutex::default(),
        });
        let shared = Arc::clone(&inside);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&shared).welcome(stream));
            }
        });
        Self { address, inside }
    }

    pub(crate) fn use_tls(&self, tls: Arc<ServerConfig>) {
        *self.inside.tls.lock().unwrap() = tls;
    }

    pub(crate) fn hang_up(&self, times: u32) {
        *self.inside.hang_ups.lock().unwrap() = times;
    }

    /// Breaks off what is open.
    pub(crate) async fn cut(&self) {
        self.inside.open.lock().await.shutdown().await;
    }

    /// Waits for the so-many-th connection that was let in; whether it came with the certificate that a chain begins with.
    pub(crate) async fn until_let_in(&self, times: usize, chain_pem: &str) -> bool {
        let expected = CertificateDer::from_pem_slice(chain_pem.as_bytes()).unwrap();
        let mut let_in = self.inside.let_in.subscribe();
        let waiting = let_in.wait_for(|all| all.len() >= times);
        let all = tokio::time::timeout(Duration::from_secs(30), waiting).await;
        all.unwrap().unwrap()[times - 1] == expected
    }

    pub(crate) fn refused(&self) -> usize {
        *self.inside.refused.borrow()
    }

    /// Waits until so many handshakes have failed.
    pub(crate) async fn until_refused(&self, times: usize) {
        let mut refused = self.inside.refused.subscribe();
        let waiting = refused.wait_for(|count| *count >= times);
        let waited = tokio::time::timeout(Duration::from_secs(30), waiting).await;
        waited.unwrap().unwrap();
    }
}

impl Inside {
    async fn welcome(self: Arc<Self>, stream: TcpStream) {
        let hangs_up = {
            let mut left = self.hang_ups.lock().unwrap();
            let hangs_up = *left > 0;
            *left = left.saturating_sub(1);
            hangs_up
        };
        if hangs_up {
            return;
        }
        let acceptor = TlsAcceptor::from(Arc::clone(&self.tls.lock().unwrap()));
        match acceptor.accept(stream).into_fallible().await {
            Ok(stream) => {
                let leaf = stream.get_ref().1.peer_certificates().unwrap()[0].clone();
                self.open.lock().await.spawn(self.csms.clone().serve(stream));
                self.let_in.send_modify(|all| all.push(leaf.into_owned()));
            }
            Err((_, mut stream)) => {
                self.refused.send_modify(|count| *count += 1);
                // What is unread when a socket is dropped would take the alert with it.
                let _gone = stream.shutdown().await;
                let _rest = stream.read_to_end(&mut Vec::new()).await;
            }
        }
    }
}

/// An identity on disk as `enrol` leaves it; answers with its chain.
pub(crate) fn enrol(folder: &Path, authority: &Authority) -> String {
    let identity = authority.identity(URI);
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("key.pem"), &identity.key_pem).unwrap();
    std::fs::write(folder.join("chain.pem"), &identity.chain_pem).unwrap();
    std::fs::write(folder.join("root.pem"), authority.root_pem()).unwrap();
    identity.chain_pem
}

/// Of a station with an identity of its own folder, that believes a server of `server`.
pub(crate) fn config(world: &World, door: &Door, server: &Authority) -> Config {
    let ca_file = world.folder.join("ca.pem");
    std::fs::write(&ca_file, server.root_pem()).unwrap();
    let mut config = world.config();
    config.server.url = format!("wss://{}/ocpp/", door.address);
    config.server.password = None;
    config.server.identity_dir = Some(world.folder.join("identity"));
    config.server.ca_file = Some(ca_file);
    config
}
