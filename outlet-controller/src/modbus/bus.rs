//! A physical bus: one task owns the connection and makes one request after another, the most urgent first.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::panel::{BusLine, Transport, Unit, Write};
use super::plan::{Span, cost};

pub mod adu;
mod cuts;
mod health;
mod link;
pub mod mbap;
mod member;
mod owner;
mod patience;
pub mod pdu;
mod probe;
mod queue;
pub mod rtu;
mod stats;
#[cfg(test)]
mod testing;
mod verdict;
mod wire;

use pdu::Answer;
pub use pdu::{ExceptionCode, Order};
pub use stats::BusStats;
pub(crate) use stats::Counters;
pub use wire::Dialer;
pub(crate) use wire::{Timer, dial, dialer};

/// Requests that may lie before the owner; beyond that their senders wait.
const INBOX: usize = 256;

/// What is more urgent comes first; OFF overtakes whatever is queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Opening a breaker.
    Off,
    /// Closing a breaker, and looking whether it moved.
    Command,
    /// Positions and trips.
    State,
    Current,
    Energy,
    /// Which device it is.
    Identity,
}

/// Why there is no answer, in two layers.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The device answered, and the answer is no. The connection is as good as before.
    #[error("the device refused: {0}")]
    DeviceRefused(ExceptionCode),
    #[error(transparent)]
    Bus(#[from] BusError),
}

/// The wire failed. After any but the last four nothing that comes is trusted before the doubt is over.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    #[error("no answer in time")]
    Timeout,
    #[error("the connection failed")]
    Io(#[source] std::io::Error),
    #[error("the answer is damaged: its checksum is wrong")]
    Checksum,
    #[error("the answer does not belong to the request: {0}")]
    Mismatch(String),
    /// The answer of a write does not say what was written, and one to an earlier write may have been late.
    #[error("whether the device has heard this write or an earlier one is not known")]
    Unsure,
    #[error("no connection to the bus")]
    Connect(#[source] std::io::Error),
    /// Not asked: the connection failed a moment ago, or is still being made.
    #[error("no connection to the bus; tried a moment ago")]
    Down,
    /// Not asked: the unit did not answer a moment ago, and others want the bus.
    #[error("the unit is silent; tried a moment ago")]
    Resting,
    #[error("the bus is closed")]
    Closed,
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    Bits(Vec<bool>),
    Words(Vec<u16>),
}

/// One order on its way.
#[derive(Debug)]
struct Job {
    unit: Arc<Unit>,
    class: Class,
    order: Order,
    /// What is read right after a write, to see its effect.
    then: Vec<Effect>,
    reply: oneshot::Sender<Reply>,
}

/// One look at the effect of a write: `data` is missing where it was not taken.
#[derive(Debug)]
struct Effect {
    unit: Arc<Unit>,
    span: Span,
    data: Option<Data>,
}

/// The answer, and what was seen right after it.
type Reply = (Result<Data, CallError>, Vec<Effect>);

/// A handle to the task that owns the bus; the task ends when the last handle is gone.
#[derive(Clone, Debug)]
pub struct Bus {
    jobs: mpsc::Sender<Job>,
    counters: Arc<Counters>,
}

impl Bus {
    /// Never fails: a silent bus is one whose requests fail.
    pub fn open(transport: Transport) -> (Self, JoinHandle<()>) {
        let line = BusLine {
            name: String::new(),
            transport,
        };
        Self::start(&line, dialer(std::slice::from_ref(&line)), Timer::Exact)
    }

    /// As [`Bus::open`], over lines that `dialer` opens to the bus of that name.
    pub fn open_with(name: &str, transport: &Transport, dialer: Dialer) -> (Self, JoinHandle<()>) {
        let line = BusLine {
            name: name.to_owned(),
            transport: transport.clone(),
        };
        Self::start(&line, dialer, Timer::Coarse)
    }

    /// `timer`: how exactly the silences on a serial port are kept.
    pub(crate) fn start(bus: &BusLine, dialer: Dialer, timer: Timer) -> (Self, JoinHandle<()>) {
        let (jobs, inbox) = mpsc::channel(INBOX);
        let counters = Arc::<Counters>::default();
        let manner = link::Manner::of(&bus.transport, timer);
        let link = link::Link::new(bus.name.clone(), dialer, manner, Arc::clone(&counters));
        let line = bus.transport.line().unwrap_or(cost::LIKELY_LINE);
        let owner = owner::Owner::new(link, line, inbox, Arc::clone(&counters));
        (Self { jobs, counters }, tokio::spawn(owner.run()))
    }

    /// See [`Counters::epoch`].
    pub(crate) fn epoch(&self, unit: u8) -> u64 {
        self.counters.epoch(unit)
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// # Errors
    /// If the device refused or the wire failed; a healthy unit was then asked twice.
    pub async fn read(&self, unit: &Arc<Unit>, span: Span, class: Class) -> Result<Data, CallError> {
        self.call(unit, Order::Read(span), class, Vec::new()).await.0
    }

    /// # Errors
    /// As [`Bus::read`], but a write is never repeated here. Unless the error says that nobody was asked, the
    /// device may have heard it.
    pub async fn write(&self, write: &Write, class: Class) -> Result<(), CallError> {
        self.write_and_look(write, class, Vec::new()).await.map(|_| ())
    }

    /// As [`Bus::write`]; then makes these reads before anybody else is served. Where there was no look, because the
    /// unit is not sound or OFF waits, there is no data.
    ///
    /// # Errors
    /// As [`Bus::write`]; there is no look then.
    pub async fn write_and_look(
        &self,
        write: &Write,
        class: Class,
        looks: Vec<(Arc<Unit>, Span)>,
    ) -> Result<Vec<Option<Data>>, CallError> {
        let Write { place, value } = write;
        let then = looks.into_iter().map(|(unit, span)| Effect {
            unit,
            span,
            data: None,
        });
        let order = Order::Write(place.addr, *value);
        let (written, seen) = self.call(&place.unit, order, class, then.collect()).await;
        written.map(|_| seen.into_iter().map(|effect| effect.data).collect())
    }

    async fn call(&self, unit: &Arc<Unit>, order: Order, class: Class, then: Vec<Effect>) -> Reply {
        let closed = || (Err(BusError::Closed.into()), Vec::new());
        let (reply, answer) = oneshot::channel();
        let job = Job {
            unit: Arc::clone(unit),
            class,
            order,
            then,
            reply,
        };
        if self.jobs.send(job).await.is_err() {
            return closed();
        }
        answer.await.unwrap_or_else(|_| closed())
    }
}
