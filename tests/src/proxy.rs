//! A TCP proxy on loopback that can fail like a network: cut, half-open, slow; and heal again.

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

/// What the network does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Pass,
    Cut,
    Delay(Duration),
}

/// A running proxy; it ends when the last clone is dropped.
#[derive(Clone, Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    _stop: Arc<DropGuard>,
}

#[derive(Debug)]
struct Shared {
    upstream: Mutex<SocketAddr>,
    mode: watch::Sender<Mode>,
    /// Connections older than this swallow all that they are given.
    forgotten: watch::Sender<u64>,
    connections: AtomicU64,
    before: Mutex<Option<Before>>,
}

type Fits = Box<dyn FnMut(&[u8]) -> bool + Send>;

/// What is to be done before a certain request goes on.
struct Before {
    fits: Fits,
    act: Box<dyn FnOnce() + Send>,
}

impl fmt::Debug for Before {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Before")
    }
}

impl Proxy {
    /// Starts a proxy in front of `upstream`.
    pub async fn start(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            upstream: Mutex::new(upstream),
            mode: watch::Sender::new(Mode::Pass),
            forgotten: watch::Sender::new(0),
            connections: AtomicU64::new(0),
            before: Mutex::default(),
        });
        let stop = CancellationToken::new();
        tokio::spawn(
            stop.clone()
                .run_until_cancelled_owned(accept(listener, Arc::clone(&shared))),
        );
        Self {
            address,
            shared,
            _stop: Arc::new(stop.drop_guard()),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// New connections go there; those that are open stay.
    pub fn set_upstream(&self, upstream: SocketAddr) {
        *self.shared.upstream.lock().unwrap() = upstream;
    }

    /// Closes every connection and every new one at once.
    pub fn cut(&self) {
        self.shared.mode.send_replace(Mode::Cut);
    }

    /// The open connections stay open and carry nothing any more, for ever; new ones work.
    pub fn half_open(&self) {
        let now = self.shared.connections.load(SeqCst);
        self.shared.forgotten.send_replace(now);
    }

    /// Each piece of data is late by so much.
    pub fn delay(&self, delay: Duration) {
        self.shared.mode.send_replace(Mode::Delay(delay));
    }

    /// Works like new.
    pub fn restore(&self) {
        self.shared.mode.send_replace(Mode::Pass);
    }

    /// Connections ever accepted.
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(SeqCst)
    }

    /// Does `act` once, when a request that `fits` has come and before it goes on to the upstream.
    pub fn before_next(
        &self,
        fits: impl FnMut(&[u8]) -> bool + Send + 'static,
        act: impl FnOnce() + Send + 'static,
    ) {
        let (fits, act) = (Box::new(fits), Box::new(act));
        *self.shared.before.lock().unwrap() = Some(Before { fits, act });
    }
}

impl Shared {
    fn act_before(&self, request: &[u8]) {
        let mut before = self.before.lock().unwrap();
        if let Some(before) = before.take_if(|before| (before.fits)(request)) {
            (before.act)();
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let open = tokio_util::task::TaskTracker::new();
    let stop = CancellationToken::new();
    let _stop_with_us = stop.clone().drop_guard();
    while let Ok((client, _)) = listener.accept().await {
        let number = shared.connections.fetch_add(1, SeqCst) + 1;
        open.spawn(
            stop.clone()
                .run_until_cancelled_owned(carry(client, number, Arc::clone(&shared))),
        );
    }
}

async fn carry(client: TcpStream, number: u64, shared: Arc<Shared>) {
    if *shared.mode.borrow() == Mode::Cut {
        return;
    }
    let upstream = *shared.upstream.lock().unwrap();
    let Ok(server) = TcpStream::connect(upstream).await else {
        return;
    };
    let _later_if_it_must = (client.set_nodelay(true), server.set_nodelay(true));
    let (client, server) = (client.into_split(), server.into_split());
    let mut mode = shared.mode.subscribe();
    tokio::select! {
        _ = mode.wait_for(|mode| *mode == Mode::Cut) => {}
        () = both(
            pump(client.0, server.1, number, &shared, true),
            pump(server.0, client.1, number, &shared, false),
        ) => {}
    }
}

async fn both(a: impl Future<Output = ()>, b: impl Future<Output = ()>) {
    tokio::join!(a, b);
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, number: u64, shared: &Shared, asks: bool) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let length = match from.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(length) => length,
        };
        if *shared.forgotten.borrow() >= number {
            continue;
        }
        if asks {
            shared.act_before(&buffer[..length]);
        }
        let mode = *shared.mode.borrow();
        if let Mode::Delay(delay) = mode {
            tokio::time::sleep(delay).await;
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
    let _gone = to.shutdown().await;
    if *shared.forgotten.borrow() >= number {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers each piece with the same piece.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.into_split();
                    tokio::io::copy(&mut from, &mut to).await
                });
            }
        });
        address
    }

    async fn ask(stream: &mut TcpStream) -> Option<[u8; 4]> {
        stream.write_all(b"ping").await.ok()?;
        let mut answer = [0; 4];
        stream.read_exact(&mut answer).await.ok()?;
        Some(answer)
    }

    #[tokio::test]
    async fn a_cut_closes_what_is_open_and_what_is_new_until_it_is_restored() {
        let proxy = Proxy::start(echo().await).await;
        let mut old = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(ask(&mut old).await, Some(*b"ping"));
        proxy.cut();
        assert_eq!(old.read(&mut [0]).await.unwrap_or(0), 0);
        let mut refused = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(ask(&mut refused).await, None);
        proxy.restore();
        let mut new = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(ask(&mut new).await, Some(*b"ping"));
    }

    #[tokio::test]
    async fn a_half_open_connection_stays_silent_while_new_ones_work() {
        let proxy = Proxy::start(echo().await).await;
        let mut old = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(ask(&mut old).await, Some(*b"ping"));
        proxy.half_open();
        old.write_all(b"lost").await.unwrap();
        let mut new = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(ask(&mut new).await, Some(*b"ping"));
        assert_eq!(
            old.try_read(&mut [0]).unwrap_err().kind(),
            std::io::ErrorKind::WouldBlock
        );
    }
}
