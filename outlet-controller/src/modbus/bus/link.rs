//! The connection: one request at a time, every answer checked, dropped at the first doubt.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};
use tokio_modbus::client::{Client, Context, tcp};
use tokio_modbus::slave::SlaveContext;
use tokio_modbus::{Error, Slave};

use super::stream::SharedStream;
use super::{BusError, CallError, Data, Order};
use crate::modbus::panel::{Tcp, Transport, Unit};

/// Between attempts to connect: doubled from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

pub(super) struct Link {
    transport: Transport,
    /// Only a connection without any doubt lies here between two calls.
    line: Option<Line>,
    failed_attempts: u32,
    not_before: Option<Instant>,
}

struct Line {
    context: Context,
    stream: SharedStream,
}

impl Link {
    pub(super) fn new(transport: Transport) -> Self {
        Self {
            transport,
            line: None,
            failed_attempts: 0,
            not_before: None,
        }
    }

    /// Whether the last attempt to connect failed.
    pub(super) fn is_down(&self) -> bool {
        self.failed_attempts > 0
    }

    pub(super) async fn call(&mut self, unit: &Unit, order: Order) -> Result<Data, CallError> {
        // A line that the other end has closed, or on which something came unasked, is replaced before the call.
        let mut line = match self.line.take().filter(|line| line.stream.is_quiet()) {
            Some(line) => line,
            None => self.connect().await?,
        };
        line.context.set_slave(Slave(unit.id));
        // Returning early drops the connection: a late answer finds nobody.
        let answer = timeout(unit.timeout, line.context.call(order.request()))
            .await
            .map_err(|_| BusError::Timeout)?;
        let answer = match answer {
            Ok(answer) => answer,
            Err(Error::Transport(error)) => return Err(BusError::Io(error).into()),
            Err(Error::Protocol(error)) => return Err(BusError::Mismatch(error.to_string()).into()),
        };
        let result = match answer {
            Ok(response) => order
                .data(response)
                .ok_or_else(|| BusError::Mismatch(format!("wrong echo or length for {order:?}")))?,
            Err(exception) => {
                self.line = Some(line);
                return Err(CallError::DeviceRefused(exception));
            }
        };
        self.line = Some(line);
        Ok(result)
    }

    async fn connect(&mut self) -> Result<Line, BusError> {
        if self.not_before.is_some_and(|moment| Instant::now() < moment) {
            return Err(BusError::Down);
        }
        let connected = match &self.transport {
            Transport::Tcp(tcp) => connect_tcp(tcp).await,
            Transport::Rtu(_) | Transport::RtuOverTcp(_) => Err(std::io::ErrorKind::Unsupported.into()),
        };
        match connected {
            Ok(line) => {
                (self.failed_attempts, self.not_before) = (0, None);
                Ok(line)
            }
            Err(error) => {
                let pause = FIRST_PAUSE
                    .saturating_mul(1 << self.failed_attempts.min(8))
                    .min(LONGEST_PAUSE);
                self.failed_attempts = self.failed_attempts.saturating_add(1);
                self.not_before = Some(Instant::now() + pause);
                Err(BusError::Connect(error))
            }
        }
    }
}

async fn connect_tcp(tcp: &Tcp) -> std::io::Result<Line> {
    let connecting = TcpStream::connect((tcp.host.as_str(), tcp.port));
    let stream = timeout(Duration::from_millis(tcp.connect_timeout_ms), connecting).await??;
    stream.set_nodelay(true)?;
    if tcp.pause_after_connect_ms > 0 {
        sleep(Duration::from_millis(tcp.pause_after_connect_ms)).await;
    }
    let stream = SharedStream::new(stream);
    Ok(Line {
        context: tcp::attach(stream.clone()),
        stream,
    })
}
