//! What is done to the socket.

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use system_tests::random::Random;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Login;

/// A server that has said nothing for so long says nothing more.
const QUIET: Duration = Duration::from_millis(300);
const TEXT: u8 = 0x81;
const COMPRESSED_TEXT: u8 = 0xc1;

#[derive(Clone, Copy, Debug)]
pub(super) enum Attack {
    NoHttp,
    EndlessHead,
    HalfHead,
    RandomFrames,
    HalfFrame,
    GiantLength,
    WrongUtf8,
    Bomb,
    BrokenDeflate,
    EndlessFragments,
    DeepJson,
    WrongCalls,
    FloodUnread,
    Pings,
    Unmasked,
    BadControl,
    Binary,
    DripOfBytes,
    ChangedCalls,
    GoneAtOnce,
}

impl Attack {
    pub(super) const ALL: [Self; 20] = [
        Self::NoHttp,
        Self::EndlessHead,
        Self::HalfHead,
        Self::RandomFrames,
        Self::HalfFrame,
        Self::GiantLength,
        Self::WrongUtf8,
        Self::Bomb,
        Self::BrokenDeflate,
        Self::EndlessFragments,
        Self::DeepJson,
        Self::WrongCalls,
        Self::FloodUnread,
        Self::Pings,
        Self::Unmasked,
        Self::BadControl,
        Self::Binary,
        Self::DripOfBytes,
        Self::ChangedCalls,
        Self::GoneAtOnce,
    ];

    /// Does it, as far as the server lets it; that the server hangs up is what it should do.
    pub(super) async fn run(self, server: SocketAddr, login: Login, mut random: Random) {
        let Ok(mut socket) = TcpStream::connect(server).await else {
            return;
        };
        let before = self.instead_of_a_handshake((&login, &mut random));
        if let Some(before) = before {
            let _hung_up = socket.write_all(&before).await;
            return until_quiet(&mut socket).await;
        }
        if socket.write_all(&handshake(&login)).await.is_err() {
            return;
        }
        let mut answer = [0; 12];
        if socket.read_exact(&mut answer).await.is_err() || !answer.ends_with(b"101") {
            return;
        }
        for piece in self.pieces(&mut random) {
            if socket.write_all(&piece).await.is_err() {
                break;
            }
            if matches!(self, Self::DripOfBytes) {
                tokio::task::yield_now().await;
            }
        }
        if !matches!(self, Self::GoneAtOnce | Self::FloodUnread) {
            until_quiet(&mut socket).await;
        }
    }

    /// Of those that send none.
    fn instead_of_a_handshake(self, (login, random): (&Login, &mut Random)) -> Option<Vec<u8>> {
        if matches!(self, Self::NoHttp) {
            return Some(bytes(random, 4_000));
        }
        if matches!(self, Self::EndlessHead) {
            return Some(format!("GET / HTTP/1.1\r\nX: {}", "y".repeat(300_000)).into_bytes());
        }
        matches!(self, Self::HalfHead).then(|| handshake(login)[..60].to_vec())
    }

    /// What is written after the handshake.
    fn pieces(self, random: &mut Random) -> Vec<Vec<u8>> {
        match self {
            Self::RandomFrames => (0..20).map(|_| bytes(random, 700)).collect(),
            Self::HalfFrame => vec![frame(TEXT, 60_000, &[b'x'; 100])],
            Self::GiantLength => vec![frame(TEXT, u64::MAX >> 1, b"x")],
            Self::WrongUtf8 => vec![whole(TEXT, b"[2,\"1\",\"\xff\xfe\",{}]")],
            Self::Bomb => vec![whole(COMPRESSED_TEXT, &deflated(&vec![b' '; 40 << 20]))],
            Self::BrokenDeflate => vec![whole(COMPRESSED_TEXT, &bytes(random, 2_000))],
            Self::EndlessFragments => {
                let first = frame(0x01, 1_000, &[b' '; 1_000]);
                let more = (0..200).map(|_| frame(0x00, 1_000, &[b' '; 1_000]));
                std::iter::once(first).chain(more).collect()
            }
            Self::DeepJson => {
                let deep = format!("[2,\"1\",\"Heartbeat\",{}", "[{\"a\":".repeat(9_000));
                vec![whole(TEXT, deep.as_bytes())]
            }
            Self::WrongCalls => wrong_calls(),
            Self::FloodUnread => (0..3_000).map(call).collect(),
            Self::Pings => (0..2_000).map(|_| whole(0x89, &[0; 125])).collect(),
            Self::Unmasked => vec![b"\x81\x02{}".to_vec()],
            Self::BadControl => vec![frame(0x09, 200, &[0; 200]), whole(0x88, b"\x03")],
            Self::Binary => vec![whole(0x82, b"[2,\"1\",\"Heartbeat\",{}]")],
            Self::DripOfBytes => call(1).into_iter().map(|byte| vec![byte]).collect(),
            Self::ChangedCalls => (0..40).map(|n| changed(call(n), random)).collect(),
            Self::GoneAtOnce | Self::NoHttp | Self::EndlessHead | Self::HalfHead => Vec::new(),
        }
    }
}

fn handshake(login: &Login) -> Vec<u8> {
    let (id, password) = (&login.station_id, &login.password);
    let basic = STANDARD.encode(format!("{id}:{password}"));
    format!(
        "GET /ocpp/{id} HTTP/1.1\r\nHost: denro\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Protocol: ocpp2.1\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\
         Authorization: Basic {basic}\r\n\r\n"
    )
    .into_bytes()
}

/// Reads until the server hangs up or has nothing to say.
async fn until_quiet(socket: &mut TcpStream) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(Ok(1..)) = tokio::time::timeout(QUIET, socket.read(&mut buffer)).await {}
}

fn bytes(random: &mut Random, most: usize) -> Vec<u8> {
    let length = 1 + random.below(most);
    (0..length).map(|_| random.any() as u8).collect()
}

/// A frame that says it has so many bytes, with a mask of zeros.
fn frame(first: u8, length: u64, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match length {
        0..126 => frame.push(0x80 | length as u8),
        126..0x1_0000 => {
            frame.push(0x80 | 126);
            frame.extend((length as u16).to_be_bytes());
        }
        _ => {
            frame.push(0x80 | 127);
            frame.extend(length.to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

fn whole(first: u8, payload: &[u8]) -> Vec<u8> {
    frame(first, payload.len() as u64, payload)
}

fn call(n: u64) -> Vec<u8> {
    whole(TEXT, format!("[2,\"{n}\",\"Heartbeat\",{{}}]").as_bytes())
}

fn deflated(plain: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    let packed = encoder.flush_finish().unwrap();
    assert!(packed.len() < 64 << 10, "a bomb is small: {}", packed.len());
    packed
}

fn changed(mut call: Vec<u8>, random: &mut Random) -> Vec<u8> {
    for _ in 0..2 {
        let place = 6 + random.below(call.len() - 6);
        call[place] = random.any() as u8;
    }
    call
}

fn wrong_calls() -> Vec<Vec<u8>> {
    let long_id = "i".repeat(5_000);
    let texts = [
        "[]".to_owned(),
        "[2]".to_owned(),
        "{}".to_owned(),
        "null".to_owned(),
        "[2,1,2,3]".to_owned(),
        "[9,\"1\",\"Heartbeat\",{}]".to_owned(),
        "[3,\"never asked\",{}]".to_owned(),
        "[4,\"never asked\",\"InternalError\",\"\",{}]".to_owned(),
        format!("[2,\"{long_id}\",\"Heartbeat\",{{}}]"),
        format!("[2,\"1\",\"{long_id}\",{{}}]"),
        "[2,\"1\",\"TransactionEvent\",{\"eventType\":\"Started\"}]".to_owned(),
        "[2,\"1\",\"TransactionEvent\",{\"seqNo\":1e999}]".to_owned(),
        "[2,\"1\",\"BootNotification\",[1,2,3]]".to_owned(),
        "[2,\"\\u0000\",\"Heartbeat\",{}]".to_owned(),
        String::new(),
    ];
    texts.iter().map(|text| whole(TEXT, text.as_bytes())).collect()
}
