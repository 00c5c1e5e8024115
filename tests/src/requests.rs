//! Requests by hand over connections that are kept, for benchmarks: as fast as answers come, or so many a second.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::figures::Durations;

/// The longest answer.
const BUFFER: usize = 16 * 1024;

/// When it is enough.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    Passed(Duration),
    Answered(usize),
}

/// Asks these requests in turn on so many connections, each as soon as the one before is answered; with how long each took.
pub async fn ask(address: SocketAddr, requests: Vec<String>, connections: usize, until: Until) -> Durations {
    let (requests, asked, started) = (Arc::new(requests), Arc::new(AtomicUsize::new(0)), Instant::now());
    let ask = |n: usize| {
        let (requests, asked) = (requests.clone(), asked.clone());
        let is_over = move || match until {
            Until::Passed(time) => started.elapsed() >= time,
            Until::Answered(count) => asked.fetch_add(1, Relaxed) >= count,
        };
        let first = n * requests.len() / connections;
        tokio::spawn(ask_until(address, requests, first, is_over))
    };
    let tasks: Vec<_> = (0..connections).map(ask).collect();
    let mut latencies = Durations::default();
    for task in tasks {
        latencies.extend(task.await.unwrap());
    }
    latencies
}

async fn ask_until(
    address: SocketAddr,
    requests: Arc<Vec<String>>,
    first: usize,
    is_over: impl Fn() -> bool,
) -> Durations {
    let mut connection = Connection::open(address).await;
    let mut latencies = Durations::default();
    for request in requests.iter().cycle().skip(first) {
        if is_over() {
            break;
        }
        let sent = Instant::now();
        connection.exchange(request).await;
        latencies.push(sent.elapsed());
    }
    latencies
}

/// A connection that is kept.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Opens one.
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            buffer: vec![0; BUFFER],
        }
    }

    /// A request and its whole answer, a JSON object.
    ///
    /// # Panics
    /// If it is no success, or says that a token is not active.
    pub async fn exchange(&mut self, request: &str) -> String {
        self.stream.write_all(request.as_bytes()).await.unwrap();
        let mut length = 0;
        while !is_whole(&self.buffer[..length]) {
            let read = self.stream.read(&mut self.buffer[length..]).await.unwrap();
            assert!(read > 0, "{}", String::from_utf8_lossy(&self.buffer[..length]));
            length += read;
        }
        let answer = String::from_utf8_lossy(&self.buffer[..length]).into_owned();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(!answer.contains("\"active\":false"), "{answer}");
        answer
    }
}

/// By the length that its head names.
fn is_whole(answer: &[u8]) -> bool {
    let Some(head) = answer.windows(4).position(|window| window == b"\r\n\r\n") else {
        return false;
    };
    let text = String::from_utf8_lossy(&answer[..head]).to_ascii_lowercase();
    let length = text.split("content-length: ").nth(1);
    let length = length.and_then(|rest| rest.split('\r').next()?.parse::<usize>().ok());
    match length {
        Some(length) => answer.len() >= head + 4 + length,
        // Sent in pieces: the last of them is empty, or the object ends with its brace.
        None => answer.ends_with(b"0\r\n\r\n") || answer.ends_with(b"}"),
    }
}
