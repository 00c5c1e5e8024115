//! How many deliveries a second an event-server makes to a receiver that answers at once, alone and beside ones that do not.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark that cannot go on must say where"
)]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use system_tests::figures;
use system_tests::program::{Launch, cpu_us};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const DELIVERIES: usize = 50_000;
/// Outlets: each has one delivery under way at most.
const LANES: usize = 1_000;
/// Receivers that take a connection and never answer.
const SILENT: usize = 10;
const ANSWER: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1).peekable();
    if args.peek().is_some_and(|first| first == "program") {
        return system_tests::program::dispatch(args.skip(1));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(measure());
    ExitCode::SUCCESS
}

async fn measure() {
    figures::head(&[
        "receivers",
        "deliveries/s",
        "server CPU µs each",
        "server CPU",
        "generator CPU",
    ]);
    run("one that answers at once", 0).await;
    run("the same beside ten that never answer", SILENT).await;
}

async fn run(name: &str, silent: usize) {
    let folder = std::env::temp_dir().join(foundation::ids::id("bench"));
    std::fs::create_dir(&folder).unwrap();
    let config = configured(&folder);
    // The first start makes the tables.
    let process = Launch::this_executable().start("event-server", &config);
    process.address().await;
    drop(process);
    let heard = Arc::new(AtomicUsize::new(0));
    fill(&folder.join("event.db"), receiver(heard.clone()).await, silent).await;
    let process = Launch::this_executable().start("event-server", &config);
    until(&heard, 1).await;
    let (began, cpu, own) = (Instant::now(), process.cpu_us(), cpu_us(std::process::id()));
    let first = heard.load(Relaxed);
    until(&heard, DELIVERIES).await;
    let took = began.elapsed();
    let count = (DELIVERIES - first) as f64;
    let (cpu, own) = (process.cpu_us() - cpu, cpu_us(std::process::id()) - own);
    let percent = |us: u64| format!("{:.0} %", us as f64 / took.as_micros() as f64 * 100.0);
    figures::row(&[
        name.to_owned(),
        format!("{:.0}", count / took.as_secs_f64()),
        format!("{:.0}", cpu as f64 / count),
        percent(cpu),
        percent(own),
    ]);
    drop(process);
    std::fs::remove_dir_all(folder).unwrap();
}

fn configured(folder: &Path) -> PathBuf {
    let config = folder.join("event.toml");
    let text = format!(
        "[database]\nurl = \"sqlite:{}\"\n[auth]\nissuer = \"http://127.0.0.1:9\"\n[listen]\naddress = \"127.0.0.1:0\"\n\
         [webhooks]\nallow_private_addresses = true\nallow_http = true\n",
        folder.join("event.db").display()
    );
    std::fs::write(&config, text).unwrap();
    config
}

/// Events of many outlets, all of them to be delivered now.
async fn fill(database: &Path, receiver: SocketAddr, silent: usize) {
    let mut conn = SqliteConnection::establish(database.to_str().unwrap()).unwrap();
    let events = format!(
        "INSERT INTO events (seq, tenant_id, type, body, appended_at, outlet_id)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {DELIVERIES})
         SELECT i, 'ten', 'outlet.status', json_object('id', printf('evt_%013dabcdefgh', i), 'type', 'outlet.status',
             'timestamp', '2026-12-01T10:00:00.000Z', 'outlet_id', 'out_' || (i % {LANES}), 'sequence', i / {LANES},
             'data', json_object('breaker', 'closed', 'register_wh', 1234560, 'voltage_mv', 201200, 'current_ma', 14800)),
             1, 'out_' || (i % {LANES}) FROM n;
         UPDATE counters SET value = {DELIVERIES} WHERE name = 'events';"
    );
    conn.batch_execute(&events).unwrap();
    let mut targets = vec![(receiver, DELIVERIES)];
    for _ in 0..silent {
        targets.push((silent_receiver().await, LANES));
    }
    for (number, (address, count)) in targets.iter().enumerate() {
        let endpoint = format!(
            "INSERT INTO webhook_endpoints (id, tenant_id, url, types, secret, created_at, updated_at)
             VALUES ('whe_{number}', 'ten', 'http://{address}/', '[]', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 1, 1);
             INSERT INTO deliveries (endpoint_id, event_seq, lane, state, next_attempt_at)
             SELECT 'whe_{number}', seq, outlet_id, 'pending', 1 FROM events WHERE seq <= {count} ORDER BY seq;"
        );
        conn.batch_execute(&endpoint).unwrap();
    }
}

async fn until(heard: &AtomicUsize, count: usize) {
    while heard.load(Relaxed) < count {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Counts requests, and answers each at once.
async fn receiver(heard: Arc<AtomicUsize>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            tokio::spawn(answer_all(stream, heard.clone()));
        }
    });
    address
}

async fn answer_all(mut stream: TcpStream, heard: Arc<AtomicUsize>) {
    let mut bytes = Vec::with_capacity(4096);
    while stream.read_buf(&mut bytes).await.is_ok_and(|count| count > 0) {
        while let Some(length) = whole_request(&bytes) {
            bytes.drain(..length);
            heard.fetch_add(1, Relaxed);
            if stream.write_all(ANSWER).await.is_err() {
                return;
            }
        }
    }
}

/// The length of the first request, once it is there in full.
fn whole_request(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head]).unwrap().to_ascii_lowercase();
    let length = text.split("content-length: ").nth(1).unwrap();
    let length: usize = length.split('\r').next().unwrap().parse().unwrap();
    (bytes.len() >= head + length).then_some(head + length)
}

async fn silent_receiver() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            kept.push(stream);
        }
    });
    address
}
