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
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_serial::{DataBits, FlowControl, Parity, SerialPortBuilderExt, StopBits};

use crate::modbus::panel::{BusLine, Framing, Rtu, RtuOverTcp, Tcp, Transport};
use crate::wire::Wire;

/// As much as one read takes in; longer than any frame.
const CHUNK: usize = 512;
/// The steps of the runtime's timer.
const TIMER_STEP: Duration = Duration::from_millis(1);

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
                Some(transport) => dial(&transport).await,
                None => Err(io::ErrorKind::NotFound.into()),
            }
        })
    })
}

pub(crate) async fn dial(transport: &Transport) -> io::Result<Box<dyn Wire>> {
    let (address, connect_timeout_ms, pause_ms) = match transport {
        Transport::Rtu(rtu) => return open_port(rtu),
        Transport::Tcp(Tcp {
            host,
            port,
            connect_timeout_ms,
            pause_after_connect_ms,
            ..
        })
        | Transport::RtuOverTcp(RtuOverTcp {
            host,
            port,
            connect_timeout_ms,
            pause_after_connect_ms,
            ..
        }) => (
            (host.as_str(), *port),
            *connect_timeout_ms,
            *pause_after_connect_ms,
        ),
    };
    let patience = Duration::from_millis(connect_timeout_ms);
    let stream = timeout(patience, TcpStream::connect(address)).await??;
    stream.set_nodelay(true)?;
    if pause_ms > 0 {
        sleep(Duration::from_millis(pause_ms)).await;
    }
    Ok(Box::new(stream))
}

fn open_port(rtu: &Rtu) -> io::Result<Box<dyn Wire>> {
    let (parity, stop_bits) = match rtu.framing {
        Framing::EightNoneOne => (Parity::None, StopBits::One),
        Framing::EightEvenOne => (Parity::Even, StopBits::One),
        Framing::EightOddOne => (Parity::Odd, StopBits::One),
        Framing::EightNoneTwo => (Parity::None, StopBits::Two),
    };
    let port = tokio_serial::new(&rtu.port, rtu.baud)
        .data_bits(DataBits::Eight)
        .parity(parity)
        .stop_bits(stop_bits)
        .flow_control(FlowControl::None)
        .open_native_async()?;
    Ok(Box::new(port))
}

/// How exactly the silence between two frames is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// In steps of a millisecond.
    Coarse,
    /// As exactly as the machine can: on a fast line a millisecond is much.
    Exact,
}

impl Timer {
    pub(super) async fn wait_until(self, moment: Instant) {
        match self {
            Self::Coarse => sleep_until(moment).await,
            Self::Exact => {
                let left = moment.saturating_duration_since(Instant::now());
                if left > 2 * TIMER_STEP {
                    sleep_until(moment - TIMER_STEP).await;
                }
                let left = moment.saturating_duration_since(Instant::now());
                if !left.is_zero() {
                    drop(tokio::task::spawn_blocking(move || std::thread::sleep(left)).await);
                }
            }
        }
    }
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

    /// Forgets all that was heard; its first byte, if there was one.
    pub(super) fn take_heard(&mut self) -> Option<u8> {
        let first = self.heard.first().copied();
        self.heard.clear();
        first
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
