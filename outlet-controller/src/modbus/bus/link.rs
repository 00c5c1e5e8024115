//! The connection: one request at a time, every answer checked, and what comes unasked heard before the next.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, timeout, timeout_at};

use super::adu::{Asked, Envelope, Step};
use super::stats::Counters;
use super::wire::{Connection, Dialer, Timer};
use super::{Answer, BusError, CallError, Data, Order};
use crate::modbus::panel::{Line, Transport};
use crate::modbus::plan::cost;
use crate::wire::Wire;

/// An attempt to connect that takes longer goes on, and nobody waits for it.
const CONNECT_PATIENCE: Duration = Duration::from_millis(500);
/// Between attempts to connect: doubled from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// What comes in pieces, as through USB, has so much between them.
const SILENCE_AFTER_DOUBT: Duration = Duration::from_millis(20);
/// A line that is never silent is opened anew.
const LONGEST_BABBLE: Duration = Duration::from_millis(500);

/// What a bus demands of whoever talks over it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    envelope: Envelope,
    /// After a doubt a TCP connection is replaced; a serial port is listened to until it is silent.
    replaced: bool,
    line: Option<Line>,
    timer: Timer,
}

impl Manner {
    pub(super) fn of(transport: &Transport, timer: Timer) -> Self {
        let (envelope, replaced, line) = match transport {
            Transport::Tcp(_) => (Envelope::Mbap, true, None),
            Transport::RtuOverTcp(_) => (Envelope::Rtu, true, transport.line()),
            Transport::Rtu(_) => (Envelope::Rtu, false, transport.line()),
        };
        let timer = if replaced { Timer::Coarse } else { timer };
        Self {
            envelope,
            replaced,
            line,
            timer,
        }
    }

    fn silence(&self) -> Duration {
        self.line.map(cost::silence).unwrap_or_default()
    }
}

/// One request, and how long its answer is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    pub(super) unit: u8,
    pub(super) order: Order,
    pub(super) in_doubt: bool,
    pub(super) patience: Duration,
}

/// An attempt to connect, and until when it is waited for.
struct Attempt {
    dialing: BoxFuture<'static, io::Result<Box<dyn Wire>>>,
    patience_ends: Instant,
}

pub(super) struct Link {
    name: String,
    dialer: Dialer,
    manner: Manner,
    connection: Option<Connection>,
    attempt: Option<Attempt>,
    /// The last call has not ended well: more may come.
    unsettled: bool,
    /// When the last byte went either way.
    last_byte: Instant,
    last_sent: Instant,
    transaction: u16,
    failed_attempts: u32,
    not_before: Option<Instant>,
    counters: Arc<Counters>,
}

impl Link {
    pub(super) fn new(name: String, dialer: Dialer, manner: Manner, counters: Arc<Counters>) -> Self {
        Self {
            name,
            dialer,
            manner,
            connection: None,
            attempt: None,
            unsettled: false,
            last_byte: Instant::now(),
            last_sent: Instant::now(),
            transaction: 0,
            failed_attempts: 0,
            not_before: None,
            counters,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether the last attempt to connect failed or has not ended.
    pub(super) fn is_down(&self) -> bool {
        self.failed_attempts > 0 || self.attempt.is_some()
    }

    /// Whether nothing on the line tells late answers from others.
    pub(super) fn has_no_ids(&self) -> bool {
        self.manner.envelope == Envelope::Rtu
    }

    /// When the last request was sent.
    pub(super) fn last_sent(&self) -> Instant {
        self.last_sent
    }

    /// Makes the line ready for a request. On a serial line: the first byte of what nobody asked for.
    pub(super) async fn settle(&mut self) -> Option<u8> {
        if self.manner.replaced {
            return self.replace_if_doubtful().await;
        }
        let (mut unasked, give_up) = (None, Instant::now() + LONGEST_BABBLE);
        loop {
            let heard_something = self.unsettled || unasked.is_some();
            let silence = self.manner.silence();
            let silence = if heard_something {
                silence.max(SILENCE_AFTER_DOUBT)
            } else {
                silence
            };
            self.manner.timer.wait_until(self.last_byte + silence).await;
            let Some(connection) = self.connection.as_mut() else {
                return unasked;
            };
            if connection.catch_up().await.is_err() {
                self.connection = None;
                return unasked;
            }
            let Some(first) = connection.take_heard() else {
                self.unsettled = false;
                return unasked;
            };
            // What follows a doubt is what was doubted.
            if !self.unsettled {
                self.counters.heard_unasked();
                unasked = Some(unasked.unwrap_or(first));
            }
            self.last_byte = Instant::now();
            if self.last_byte > give_up {
                self.connection = None;
            }
        }
    }

    /// A line that the other end has closed, that is in doubt, or on which something came unasked, is replaced
    /// before the next call.
    async fn replace_if_doubtful(&mut self) -> Option<u8> {
        self.manner
            .timer
            .wait_until(self.last_byte + self.manner.silence())
            .await;
        let connection = self.connection.as_mut()?;
        let caught_up = connection.catch_up().await;
        let unasked = connection.take_heard().filter(|_| !self.unsettled);
        if unasked.is_some() {
            self.counters.heard_unasked();
        }
        if caught_up.is_err() || unasked.is_some() || std::mem::take(&mut self.unsettled) {
            self.connection = None;
        }
        // Modbus TCP has ids by which what is late is known.
        unasked.filter(|_| self.manner.envelope == Envelope::Rtu)
    }

    /// Asks over a line that [`Link::connect`] has opened and [`Link::settle`] has made ready.
    pub(super) async fn call(&mut self, question: Question) -> Result<Data, CallError> {
        self.transaction = self.transaction.wrapping_add(1);
        let asked = Asked {
            unit: question.unit,
            order: question.order,
            transaction: self.transaction,
            in_doubt: question.in_doubt,
        };
        self.counters.requests.add();
        self.last_sent = Instant::now();
        // Should the call be given up half-way, this stays.
        self.unsettled = true;
        let result = match timeout(question.patience, self.ask(&asked)).await {
            Ok(result) => result,
            Err(_) => Err(BusError::Timeout),
        };
        self.counters.note(&result);
        match &result {
            Ok(_) => self.unsettled = false,
            Err(BusError::Io(_)) => self.connection = None,
            Err(_) => {}
        }
        result?.map_err(CallError::DeviceRefused)
    }

    async fn ask(&mut self, asked: &Asked) -> Result<Answer, BusError> {
        let connection = self.connection.as_mut().ok_or(BusError::Down)?;
        let envelope = self.manner.envelope;
        connection
            .send(&envelope.request(asked))
            .await
            .map_err(BusError::Io)?;
        let on_the_line = self.manner.line.map(|line| cost::request(line, asked.order));
        self.last_byte = Instant::now() + on_the_line.unwrap_or_default();
        loop {
            match envelope.step(connection.heard(), asked) {
                Step::Incomplete => {
                    connection.listen().await.map_err(BusError::Io)?;
                    self.last_byte = Instant::now();
                }
                Step::Foreign(count) => connection.forget(count),
                Step::Doubt(doubt) => return Err(doubt),
                Step::Answer(count, answer) => {
                    connection.forget(count);
                    return Ok(answer);
                }
            }
        }
    }

    /// # Errors
    /// If it cannot be opened, could not be a moment ago, or is not open yet.
    pub(super) async fn connect(&mut self) -> Result<(), BusError> {
        if self.connection.is_some() {
            return Ok(());
        }
        if self.attempt.is_none() && self.not_before.is_some_and(|moment| Instant::now() < moment) {
            return Err(BusError::Down);
        }
        let attempt = self.attempt.get_or_insert_with(|| Attempt {
            dialing: (self.dialer)(&self.name),
            patience_ends: Instant::now() + CONNECT_PATIENCE,
        });
        let Ok(dialed) = timeout_at(attempt.patience_ends, attempt.dialing.as_mut()).await else {
            return Err(BusError::Down);
        };
        self.attempt = None;
        match dialed {
            Ok(wire) => {
                (self.failed_attempts, self.not_before) = (0, None);
                (self.connection, self.unsettled) = (Some(Connection::new(wire)), false);
                self.counters.connects.add();
                Ok(())
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
