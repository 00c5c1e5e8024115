//! A line to a bus: what the codec talks over, and how it is opened.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::modbus::panel::{BusLine, Tcp, Transport};
use crate::wire::Wire;

/// As much as one read takes in; longer than any frame.
const CHUNK: usize = 512;

/// Opens a line to the bus of that name.
pub type Dialer = Arc<dyn Fn(&str) -> BoxFuture<'static, io::Result<Box<dyn Wire>>> + Send + Sync>;

/// The real way to each of these buses.
pub(crate) fn dialer(buses: &[BusLine]) -> Dialer {
    let buses = buses.to_vec();
    Arc::new(move |name| {
        let transport = buses
            .iter()
            .find(|bus| bus.name == name)
            .map(|bus| bus.transport.clone());
        Box::pin(async move {
            match transport {
                Some(Transport::Tcp(tcp)) => dial_tcp(&tcp).await,
                Some(Transport::Rtu(_) | Transport::RtuOverTcp(_)) => {
                    Err(io::Error::from(io::ErrorKind::Unsupported))
                }
                None => Err(io::ErrorKind::NotFound.into()),
            }
        })
    })
}

async fn dial_tcp(tcp: &Tcp) -> io::Result<Box<dyn Wire>> {
    let connecting = TcpStream::connect((tcp.host.as_str(), tcp.port));
    let stream = timeout(Duration::from_millis(tcp.connect_timeout_ms), connecting).await??;
    stream.set_nodelay(true)?;
    if tcp.pause_after_connect_ms > 0 {
        sleep(Duration::from_millis(tcp.pause_after_connect_ms)).await;
    }
    Ok(Box::new(stream))
}

/// An open line and what has come over it that is not used yet.
pub(super) struct Connection {
    wire: Box<dyn Wire>,
    heard: Vec<u8>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("heard", &self.heard)
            .finish_non_exhaustive()
    }
}

impl Connection {
    pub(super) fn new(wire: Box<dyn Wire>) -> Self {
        Self {
            wire,
            heard: Vec::new(),
        }
    }

    pub(super) fn heard(&self) -> &[u8] {
        &self.heard
    }

    pub(super) fn forget(&mut self, count: usize) {
        self.heard.drain(..count.min(self.heard.len()));
    }

    pub(super) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.wire.write_all(bytes).await?;
        self.wire.flush().await
    }

    /// Waits for more bytes.
    pub(super) async fn listen(&mut self) -> io::Result<()> {
        let mut chunk = [0; CHUNK];
        let count = self.wire.read(&mut chunk).await?;
        self.keep(chunk.get(..count).unwrap_or_default())
    }

    /// Takes in what has come already, and waits for nothing.
    pub(super) async fn catch_up(&mut self) -> io::Result<()> {
        let mut chunk = [0; CHUNK];
        let mut buffer = ReadBuf::new(&mut chunk);
        let polled = poll_fn(|cx| Poll::Ready(Pin::new(&mut self.wire).poll_read(cx, &mut buffer)));
        // A task that has used up its turn would hear nothing.
        match tokio::task::unconstrained(polled).await {
            Poll::Pending => Ok(()),
            Poll::Ready(Ok(())) => self.keep(buffer.filled()),
            Poll::Ready(Err(error)) => Err(error),
        }
    }

    /// No bytes are the end of the line.
    fn keep(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.heard.extend(bytes);
        Ok(())
    }
}
