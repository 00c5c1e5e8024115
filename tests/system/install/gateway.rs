//! A gateway that passes RTU frames through TCP, in front of a panel that speaks Modbus TCP.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

fn checksum(bytes: &[u8]) -> [u8; 2] {
    let crc = bytes.iter().fold(0xFFFF_u16, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| (crc >> 1) ^ (0xA001 * (crc & 1)))
    });
    crc.to_le_bytes()
}

/// Where it listens; it ends with the test's runtime.
pub(super) async fn rtu_over_tcp(panel: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(pass_on(stream, panel));
        }
    });
    address
}

/// Frames of eight bytes, as reads are; anything else is for nobody on the line.
async fn pass_on(mut near: TcpStream, panel: SocketAddr) -> std::io::Result<()> {
    let mut far = TcpStream::connect(panel).await?;
    let mut came = Vec::new();
    loop {
        let mut bytes = [0; 64];
        let count = near.read(&mut bytes).await?;
        if count == 0 {
            return Ok(());
        }
        came.extend(&bytes[..count]);
        let Some(frame) = came.first_chunk::<8>().copied() else {
            continue;
        };
        if frame[6..] != checksum(&frame[..6]) {
            came.clear();
            continue;
        }
        came.drain(..8);
        if let Some(answer) = ask(&mut far, &frame[..6]).await? {
            near.write_all(&answer).await?;
        }
    }
}

/// Nobody at the id: no answer, as on a serial line.
async fn ask(far: &mut TcpStream, pdu: &[u8]) -> std::io::Result<Option<Vec<u8>>> {
    let mut request = vec![0, 1, 0, 0, 0, 6];
    request.extend(pdu);
    far.write_all(&request).await?;
    let mut head = [0; 6];
    far.read_exact(&mut head).await?;
    let mut answer = vec![0; usize::from(u16::from_be_bytes([head[4], head[5]]))];
    far.read_exact(&mut answer).await?;
    if answer[1] & 0x80 != 0 && answer[2] == 0x0B {
        return Ok(None);
    }
    answer.extend(checksum(&answer));
    Ok(Some(answer))
}
