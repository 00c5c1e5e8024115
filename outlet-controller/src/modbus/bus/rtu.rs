//! Modbus RTU: unit, function, and a checksum behind; no transaction id.

use super::BusError;
use super::adu::{Asked, Step, mismatch};
use super::pdu::REFUSAL;

/// Unit, function, code, checksum.
const REFUSAL_LEN: usize = 5;
const CHECKSUM: usize = 2;

/// CRC-16 with the polynomial 0xA001 (Modbus over Serial Line 1.02 §6.2.2); its low byte goes first.
pub fn checksum(bytes: &[u8]) -> u16 {
    let shift = |crc: u16, _| {
        if crc & 1 == 1 { crc >> 1 ^ 0xA001 } else { crc >> 1 }
    };
    bytes
        .iter()
        .fold(0xFFFF, |crc, byte| (0..8).fold(crc ^ u16::from(*byte), shift))
}

/// A request or an answer as it goes over the wire.
pub fn frame(unit: u8, pdu: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1 + pdu.len() + CHECKSUM);
    bytes.push(unit);
    bytes.extend(pdu);
    bytes.extend(checksum(&bytes).to_le_bytes());
    bytes
}

/// What the bytes are that have come since the request. How many belong together follows from what was asked.
pub fn step(bytes: &[u8], asked: &Asked) -> Step {
    let [unit, function, ..] = bytes else {
        return Step::Incomplete;
    };
    if *unit != asked.unit {
        return other_unit(bytes);
    }
    let expected = asked.order.function();
    let length = match *function {
        found if found == expected && !is_other_length(bytes, asked) => {
            asked.order.answer_len() + 1 + CHECKSUM
        }
        found if found == expected | REFUSAL => REFUSAL_LEN,
        _ => return other_answer(bytes, asked),
    };
    let (Some(frame), beyond) = (bytes.get(..length), bytes.len() > length) else {
        return Step::Incomplete;
    };
    let Some(pdu) = sound(frame) else {
        return Step::Doubt(BusError::Checksum);
    };
    match asked.order.answer(pdu) {
        Ok(_) if beyond => mismatch("bytes follow the answer"),
        Ok(answer) => Step::Answer(length, answer),
        Err(_) if asked.in_doubt => Step::Foreign(length),
        Err(problem) => mismatch(problem),
    }
}

/// Whether the answer to a read says already that it has another length.
fn is_other_length(bytes: &[u8], asked: &Asked) -> bool {
    let expected = asked.order.answer_len() - 2;
    asked.order.is_read() && bytes.get(2).is_some_and(|count| usize::from(*count) != expected)
}

/// An answer from a unit that was not asked is passed over, and the one that was asked still has its time
/// (Modbus over Serial Line 1.02 §2.4.1).
fn other_unit(bytes: &[u8]) -> Step {
    pass_over(bytes, "of a unit that was not asked")
}

/// An answer of the unit to something else: a late one, if one may be late.
fn other_answer(bytes: &[u8], asked: &Asked) -> Step {
    if asked.in_doubt {
        return pass_over(bytes, "that answers nothing");
    }
    mismatch(format!(
        "found {:02X?}, asked function {:#04X} and {} bytes",
        bytes.get(..3.min(bytes.len())),
        asked.order.function(),
        asked.order.answer_len() - 2
    ))
}

fn pass_over(bytes: &[u8], what: &str) -> Step {
    match answer_len(bytes) {
        Len::Unknown => Step::Incomplete,
        Len::Bytes(length) => match bytes.get(..length) {
            None => Step::Incomplete,
            Some(frame) if sound(frame).is_some() => Step::Foreign(length),
            Some(_) => Step::Doubt(BusError::Checksum),
        },
        Len::None => mismatch(format!("found a frame {what}: {:02X?}", bytes.get(..2))),
    }
}

enum Len {
    Bytes(usize),
    Unknown,
    None,
}

/// How long an answer is that begins so.
fn answer_len(bytes: &[u8]) -> Len {
    match bytes {
        [_, 1..=4, count, ..] => Len::Bytes(3 + usize::from(*count) + CHECKSUM),
        [_, 1..=4] | [_] | [] => Len::Unknown,
        [_, 5 | 6 | 15 | 16, ..] => Len::Bytes(8),
        [_, function, ..] if function & REFUSAL != 0 => Len::Bytes(REFUSAL_LEN),
        [_, ..] => Len::None,
    }
}

/// Function and content of a frame whose checksum is right.
fn sound(frame: &[u8]) -> Option<&[u8]> {
    let (content, found) = frame.split_last_chunk::<CHECKSUM>()?;
    (u16::from_le_bytes(*found) == checksum(content)).then(|| content.get(1..))?
}

#[cfg(test)]
mod tests;
