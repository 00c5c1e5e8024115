//! How many access tokens the auth-server issues, and how many it answers about, in a second of its own CPU time.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark that cannot go on must say where"
)]

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use system_tests::figures::{self, Durations, ms};
use system_tests::program::{Launch, Process, cpu_us};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CONNECTIONS: usize = 16;
/// More than the server remembers.
const DISTINCT: usize = 12_000;
const MEASURED: Duration = Duration::from_secs(10);

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
    let folder = std::env::temp_dir().join(foundation::ids::id("bench"));
    std::fs::create_dir(&folder).unwrap();
    let (config, database) = (folder.join("auth.toml"), folder.join("auth.db"));
    let text = format!(
        "[database]\nurl = \"sqlite:{}\"\n[listen]\naddress = \"127.0.0.1:0\"\n",
        database.display()
    );
    std::fs::write(&config, text).unwrap();
    // The first start makes the database, the second is measured.
    drop(started(&config).await);
    let (process, start) = started(&config).await;
    let address = process.address().await;
    let login = login(&config).await;
    let ask = |path: &str, body: &str| request(address, &login, path, body);
    let token = ask(
        "/oauth2/token",
        "grant_type=client_credentials&scope=outlets%3Aread%20sessions%3Awrite",
    );
    figures::head(&[
        "what",
        "per second",
        "per CPU-second",
        "server CPU",
        "generator CPU",
        "p50",
        "p99",
        "RSS",
    ]);
    let one = vec![token.clone()];
    row("client_credentials tokens", &process, address, one).await;
    let same = vec![introspection(address, &token, &ask).await];
    row("introspections, one token", &process, address, same).await;
    let mut others = Vec::new();
    for _ in 0..DISTINCT {
        others.push(introspection(address, &token, &ask).await);
    }
    row(
        "introspections, each token once in a while",
        &process,
        address,
        others,
    )
    .await;
    figures::head(&["start on an existing database"]);
    figures::row(&[ms(start)]);
    drop(process);
    std::fs::remove_dir_all(folder).unwrap();
}

/// A server, and how long it took until it listened.
async fn started(config: &std::path::Path) -> (Process, Duration) {
    let began = Instant::now();
    let process = Launch::this_executable().start("auth-server", config);
    process.address().await;
    (process, began.elapsed())
}

/// A client's Basic credentials.
async fn login(config: &std::path::Path) -> String {
    let new = auth_server::admin::NewClient {
        name: "Bench".into(),
        tenant_id: "ten_bench".into(),
        scopes: api_spec::token::Scopes::all(),
        audience: None,
        introspects: None,
        sign_in: None,
    };
    let config = auth_server::Config::load(config).unwrap();
    let client = auth_server::admin::create_client(&config, new).await.unwrap();
    STANDARD.encode(format!("{}:{}", client.client_id, client.client_secret))
}

fn request(address: SocketAddr, login: &str, path: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Basic {login}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A question about a new token.
async fn introspection(address: SocketAddr, token: &str, ask: &impl Fn(&str, &str) -> String) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut buffer = vec![0; 8 * 1024];
    let answer = exchange(&mut stream, token, &mut buffer).await;
    let (_, rest) = answer.split_once("\"access_token\":\"").unwrap();
    let (token, _) = rest.split_once('"').unwrap();
    ask("/oauth2/introspect", &format!("token={token}"))
}

/// Asks these requests in turn, on every connection.
async fn row(what: &str, process: &Process, address: SocketAddr, requests: Vec<String>) {
    let requests = Arc::new(requests);
    let (before, own, started) = (process.cpu_us(), cpu_us(std::process::id()), Instant::now());
    let ask = |n| tokio::spawn(ask_until(address, requests.clone(), n, started + MEASURED));
    let tasks: Vec<_> = (0..CONNECTIONS).map(ask).collect();
    let mut latencies = Durations::default();
    for task in tasks {
        latencies.extend(task.await.unwrap());
    }
    let (server_us, own_us) = (process.cpu_us() - before, cpu_us(std::process::id()) - own);
    let (count, elapsed) = (latencies.count() as f64, started.elapsed());
    let percent = |us: u64| format!("{:.0} %", us as f64 / elapsed.as_micros() as f64 * 100.0);
    figures::row(&[
        what.to_owned(),
        format!("{:.0}", count / elapsed.as_secs_f64()),
        format!("{:.0}", count / (server_us as f64 / 1e6)),
        percent(server_us),
        percent(own_us),
        ms(latencies.percentile(50.0)),
        ms(latencies.percentile(99.0)),
        format!("{:.1} MiB", process.rss_kib() as f64 / 1024.0),
    ]);
}

async fn ask_until(address: SocketAddr, requests: Arc<Vec<String>>, first: usize, end: Instant) -> Durations {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut latencies = Durations::default();
    let mut buffer = vec![0; 8 * 1024];
    let start = first * requests.len() / CONNECTIONS;
    for request in requests.iter().cycle().skip(start) {
        let sent = Instant::now();
        if sent >= end {
            break;
        }
        exchange(&mut stream, request, &mut buffer).await;
        latencies.push(sent.elapsed());
    }
    latencies
}

async fn exchange(stream: &mut TcpStream, request: &str, buffer: &mut [u8]) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut length = 0;
    while !is_whole(&buffer[..length]) {
        length += stream.read(&mut buffer[length..]).await.unwrap();
    }
    let answer = String::from_utf8_lossy(&buffer[..length]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(!answer.contains("\"active\":false"), "{answer}");
    answer
}

/// A whole answer ends with the JSON object's brace.
fn is_whole(answer: &[u8]) -> bool {
    answer.ends_with(b"}") && answer.windows(4).any(|window| window == b"\r\n\r\n")
}
