//! The network between the demo's controller and its server, which can be cut.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// It ends with this value.
pub(super) struct Network {
    address: SocketAddr,
    cut: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Network {
    /// On loopback, to `server`.
    pub(super) async fn start(server: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (cut, is_cut) = watch::channel(false);
        let task = tokio::spawn(serve(listener, server, is_cut));
        Ok(Self { address, cut, task })
    }

    /// What the controller connects to instead of the server.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn is_cut(&self) -> bool {
        *self.cut.borrow()
    }

    /// Ends what is connected and refuses what is new, or lets it through again.
    pub(super) fn cut(&self, cut: bool) {
        self.cut.send_replace(cut);
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.task.abort();
        self.cut(true);
    }
}

async fn serve(listener: TcpListener, server: SocketAddr, is_cut: watch::Receiver<bool>) {
    loop {
        match listener.accept().await {
            Ok((controller, _)) if !*is_cut.borrow() => {
                tokio::spawn(pass(controller, server, is_cut.clone()));
            }
            Ok(_refused) => {}
            Err(error) => {
                tracing::warn!(%error, "the demo's network takes no connection");
                tokio::task::yield_now().await;
            }
        }
    }
}

async fn pass(mut controller: TcpStream, server: SocketAddr, mut is_cut: watch::Receiver<bool>) {
    let Ok(mut server) = TcpStream::connect(server).await else {
        return;
    };
    tokio::select! {
        _over = tokio::io::copy_bidirectional(&mut controller, &mut server) => {}
        _cut = is_cut.wait_for(|cut| *cut) => {}
    }
}
