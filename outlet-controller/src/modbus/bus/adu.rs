//! Frames around requests and answers, and what the bytes that come back are.

use super::BusError;
use super::pdu::{Answer, Order};

/// The question that is open on the wire.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub unit: u8,
    pub order: Order,
    /// Counts on from request to request, over connections too. A serial line carries none.
    pub transaction: u16,
    /// Late answers of this unit may still come: what fits another request of it is passed over.
    pub in_doubt: bool,
}

/// What the bytes are that have come since a request.
#[derive(Debug)]
pub enum Step {
    /// The beginning of something.
    Incomplete,
    /// So many bytes answer something else, and are passed over.
    Foreign(usize),
    /// So many bytes are the answer.
    Answer(usize, Answer),
    /// Not what a sound line would carry.
    Doubt(BusError),
}

/// How frames look on a bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Envelope {
    /// Modbus TCP.
    Mbap,
    /// A serial line, also one at the far end of a TCP connection.
    Rtu,
}

impl Envelope {
    pub(super) fn request(self, asked: &Asked) -> Vec<u8> {
        let pdu = asked.order.request();
        match self {
            Self::Mbap => super::mbap::frame(asked.transaction, asked.unit, &pdu),
            Self::Rtu => super::rtu::frame(asked.unit, &pdu),
        }
    }

    pub(super) fn step(self, bytes: &[u8], asked: &Asked) -> Step {
        match self {
            Self::Mbap => super::mbap::step(bytes, asked),
            Self::Rtu => super::rtu::step(bytes, asked),
        }
    }
}

pub(super) fn mismatch(what: impl Into<String>) -> Step {
    Step::Doubt(BusError::Mismatch(what.into()))
}
