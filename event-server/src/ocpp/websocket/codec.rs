//! Frames to messages and back (RFC 6455 §5), without I/O.

use bytes::{Buf, BufMut, BytesMut};

use super::deflate;

/// The longest message, before and after inflating.
pub(crate) const MAX_MESSAGE_BYTES: usize = 64 << 10;
/// Shorter messages are not worth compressing.
const MIN_DEFLATE_BYTES: usize = 256;
const MAX_CONTROL_BYTES: u64 = 125;

const NORMAL: u16 = 1000;
pub(crate) const GOING_AWAY: u16 = 1001;
pub(crate) const TRY_AGAIN_LATER: u16 = 1013;
pub(crate) const PROTOCOL_ERROR: u16 = 1002;
pub(crate) const POLICY: u16 = 1008;
const TOO_BIG: u16 = 1009;
const NOT_TEXT: u16 = 1003;
const BAD_CONTENT: u16 = 1007;

const FIN: u8 = 0x80;
const COMPRESSED: u8 = 0x40;
const RESERVED: u8 = 0x30;
const MASKED: u8 = 0x80;

/// What the peer did wrong; the connection is closed with the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct Violation {
    pub(crate) code: u16,
    pub(crate) reason: &'static str,
}

impl Violation {
    pub(super) const TOO_BIG: Self = Self::new(TOO_BIG, "message too big");
    pub(super) const BAD_DEFLATE: Self = Self::new(BAD_CONTENT, "cannot be inflated");
    const NOT_TEXT: Self = Self::new(NOT_TEXT, "text only");
    const NOT_UTF8: Self = Self::new(BAD_CONTENT, "not UTF-8");

    const fn new(code: u16, reason: &'static str) -> Self {
        Self { code, reason }
    }

    const fn protocol(reason: &'static str) -> Self {
        Self::new(PROTOCOL_ERROR, reason)
    }
}

/// What a client sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    Text(String),
    /// At most 125 bytes.
    Ping(Vec<u8>),
    Pong,
    /// The code to answer with.
    Close(u16),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    fn from_bits(bits: u8) -> Result<Self, Violation> {
        match bits {
            0 => Ok(Self::Continuation),
            1 => Ok(Self::Text),
            2 => Ok(Self::Binary),
            8 => Ok(Self::Close),
            9 => Ok(Self::Ping),
            10 => Ok(Self::Pong),
            3..=7 | 11.. => Err(Violation::protocol("unknown opcode")),
        }
    }

    fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// The header of one frame.
#[derive(Clone, Copy, Debug)]
struct Header {
    opcode: Opcode,
    last: bool,
    compressed: bool,
    header_bytes: usize,
    payload_bytes: usize,
    mask: [u8; 4],
}

/// Takes bytes in any pieces, gives messages. Holds no memory between messages.
#[derive(Debug)]
pub(crate) struct Decoder {
    deflate: bool,
    input: BytesMut,
    /// The message under way: whether it is compressed, and its fragments so far.
    partial: Option<(bool, Vec<u8>)>,
}

impl Decoder {
    /// `deflate`: whether permessage-deflate was agreed.
    pub(crate) fn new(deflate: bool) -> Self {
        Self {
            deflate,
            input: BytesMut::new(),
            partial: None,
        }
    }

    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    /// The next complete message; after a violation nothing more may be asked.
    pub(crate) fn next(&mut self) -> Result<Option<Message>, Violation> {
        while let Some(header) = self.header()? {
            if self.input.len() < header.header_bytes + header.payload_bytes {
                return Ok(None);
            }
            self.input.advance(header.header_bytes);
            let mut payload = self.input.split_to(header.payload_bytes);
            if self.input.is_empty() {
                self.input = BytesMut::new();
            }
            unmask(&mut payload, header.mask);
            if let Some(message) = self.frame(header, &payload)? {
                return Ok(Some(message));
            }
        }
        Ok(None)
    }

    fn header(&self) -> Result<Option<Header>, Violation> {
        let mut input = self.input.as_ref();
        if input.len() < 2 {
            return Ok(None);
        }
        let (first, second) = (input.get_u8(), input.get_u8());
        let opcode = Opcode::from_bits(first & 0x0f)?;
        let (last, compressed) = (first & FIN != 0, first & COMPRESSED != 0);
        self.check(opcode, compressed, first)?;
        if second & MASKED == 0 {
            return Err(Violation::protocol("frame not masked"));
        }
        let length = match second & !MASKED {
            126 if input.len() < 2 => return Ok(None),
            126 => u64::from(input.get_u16()),
            127 if input.len() < 8 => return Ok(None),
            127 => input.get_u64(),
            short => u64::from(short),
        };
        if opcode.is_control() && (!last || length > MAX_CONTROL_BYTES) {
            return Err(Violation::protocol("control frame fragmented or too long"));
        }
        let gathered = self.partial.as_ref().map_or(0, |(_, bytes)| bytes.len());
        let payload_bytes = usize::try_from(length).map_err(|_| Violation::TOO_BIG)?;
        if payload_bytes > MAX_MESSAGE_BYTES.saturating_sub(gathered) && !opcode.is_control() {
            return Err(Violation::TOO_BIG);
        }
        let Some(mask) = input.first_chunk::<4>() else {
            return Ok(None);
        };
        Ok(Some(Header {
            opcode,
            last,
            compressed,
            header_bytes: self.input.len() - input.len() + mask.len(),
            payload_bytes,
            mask: *mask,
        }))
    }

    fn check(&self, opcode: Opcode, compressed: bool, first: u8) -> Result<(), Violation> {
        if first & RESERVED != 0 {
            return Err(Violation::protocol("reserved bits"));
        }
        if compressed && !(self.deflate && opcode == Opcode::Text) {
            let binary = self.deflate && opcode == Opcode::Binary;
            let otherwise = Violation::protocol("compressed without agreement");
            return Err(if binary { Violation::NOT_TEXT } else { otherwise });
        }
        match (opcode, &self.partial) {
            (Opcode::Binary, _) => Err(Violation::NOT_TEXT),
            (Opcode::Continuation, None) => Err(Violation::protocol("continuation of nothing")),
            (Opcode::Text, Some(_)) => Err(Violation::protocol("message inside a message")),
            (_, _) => Ok(()),
        }
    }

    fn frame(&mut self, header: Header, payload: &[u8]) -> Result<Option<Message>, Violation> {
        match header.opcode {
            Opcode::Ping => return Ok(Some(Message::Ping(payload.to_vec()))),
            Opcode::Pong => return Ok(Some(Message::Pong)),
            Opcode::Close => return close_code(payload).map(|code| Some(Message::Close(code))),
            Opcode::Text | Opcode::Binary | Opcode::Continuation => {}
        }
        let (compressed, bytes) = match self.partial.take() {
            None => (header.compressed, payload.to_vec()),
            Some((compressed, mut bytes)) => {
                bytes.extend_from_slice(payload);
                (compressed, bytes)
            }
        };
        if !header.last {
            self.partial = Some((compressed, bytes));
            return Ok(None);
        }
        let plain = if compressed {
            deflate::inflate(&bytes, MAX_MESSAGE_BYTES)?
        } else {
            bytes
        };
        let text = String::from_utf8(plain).map_err(|_| Violation::NOT_UTF8)?;
        Ok(Some(Message::Text(text)))
    }
}

fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    let wide = u64::from_ne_bytes([
        mask[0], mask[1], mask[2], mask[3], mask[0], mask[1], mask[2], mask[3],
    ]);
    let (words, rest) = payload.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= key;
    }
}

/// The code to answer a close frame with (RFC 6455 §7.4).
fn close_code(payload: &[u8]) -> Result<u16, Violation> {
    let Some((code, reason)) = payload.split_first_chunk::<2>() else {
        return match payload {
            [] => Ok(NORMAL),
            _ => Err(Violation::protocol("close code cut short")),
        };
    };
    if std::str::from_utf8(reason).is_err() {
        return Err(Violation::NOT_UTF8);
    }
    match u16::from_be_bytes(*code) {
        code @ (1000..=1003 | 1007..=1014 | 3000..=4999) => Ok(code),
        _ => Err(Violation::protocol("close code not allowed")),
    }
}

/// Appends a text message as one frame; compressed where `deflate` was agreed and it helps.
pub(crate) fn put_text(output: &mut BytesMut, text: &str, deflate: bool) {
    let worth_it = deflate && text.len() >= MIN_DEFLATE_BYTES;
    match worth_it.then(|| deflate::deflate(text.as_bytes())).flatten() {
        Some(short) => put_frame(output, FIN | COMPRESSED | 1, &short),
        None => put_frame(output, FIN | 1, text.as_bytes()),
    }
}

pub(crate) fn put_ping(output: &mut BytesMut) {
    put_frame(output, FIN | 9, b"");
}

pub(crate) fn put_pong(output: &mut BytesMut, payload: &[u8]) {
    put_frame(output, FIN | 10, payload);
}

/// `reason` has at most 123 bytes.
pub(crate) fn put_close(output: &mut BytesMut, code: u16, reason: &str) {
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend_from_slice(reason.as_bytes());
    put_frame(output, FIN | 8, &payload);
}

fn put_frame(output: &mut BytesMut, first: u8, payload: &[u8]) {
    output.reserve(payload.len() + 10);
    output.put_u8(first);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(length), _) if length < 126 => output.put_u8(length),
        (_, Ok(length)) => {
            output.put_u8(126);
            output.put_u16(length);
        }
        (_, Err(_)) => {
            output.put_u8(127);
            output.put_u64(payload.len() as u64);
        }
    }
    output.extend_from_slice(payload);
}

#[cfg(test)]
#[path = "codec_tests.rs"]
mod tests;
