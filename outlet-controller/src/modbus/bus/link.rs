//! The connection: one request at a time, every answer checked, dropped at the first doubt.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::adu::{Asked, Envelope, Step};
use super::stats::Counters;
use super::wire::{Connection, Dialer};
use super::{Answer, BusError, CallError, Data, Order};
use crate::modbus::panel::Unit;

/// Between attempts to connect: doubled from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

pub(super) struct Link {
    name: String,
    dialer: Dialer,
    envelope: Envelope,
    /// Only a connection without any doubt lies here between two calls.
    line: Option<Connection>,
    transaction: u16,
    failed_attempts: u32,
    not_before: Option<Instant>,
    counters: Arc<Counters>,
}

impl Link {
    pub(super) fn new(name: String, dialer: Dialer, counters: Arc<Counters>) -> Self {
        Self {
            name,
            dialer,
            envelope: Envelope::Mbap,
            line: None,
            transaction: 0,
            failed_attempts: 0,
            not_before: None,
            counters,
        }
    }

    /// Whether the last attempt to connect failed.
    pub(super) fn is_down(&self) -> bool {
        self.failed_attempts > 0
    }

    pub(super) async fn call(&mut self, unit: &Unit, order: Order) -> Result<Data, CallError> {
        let line = match self.sound_line().await {
            Some(line) => line,
            None => self.connect().await?,
        };
        self.transaction = self.transaction.wrapping_add(1);
        let asked = Asked {
            unit: unit.id,
            order,
            transaction: self.transaction,
            in_doubt: false,
        };
        self.counters.requests.add();
        let result = self.ask(line, &asked, unit.timeout).await;
        self.counters.note(&result);
        result?.map_err(CallError::DeviceRefused)
    }

    /// A line that the other end has closed, or on which something came unasked, is replaced before the call.
    async fn sound_line(&mut self) -> Option<Connection> {
        let mut line = self.line.take()?;
        let caught_up = line.catch_up().await;
        (caught_up.is_ok() && line.heard().is_empty()).then_some(line)
    }

    /// Returning early drops the connection: a late answer finds nobody.
    async fn ask(
        &mut self,
        mut line: Connection,
        asked: &Asked,
        patience: Duration,
    ) -> Result<Answer, BusError> {
        let envelope = self.envelope;
        let exchange = async {
            line.send(&envelope.request(asked)).await.map_err(BusError::Io)?;
            loop {
                match envelope.step(line.heard(), asked) {
                    Step::Incomplete => line.listen().await.map_err(BusError::Io)?,
                    Step::Foreign(count) => line.forget(count),
                    Step::Doubt(doubt) => return Err(doubt),
                    Step::Answer(count, answer) => {
                        line.forget(count);
                        return Ok(answer);
                    }
                }
            }
        };
        let answer = timeout(patience, exchange)
            .await
            .map_err(|_| BusError::Timeout)??;
        self.line = Some(line);
        Ok(answer)
    }

    async fn connect(&mut self) -> Result<Connection, BusError> {
        if self.not_before.is_some_and(|moment| Instant::now() < moment) {
            return Err(BusError::Down);
        }
        match (self.dialer)(&self.name).await {
            Ok(wire) => {
                (self.failed_attempts, self.not_before) = (0, None);
                self.counters.connects.add();
                Ok(Connection::new(wire))
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
