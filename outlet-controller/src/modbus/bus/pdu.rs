//! What stands inside a Modbus frame: requests as bytes, and answers that fit a request exactly.

use std::fmt;

use super::Data;
use crate::modbus::panel::WriteValue;
use crate::modbus::plan::Span;

/// Set in the function of an answer that refuses.
pub(super) const REFUSAL: u8 = 0x80;

/// A device's reason to refuse (Modbus Application Protocol 1.1b3 §7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExceptionCode {
    IllegalFunction,
    IllegalDataAddress,
    IllegalDataValue,
    ServerDeviceFailure,
    /// Accepted, and not done yet.
    Acknowledge,
    ServerDeviceBusy,
    MemoryParityError,
    GatewayPathUnavailable,
    GatewayTargetDevice,
    Other(u8),
}

impl From<u8> for ExceptionCode {
    fn from(code: u8) -> Self {
        match code {
            0x01 => Self::IllegalFunction,
            0x02 => Self::IllegalDataAddress,
            0x03 => Self::IllegalDataValue,
            0x04 => Self::ServerDeviceFailure,
            0x05 => Self::Acknowledge,
            0x06 => Self::ServerDeviceBusy,
            0x08 => Self::MemoryParityError,
            0x0A => Self::GatewayPathUnavailable,
            0x0B => Self::GatewayTargetDevice,
            other => Self::Other(other),
        }
    }
}

impl fmt::Display for ExceptionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IllegalFunction => f.write_str("illegal function"),
            Self::IllegalDataAddress => f.write_str("illegal data address"),
            Self::IllegalDataValue => f.write_str("illegal data value"),
            Self::ServerDeviceFailure => f.write_str("device failure"),
            Self::Acknowledge => f.write_str("accepted, not done yet"),
            Self::ServerDeviceBusy => f.write_str("device busy"),
            Self::MemoryParityError => f.write_str("memory parity error"),
            Self::GatewayPathUnavailable => f.write_str("gateway path unavailable"),
            Self::GatewayTargetDevice => f.write_str("gateway: the device does not answer"),
            Self::Other(code) => write!(f, "exception {code:#04X}"),
        }
    }
}

/// What the owner is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Read(Span),
    Write(u16, WriteValue),
}

/// What an answer to an order says: data, which a write has none of, or a refusal.
pub type Answer = Result<Data, ExceptionCode>;

impl Order {
    pub(super) fn is_read(self) -> bool {
        matches!(self, Self::Read(_))
    }

    /// Whether the answer does not repeat what was written: a late one to another value looks the same.
    pub(super) fn echoes_no_value(self) -> bool {
        matches!(
            self,
            Self::Write(_, WriteValue::Coils(_) | WriteValue::Registers(_))
        )
    }

    /// The Modbus function.
    pub fn function(self) -> u8 {
        match self {
            Self::Read(span) => span.area.read_function(),
            Self::Write(_, WriteValue::Coil(_)) => 0x05,
            Self::Write(_, WriteValue::Register(_)) => 0x06,
            Self::Write(_, WriteValue::Coils(_)) => 0x0F,
            Self::Write(_, WriteValue::Registers(_)) => 0x10,
        }
    }

    /// The request: function, address, and what follows.
    pub fn request(self) -> Vec<u8> {
        let mut pdu = vec![self.function()];
        match self {
            Self::Read(Span { addr, count, .. }) => push_words(&mut pdu, [addr, count]),
            Self::Write(addr, WriteValue::Coil(on)) => push_words(&mut pdu, [addr, coil(on)]),
            Self::Write(addr, WriteValue::Register(word)) => push_words(&mut pdu, [addr, word]),
            Self::Write(addr, WriteValue::Coils(on)) => {
                push_words(&mut pdu, [addr, 1]);
                pdu.extend([1, u8::from(on)]);
            }
            Self::Write(addr, WriteValue::Registers(word)) => {
                push_words(&mut pdu, [addr, 1]);
                pdu.push(2);
                pdu.extend(word.to_be_bytes());
            }
        }
        pdu
    }

    /// How many bytes the answer has, function included, if it is no refusal.
    pub fn answer_len(self) -> usize {
        match self {
            Self::Read(span) => 2 + usize::from(span.bytes()),
            Self::Write(..) => 5,
        }
    }

    /// The answer, if these bytes are exactly one to this order.
    ///
    /// # Errors
    /// What does not fit.
    pub fn answer(self, pdu: &[u8]) -> Result<Answer, String> {
        let function = self.function();
        match pdu {
            [found, code] if *found == function | REFUSAL => Ok(Err(ExceptionCode::from(*code))),
            [found, rest @ ..] if *found == function => match self {
                Self::Read(span) => read_answer(span, rest).map(Ok),
                Self::Write(..) => self.echo(pdu).map(Ok),
            },
            [found, ..] => Err(format!("found function {found:#04X}, asked {function:#04X}")),
            [] => Err("it is empty".to_owned()),
        }
    }

    fn echo(self, pdu: &[u8]) -> Result<Data, String> {
        let request = self.request();
        if pdu.len() == self.answer_len() && request.starts_with(pdu) {
            return Ok(Data::Words(Vec::new()));
        }
        Err(format!("wrong echo: {pdu:02X?} to {request:02X?}"))
    }
}

fn read_answer(span: Span, rest: &[u8]) -> Result<Data, String> {
    let expected = span.bytes();
    match rest {
        [count, data @ ..] if u16::from(*count) == expected && data.len() == usize::from(expected) => {
            Ok(decode(span, data))
        }
        [count, data @ ..] => Err(format!(
            "found {} bytes under a count of {count}, asked {expected}",
            data.len()
        )),
        [] => Err("it has no byte count".to_owned()),
    }
}

/// Bits come in whole bytes, the lowest first; those beyond the request mean nothing.
fn decode(span: Span, data: &[u8]) -> Data {
    if span.area.is_bits() {
        let bits = data
            .iter()
            .flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1));
        return Data::Bits(bits.take(span.count.into()).collect());
    }
    let words = data
        .chunks_exact(2)
        .filter_map(|pair| <[u8; 2]>::try_from(pair).ok());
    Data::Words(words.map(u16::from_be_bytes).collect())
}

fn push_words(pdu: &mut Vec<u8>, words: [u16; 2]) {
    pdu.extend(words.into_iter().flat_map(u16::to_be_bytes));
}

fn coil(on: bool) -> u16 {
    if on { 0xFF00 } else { 0 }
}

#[cfg(test)]
pub(super) fn span(area: crate::modbus::point::Area, addr: u16, count: u16) -> Span {
    Span { area, addr, count }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modbus::point::Area;

    #[test]
    fn requests_are_the_bytes_of_the_standard() {
        // The examples of Modbus Application Protocol 1.1b3 §6, where it has one.
        #[rustfmt::skip]
        let table: [(Order, &[u8]); 9] = [
            (Order::Read(span(Area::Coil, 0x13, 0x13)), &[1, 0, 0x13, 0, 0x13]),
            (Order::Read(span(Area::Discrete, 0xC4, 0x16)), &[2, 0, 0xC4, 0, 0x16]),
            (Order::Read(span(Area::Holding, 0x6B, 3)), &[3, 0, 0x6B, 0, 3]),
            (Order::Read(span(Area::Input, 8, 1)), &[4, 0, 8, 0, 1]),
            (Order::Write(0xAC, WriteValue::Coil(true)), &[5, 0, 0xAC, 0xFF, 0]),
            (Order::Write(0xAC, WriteValue::Coil(false)), &[5, 0, 0xAC, 0, 0]),
            (Order::Write(1, WriteValue::Register(3)), &[6, 0, 1, 0, 3]),
            (Order::Write(0x13, WriteValue::Coils(true)), &[15, 0, 0x13, 0, 1, 1, 1]),
            (Order::Write(1, WriteValue::Registers(0x010A)), &[16, 0, 1, 0, 1, 2, 1, 0x0A]),
        ];
        for (order, bytes) in table {
            assert_eq!(order.request(), bytes, "{order:?}");
        }
    }

    #[test]
    fn answers_give_what_was_asked() {
        let bits = Order::Read(span(Area::Coil, 0x13, 0x13)).answer(&[1, 3, 0xCD, 0x6B, 5]);
        let bits = match bits {
            Ok(Ok(Data::Bits(bits))) => bits,
            other => panic!("{other:?}"),
        };
        let text: String = bits.iter().map(|bit| if *bit { '1' } else { '0' }).collect();
        assert_eq!(text, "1011001111010110101");
        let words = Order::Read(span(Area::Holding, 0x6B, 3)).answer(&[3, 6, 2, 0x2B, 0, 0, 0, 0x64]);
        assert_eq!(words, Ok(Ok(Data::Words(vec![0x22B, 0, 0x64]))));
        let refused = Order::Read(span(Area::Input, 8, 1)).answer(&[0x84, 2]);
        assert_eq!(refused, Ok(Err(ExceptionCode::IllegalDataAddress)));
        let echo = Order::Write(0x13, WriteValue::Coils(true)).answer(&[15, 0, 0x13, 0, 1]);
        assert_eq!(echo, Ok(Ok(Data::Words(Vec::new()))));
    }

    #[test]
    fn what_is_not_exactly_an_answer_is_none() {
        let two_words = Order::Read(span(Area::Input, 0, 2));
        let on = Order::Write(7, WriteValue::Coil(true));
        #[rustfmt::skip]
        let table: [(Order, &[u8]); 12] = [
            (two_words, &[]),
            (two_words, &[4]),
            (two_words, &[4, 4, 0, 0, 0]),
            (two_words, &[4, 4, 0, 0, 0, 0, 0]),
            (two_words, &[4, 2, 0, 0]),
            (two_words, &[4, 6, 0, 0, 0, 0]),
            (two_words, &[3, 4, 0, 0, 0, 0]),
            (two_words, &[0x84]),
            (two_words, &[0x83, 2]),
            (on, &[5, 0, 7, 0, 0]),
            (on, &[5, 0, 8, 0xFF, 0]),
            (on, &[5, 0, 7, 0xFF]),
        ];
        for (order, bytes) in table {
            assert!(order.answer(bytes).is_err(), "{order:?} {bytes:?}");
        }
    }
}
