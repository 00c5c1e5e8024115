//! A physical bus: one task owns the connection and makes one request after another, the most urgent first.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_modbus::{ExceptionCode, Request, Response};

use super::panel::{Transport, Unit, Write, WriteValue};
use super::plan::Span;
use super::point::Area;

mod health;
mod link;
mod owner;
mod queue;
mod stream;

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

/// The wire failed. After any but the last three the connection is dropped.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    #[error("no answer in time")]
    Timeout,
    #[error("the connection failed")]
    Io(#[source] std::io::Error),
    #[error("the answer does not belong to the request: {0}")]
    Mismatch(String),
    #[error("no connection to the bus")]
    Connect(#[source] std::io::Error),
    /// Not asked: the connection failed a moment ago.
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

/// What the owner is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Read(Span),
    Write(u16, WriteValue),
}

impl Order {
    fn is_read(self) -> bool {
        matches!(self, Self::Read(_))
    }

    fn request(self) -> Request<'static> {
        match self {
            Self::Read(Span { area, addr, count }) => match area {
                Area::Coil => Request::ReadCoils(addr, count),
                Area::Discrete => Request::ReadDiscreteInputs(addr, count),
                Area::Holding => Request::ReadHoldingRegisters(addr, count),
                Area::Input => Request::ReadInputRegisters(addr, count),
            },
            Self::Write(addr, WriteValue::Coil(on)) => Request::WriteSingleCoil(addr, on),
            Self::Write(addr, WriteValue::Coils(on)) => Request::WriteMultipleCoils(addr, vec![on].into()),
            Self::Write(addr, WriteValue::Register(word)) => Request::WriteSingleRegister(addr, word),
            Self::Write(addr, WriteValue::Registers(word)) => {
                Request::WriteMultipleRegisters(addr, vec![word].into())
            }
        }
    }

    /// `None` unless the answer is exactly one to this order; an echo gives no data.
    fn data(self, response: Response) -> Option<Data> {
        match (self, response) {
            (Self::Read(span), Response::ReadCoils(bits)) if span.area == Area::Coil => {
                whole_bytes(bits, span.count)
            }
            (Self::Read(span), Response::ReadDiscreteInputs(bits)) if span.area == Area::Discrete => {
                whole_bytes(bits, span.count)
            }
            (Self::Read(span), Response::ReadHoldingRegisters(words)) if span.area == Area::Holding => {
                all_words(words, span.count)
            }
            (Self::Read(span), Response::ReadInputRegisters(words)) if span.area == Area::Input => {
                all_words(words, span.count)
            }
            (Self::Write(addr, value), response) => {
                (response == echo(addr, value)).then(|| Data::Words(Vec::new()))
            }
            (Self::Read(_), _) => None,
        }
    }
}

fn echo(addr: u16, value: WriteValue) -> Response {
    match value {
        WriteValue::Coil(on) => Response::WriteSingleCoil(addr, on),
        WriteValue::Coils(_) => Response::WriteMultipleCoils(addr, 1),
        WriteValue::Register(word) => Response::WriteSingleRegister(addr, word),
        WriteValue::Registers(_) => Response::WriteMultipleRegisters(addr, 1),
    }
}

/// Bits come in whole bytes; those beyond the request mean nothing.
fn whole_bytes(mut bits: Vec<bool>, count: u16) -> Option<Data> {
    let exact = bits.len() == usize::from(count).next_multiple_of(8);
    bits.truncate(count.into());
    exact.then_some(Data::Bits(bits))
}

fn all_words(words: Vec<u16>, count: u16) -> Option<Data> {
    (words.len() == usize::from(count)).then_some(Data::Words(words))
}

/// One order on its way.
#[derive(Debug)]
struct Job {
    unit: Arc<Unit>,
    class: Class,
    order: Order,
    reply: oneshot::Sender<Result<Data, CallError>>,
}

/// A handle to the task that owns the bus; the task ends when the last handle is gone.
#[derive(Clone, Debug)]
pub struct Bus {
    jobs: mpsc::Sender<Job>,
}

impl Bus {
    /// Never fails: a silent bus is one whose requests fail.
    pub fn open(transport: Transport) -> (Self, JoinHandle<()>) {
        let (jobs, inbox) = mpsc::channel(INBOX);
        let task = tokio::spawn(owner::Owner::new(transport, inbox).run());
        (Self { jobs }, task)
    }

    /// # Errors
    /// If the device refused or the wire failed; a healthy unit was then asked twice.
    pub async fn read(&self, unit: &Arc<Unit>, span: Span, class: Class) -> Result<Data, CallError> {
        self.call(unit, Order::Read(span), class).await
    }

    /// # Errors
    /// As [`Bus::read`], but a write is never repeated here. Unless the error says that nobody was asked, the
    /// device may have heard it.
    pub async fn write(&self, write: &Write, class: Class) -> Result<(), CallError> {
        let Write { place, value } = write;
        self.call(&place.unit, Order::Write(place.addr, *value), class)
            .await
            .map(|_| ())
    }

    async fn call(&self, unit: &Arc<Unit>, order: Order, class: Class) -> Result<Data, CallError> {
        let (reply, answer) = oneshot::channel();
        let job = Job {
            unit: Arc::clone(unit),
            class,
            order,
            reply,
        };
        self.jobs.send(job).await.map_err(|_| BusError::Closed)?;
        answer.await.map_err(|_| BusError::Closed)?
    }
}
