//! Frames by hand, for servers that a library would not let misbehave so.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A request as it came.
pub(crate) struct Asked {
    pub(crate) transaction: u16,
    pub(crate) unit: u8,
    /// Function and what follows.
    pub(crate) pdu: Vec<u8>,
}

impl Asked {
    /// The address in a read or write.
    pub(crate) fn addr(&self) -> u16 {
        u16::from_be_bytes([self.pdu[1], self.pdu[2]])
    }
}

pub(crate) async fn listen() -> (TcpListener, std::net::SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// `None` when the peer has gone.
pub(crate) async fn receive(stream: &mut TcpStream) -> Option<Asked> {
    let mut head = [0; 7];
    stream.read_exact(&mut head).await.ok()?;
    let mut pdu = vec![0; usize::from(u16::from_be_bytes([head[4], head[5]])) - 1];
    stream.read_exact(&mut pdu).await.ok()?;
    Some(Asked {
        transaction: u16::from_be_bytes([head[0], head[1]]),
        unit: head[6],
        pdu,
    })
}

pub(crate) fn frame(transaction: u16, unit: u8, pdu: &[u8]) -> Vec<u8> {
    let mut bytes = transaction.to_be_bytes().to_vec();
    bytes.extend([0, 0]);
    bytes.extend((pdu.len() as u16 + 1).to_be_bytes());
    bytes.push(unit);
    bytes.extend(pdu);
    bytes
}

/// Two registers that hold one number.
pub(crate) fn words(asked: &Asked, value: u32) -> Vec<u8> {
    let mut pdu = vec![asked.pdu[0], 4];
    pdu.extend(value.to_be_bytes());
    frame(asked.transaction, asked.unit, &pdu)
}

/// As [`words`] to whoever asks for two registers; nothing but zeros to other reads.
pub(crate) fn words_or_zeros(asked: &Asked, value: u32) -> Vec<u8> {
    let count = u16::from_be_bytes([asked.pdu[3], asked.pdu[4]]);
    let length = if asked.pdu[0] <= 2 {
        count.div_ceil(8)
    } else {
        2 * count
    };
    if asked.pdu[0] > 2 && count == 2 {
        return words(asked, value);
    }
    let pdu = [vec![asked.pdu[0], length as u8], vec![0; length.into()]].concat();
    frame(asked.transaction, asked.unit, &pdu)
}

/// Writes though the peer may have gone.
pub(crate) async fn send(stream: &mut TcpStream, bytes: &[u8]) {
    drop(stream.write_all(bytes).await);
}
