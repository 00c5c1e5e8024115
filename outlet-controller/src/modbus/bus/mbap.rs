//! Modbus TCP: a header with a transaction id before each request and answer.

use super::adu::{Asked, Step, mismatch};

/// Transaction, protocol, length; the unit is counted in the length.
const HEAD: usize = 6;
/// Unit, function and one byte more, up to the longest frame there is.
const LENGTHS: std::ops::RangeInclusive<usize> = 3..=254;
/// An answer to one of so many requests before may still be under way.
const STALE: u16 = 1024;

/// A request or an answer as it goes over the wire.
pub fn frame(transaction: u16, unit: u8, pdu: &[u8]) -> Vec<u8> {
    let length = u16::try_from(pdu.len() + 1).unwrap_or(u16::MAX);
    let mut bytes = Vec::with_capacity(HEAD + 1 + pdu.len());
    bytes.extend(transaction.to_be_bytes());
    bytes.extend([0, 0]);
    bytes.extend(length.to_be_bytes());
    bytes.push(unit);
    bytes.extend(pdu);
    bytes
}

/// What the bytes are that have come since the request.
pub fn step(bytes: &[u8], asked: &Asked) -> Step {
    let [t0, t1, p0, p1, l0, l1, body @ ..] = bytes else {
        return Step::Incomplete;
    };
    let (transaction, protocol) = (u16::from_be_bytes([*t0, *t1]), [*p0, *p1]);
    let length = usize::from(u16::from_be_bytes([*l0, *l1]));
    if protocol != [0, 0] || !LENGTHS.contains(&length) {
        return mismatch(format!("no Modbus TCP header: {:02X?}", bytes.get(..HEAD)));
    }
    let Some(body) = body.get(..length) else {
        return Step::Incomplete;
    };
    let behind = asked.transaction.wrapping_sub(transaction);
    if (1..=STALE).contains(&behind) {
        return Step::Foreign(HEAD + length);
    }
    match body {
        _ if behind != 0 => mismatch(format!(
            "found transaction {transaction}, asked {}",
            asked.transaction
        )),
        [unit, pdu @ ..] if *unit == asked.unit => match asked.order.answer(pdu) {
            Ok(answer) => Step::Answer(HEAD + length, answer),
            Err(problem) => mismatch(problem),
        },
        [unit, ..] => mismatch(format!("found unit {unit}, asked {}", asked.unit)),
        [] => Step::Incomplete,
    }
}

#[cfg(test)]
mod tests {
    use super::super::pdu::{Order, span};
    use super::*;
    use crate::modbus::bus::Data;
    use crate::modbus::point::Area;

    const ASKED: Asked = Asked {
        unit: 11,
        order: Order::Read(crate::modbus::plan::Span {
            area: Area::Input,
            addr: 6,
            count: 2,
        }),
        transaction: 7,
        in_doubt: false,
    };
    const PDU: [u8; 6] = [4, 4, 0, 1, 0, 2];

    #[test]
    fn a_request_has_its_length_and_unit_in_front() {
        let pdu = Order::Read(span(Area::Input, 6, 2)).request();
        assert_eq!(
            frame(0x1234, 11, &pdu),
            [0x12, 0x34, 0, 0, 0, 6, 11, 4, 0, 6, 0, 2]
        );
    }

    #[test]
    fn an_answer_is_known_once_it_is_whole() {
        let whole = frame(7, 11, &PDU);
        for end in 0..whole.len() {
            assert!(matches!(step(&whole[..end], &ASKED), Step::Incomplete), "{end}");
        }
        assert!(matches!(step(&whole, &ASKED), Step::Answer(13, Ok(Data::Words(words))) if words == [1, 2]));
    }

    #[test]
    fn late_answers_are_passed_over_and_ids_never_used_are_doubted() {
        for late in [6, 0, 65000] {
            assert!(
                matches!(step(&frame(late, 11, &PDU), &ASKED), Step::Foreign(13)),
                "{late}"
            );
        }
        for unknown in [8, 1000, 64000] {
            assert!(
                matches!(step(&frame(unknown, 11, &PDU), &ASKED), Step::Doubt(_)),
                "{unknown}"
            );
        }
    }

    #[test]
    fn a_frame_that_does_not_fit_is_doubted_as_soon_as_that_is_seen() {
        let table: [(&str, Vec<u8>); 7] = [
            ("another unit", frame(7, 12, &PDU)),
            ("another function", frame(7, 11, &[3, 4, 0, 1, 0, 2])),
            ("another length", frame(7, 11, &[4, 2, 0, 1])),
            ("another protocol", vec![0, 7, 0, 1, 0, 7]),
            ("no content", vec![0, 7, 0, 0, 0, 1]),
            ("more than a frame holds", vec![0, 7, 0, 0, 0, 255]),
            ("not Modbus", b"HTTP/1.1 400".to_vec()),
        ];
        for (what, bytes) in table {
            assert!(matches!(step(&bytes, &ASKED), Step::Doubt(_)), "{what}");
        }
    }
}
