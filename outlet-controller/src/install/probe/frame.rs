//! Read requests and their answers in both envelopes. There is no write here: a probe cannot even word one.

use crate::modbus::bus::Data;
use crate::modbus::bus::rtu::checksum;
use crate::modbus::plan::Span;

/// How a request is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Envelope {
    /// Modbus TCP: a header with a transaction number.
    Tcp,
    /// Modbus RTU: unit id before, CRC behind; on a serial line, or sent through TCP as it is.
    Rtu,
}

/// The first of 1792 transaction numbers whose high byte is a reserved unit id (248 to 254): a gateway that takes the
/// header for an RTU frame addresses nobody.
const FIRST_TRANSACTION: u16 = 248 << 8;
const TRANSACTIONS: u16 = 7 << 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) unit: u8,
    pub(crate) span: Span,
}

/// What came for a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Data(Data),
    /// The exception code.
    Refused(u8),
}

/// A whole answer, to whatever question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) unit: u8,
    transaction: Option<u16>,
    function: u8,
    body: Vec<u8>,
}

/// The transaction number of the `turn`th question.
pub(crate) fn transaction(turn: u16) -> u16 {
    FIRST_TRANSACTION + turn % TRANSACTIONS
}

impl Question {
    pub(crate) fn bytes(self, envelope: Envelope, transaction: u16) -> Vec<u8> {
        let Span { area, addr, count } = self.span;
        let [addr_high, addr_low] = addr.to_be_bytes();
        let [count_high, count_low] = count.to_be_bytes();
        let mut pdu = vec![
            self.unit,
            area.read_function(),
            addr_high,
            addr_low,
            count_high,
            count_low,
        ];
        match envelope {
            Envelope::Tcp => {
                let mut bytes = transaction.to_be_bytes().to_vec();
                bytes.extend([0, 0, 0, 6]);
                bytes.append(&mut pdu);
                bytes
            }
            Envelope::Rtu => {
                pdu.extend(checksum(&pdu).to_le_bytes());
                pdu
            }
        }
    }

    /// `None` unless the frame is exactly an answer to this.
    pub(crate) fn answer(self, transaction: u16, frame: &Frame) -> Option<Answer> {
        let Span { area, count, .. } = self.span;
        let mine = frame.unit == self.unit && frame.transaction.is_none_or(|found| found == transaction);
        if !mine || frame.function & 0x7F != area.read_function() {
            return None;
        }
        let (first, rest) = frame.body.split_first()?;
        if frame.function & 0x80 != 0 {
            return rest.is_empty().then_some(Answer::Refused(*first));
        }
        let expected = if area.is_bits() {
            count.div_ceil(8)
        } else {
            count * 2
        };
        if usize::from(*first) != rest.len() || rest.len() != usize::from(expected) {
            return None;
        }
        Some(Answer::Data(if area.is_bits() {
            let bit = |place: u16| {
                rest.get(usize::from(place / 8))
                    .is_some_and(|byte| byte >> (place % 8) & 1 == 1)
            };
            Data::Bits((0..count).map(bit).collect())
        } else {
            Data::Words(rest.chunks_exact(2).filter_map(word).collect())
        }))
    }
}

fn word(bytes: &[u8]) -> Option<u16> {
    bytes.try_into().ok().map(u16::from_be_bytes)
}

/// Takes the first whole answer out of what came, and drops what came before it. On a serial line noise may look like
/// the beginning of a frame, so every place is tried.
pub(crate) fn take(envelope: Envelope, came: &mut Vec<u8>) -> Option<Frame> {
    let begins = |start: usize| came.get(start..).unwrap_or_default();
    let found = match envelope {
        Envelope::Tcp => (0..came.len())
            .map(|start| (start, tcp_at_start(begins(start))))
            .find(|(_, found)| {
                // Here nothing is noise: what may become a frame is waited for.
                !matches!(found, Start::Nothing)
            }),
        Envelope::Rtu => (0..came.len())
            .map(|start| (start, rtu_at_start(begins(start))))
            .find(|(_, found)| matches!(found, Start::Frame(..))),
    };
    match found {
        Some((start, Start::Frame(length, frame))) => {
            came.drain(..start + length);
            Some(frame)
        }
        Some((_, Start::Unfinished | Start::Nothing)) | None => None,
    }
}

enum Start {
    Frame(usize, Frame),
    /// It may become one.
    Unfinished,
    Nothing,
}

fn tcp_at_start(came: &[u8]) -> Start {
    let [t1, t2, p1, p2, l1, l2, unit, function, rest @ ..] = came else {
        return Start::Unfinished;
    };
    let length = usize::from(u16::from_be_bytes([*l1, *l2]));
    if (*p1, *p2) != (0, 0) || !(3..=254).contains(&length) {
        return Start::Nothing;
    }
    match rest.get(..length - 2) {
        None => Start::Unfinished,
        Some(body) => Start::Frame(
            length + 6,
            Frame {
                unit: *unit,
                transaction: Some(u16::from_be_bytes([*t1, *t2])),
                function: *function,
                body: body.to_vec(),
            },
        ),
    }
}

fn rtu_at_start(came: &[u8]) -> Start {
    let [unit, function, first, ..] = came else {
        return Start::Unfinished;
    };
    let length = match function {
        0x81..=0x84 => 5,
        0x01..=0x04 => 5 + usize::from(*first),
        _ => return Start::Nothing,
    };
    let Some(frame) = came.get(..length) else {
        return Start::Unfinished;
    };
    let Some((inside, tail)) = frame.split_last_chunk::<2>() else {
        return Start::Nothing;
    };
    if checksum(inside) != u16::from_le_bytes(*tail) {
        return Start::Nothing;
    }
    Start::Frame(
        length,
        Frame {
            unit: *unit,
            transaction: None,
            function: *function,
            body: inside.get(2..).unwrap_or_default().to_vec(),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modbus::point::Area;

    const CURRENT: Question = Question {
        unit: 11,
        span: Span {
            area: Area::Input,
            addr: 6,
            count: 2,
        },
    };

    #[test]
    fn the_crc_is_that_of_modbus() {
        assert_eq!(checksum(b"123456789"), 0x4B37);
        assert_eq!(CURRENT.bytes(Envelope::Rtu, 0), [11, 4, 0, 6, 0, 2, 0x91, 0x60]);
    }

    #[test]
    fn an_answer_is_taken_in_either_envelope_and_after_noise() {
        let words = Some(Answer::Data(Data::Words(vec![0x4170, 0])));
        let mut rtu = vec![0xFF, 0x00, 11, 4, 4, 0x41, 0x70, 0, 0];
        rtu.extend(checksum(&rtu[2..]).to_le_bytes());
        let frame = take(Envelope::Rtu, &mut rtu).unwrap();
        assert_eq!(CURRENT.answer(0, &frame), words);
        let mut tcp = CURRENT.bytes(Envelope::Tcp, transaction(3))[..4].to_vec();
        tcp.extend([0, 7, 11, 4, 4, 0x41, 0x70, 0, 0]);
        let frame = take(Envelope::Tcp, &mut tcp).unwrap();
        assert_eq!(CURRENT.answer(transaction(3), &frame), words);
        assert_eq!(CURRENT.answer(transaction(4), &frame), None);
        assert!(rtu.is_empty() && tcp.is_empty());
    }

    #[test]
    fn answers_of_others_or_of_other_lengths_are_not_mine() {
        let frame = |unit, function, body: &[u8]| Frame {
            unit,
            transaction: None,
            function,
            body: body.to_vec(),
        };
        let refused = |code| Some(Answer::Refused(code));
        assert_eq!(CURRENT.answer(0, &frame(12, 4, &[4, 0, 0, 0, 0])), None);
        assert_eq!(CURRENT.answer(0, &frame(11, 3, &[4, 0, 0, 0, 0])), None);
        assert_eq!(
            CURRENT.answer(0, &frame(11, 4, &[8, 0, 0, 0, 0, 0, 0, 0, 0])),
            None
        );
        assert_eq!(CURRENT.answer(0, &frame(11, 4, &[4, 0, 0])), None);
        assert_eq!(CURRENT.answer(0, &frame(11, 0x84, &[2])), refused(2));
    }

    #[test]
    fn an_unfinished_answer_waits_for_the_rest() {
        let mut came = vec![11, 4, 4, 0x41];
        assert_eq!(take(Envelope::Rtu, &mut came), None);
        assert_eq!(came.len(), 4);
    }

    #[test]
    fn what_is_sent_in_one_envelope_means_nothing_in_the_other() {
        for turn in 0..u16::MAX {
            let [unit, ..] = CURRENT.bytes(Envelope::Tcp, transaction(turn))[..] else {
                panic!("empty");
            };
            assert!(
                (248..255).contains(&unit),
                "taken for RTU, it is addressed to {unit}"
            );
        }
        for unit in 1..=247 {
            let question = Question { unit, ..CURRENT };
            let bytes = question.bytes(Envelope::Rtu, 0);
            assert_ne!(
                bytes[2..4],
                [0, 0],
                "taken for Modbus TCP, its protocol is not Modbus"
            );
        }
    }
}
