//! How many access tokens the auth-server issues in a second of its own CPU time.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark that cannot go on must say where"
)]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use system_tests::figures::{self, Durations, ms};
use system_tests::program::{Launch, cpu_us};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CONNECTIONS: usize = 16;
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
    let process = Launch::this_executable().start("auth-server", &config);
    let address = process.address().await;
    let new = auth_server::admin::NewClient {
        name: "Bench".into(),
        tenant_id: "ten_bench".into(),
        scopes: api_spec::token::Scopes::all(),
        audience: None,
        introspects: None,
        sign_in: None,
    };
    let loaded = auth_server::Config::load(&config).unwrap();
    let client = auth_server::admin::create_client(&loaded, new).await.unwrap();
    let login = STANDARD.encode(format!("{}:{}", client.client_id, client.client_secret));
    let body = "grant_type=client_credentials&scope=outlets%3Aread%20sessions%3Awrite";
    let request = format!(
        "POST /oauth2/token HTTP/1.1\r\nHost: {address}\r\nAuthorization: Basic {login}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let (before, own, started) = (process.cpu_us(), cpu_us(std::process::id()), Instant::now());
    let ask = || tokio::spawn(ask_until(address, request.clone(), started + MEASURED));
    let tasks: Vec<_> = (0..CONNECTIONS).map(|_| ask()).collect();
    let mut latencies = Durations::default();
    for task in tasks {
        latencies.extend(task.await.unwrap());
    }
    let (server_us, own_us) = (process.cpu_us() - before, cpu_us(std::process::id()) - own);
    let (count, elapsed) = (latencies.count() as f64, started.elapsed());
    let percent = |us: u64| format!("{:.0} %", us as f64 / elapsed.as_micros() as f64 * 100.0);
    figures::head(&[
        "tokens/s",
        "tokens per CPU-second",
        "server CPU",
        "generator CPU",
        "p50",
        "p99",
        "RSS",
    ]);
    figures::row(&[
        format!("{:.0}", count / elapsed.as_secs_f64()),
        format!("{:.0}", count / (server_us as f64 / 1e6)),
        percent(server_us),
        percent(own_us),
        ms(latencies.percentile(50.0)),
        ms(latencies.percentile(99.0)),
        format!("{:.1} MiB", process.rss_kib() as f64 / 1024.0),
    ]);
    drop(process);
    std::fs::remove_dir_all(folder).unwrap();
}

async fn ask_until(address: std::net::SocketAddr, request: String, end: Instant) -> Durations {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut latencies = Durations::default();
    let mut buffer = vec![0; 8 * 1024];
    while Instant::now() < end {
        let sent = Instant::now();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut length = 0;
        while !is_whole(&buffer[..length]) {
            length += stream.read(&mut buffer[length..]).await.unwrap();
        }
        assert!(
            buffer.starts_with(b"HTTP/1.1 200"),
            "{}",
            String::from_utf8_lossy(&buffer[..length])
        );
        latencies.push(sent.elapsed());
    }
    latencies
}

/// A whole answer ends with the JSON object's brace.
fn is_whole(answer: &[u8]) -> bool {
    answer.ends_with(b"}") && answer.windows(4).any(|window| window == b"\r\n\r\n")
}
