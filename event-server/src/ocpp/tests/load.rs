//! Private load generator.
use super::station::PASSWORD;
use super::world::World;
use base64::Engine;
use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

fn cpu() -> Vec<(String, f64)> {
    let mut v = Vec::new();
    for t in std::fs::read_dir("/proc/self/task").unwrap() {
        let p = t.unwrap().path();
        let Ok(s) = std::fs::read_to_string(p.join("schedstat")) else {
            continue;
        };
        let name = std::fs::read_to_string(p.join("comm")).unwrap().trim().to_owned();
        let ns: f64 = s.split_whitespace().next().unwrap().parse().unwrap();
        v.push((name, ns / 1e9));
    }
    v
}
fn total(prefixes: &[&str]) -> f64 {
    cpu()
        .iter()
        .filter(|(n, _)| prefixes.iter().any(|p| n.starts_with(p)))
        .map(|(_, t)| t)
        .sum()
}
fn frame(text: &str) -> Vec<u8> {
    let n = text.len();
    let mut f = vec![0x81];
    if n < 126 {
        f.push(0x80 | n as u8)
    } else {
        f.push(0x80 | 126);
        f.extend((n as u16).to_be_bytes())
    }
    f.extend([0; 4]);
    f.extend(text.as_bytes());
    f
}
fn upgrade(addr: std::net::SocketAddr, st: &str) -> std::net::TcpStream {
    let mut s = std::net::TcpStream::connect(addr).unwrap();
    s.set_nodelay(true).unwrap();
    let b = base64::engine::general_purpose::STANDARD.encode(format!("{st}:{PASSWORD}"));
    write!(s, "GET /ocpp/{st} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ocpp2.1\r\nAuthorization: Basic {b}\r\n\r\n").unwrap();
    let mut h = Vec::new();
    let mut c = [0; 1];
    while !h.ends_with(b"\r\n\r\n") {
        s.read_exact(&mut c).unwrap();
        h.push(c[0]);
    }
    assert!(h.starts_with(b"HTTP/1.1 101"));
    s
}
fn read_frame(s: &mut std::net::TcpStream) {
    let mut h = [0; 2];
    s.read_exact(&mut h).unwrap();
    let mut n = (h[1] & 127) as usize;
    if n == 126 {
        let mut e = [0; 2];
        s.read_exact(&mut e).unwrap();
        n = u16::from_be_bytes(e) as usize;
    }
    let mut p = vec![0; n];
    s.read_exact(&mut p).unwrap();
    assert!(
        p.starts_with(b"[3,") || p.starts_with(b"[2,"),
        "{}",
        String::from_utf8_lossy(&p)
    );
    if p.starts_with(b"[2,") || h[0] == 0x89 {
        read_frame(s)
    }
}
fn text(kind: &str, id: u64, seq: u64, reg: u64, minute: u64) -> String {
    let ts = jiff::Timestamp::from_second(1_795_000_000 + 60 * minute as i64).unwrap();
    let v = |m: &str, x: f64, u: &str| {
        format!(
            r#"{{"value":{x},"measurand":"{m}","context":"Sample.Clock","location":"Outlet","unitOfMeasure":{{"unit":"{u}"}}}}"#
        )
    };
    format!(
        r#"[2,"{id}","TransactionEvent",{{"eventType":"{kind}","timestamp":"{ts}","triggerReason":"MeterValueClock","seqNo":{seq},"transactionInfo":{{"transactionId":"0195f3a2-7b1c-7def-8a90-1234567890ab","chargingState":"Charging"}},"evse":{{"id":1,"connectorId":1}},"meterValue":[{{"timestamp":"{ts}","sampledValue":[{},{},{},{}]}}],"customData":{{"vendorId":"denro","breaker":"closed","tripped":false}}}}]"#,
        v("Energy.Active.Import.Register", reg as f64, "Wh"),
        v("Voltage", 201.3, "V"),
        v("Current.Import", 15.02, "A"),
        v("Power.Active.Import", 3012.0, "W")
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore]
async fn load() {
    let n: usize = std::env::var("N").map_or(400, |v| v.parse().unwrap());
    let secs: u64 = 8;
    let world = World::start().await;
    for p in 2..=n {
        world.add_panel(p).await;
    }
    let addr = world.address;
    println!("message {} bytes", text("Updated", 1, 1, 1000, 1).len());
    let done = Arc::new(AtomicU64::new(0));
    let stop = Arc::new(AtomicU64::new(0));
    let (d, st) = (done.clone(), stop.clone());
    // one generator thread: write to all, read from all
    let h = std::thread::Builder::new().name("gen".into()).spawn(move || {
        let mut socks: Vec<_> = (1..=n).map(|p| upgrade(addr, &format!("st_{p}"))).collect();
        for s in &mut socks {
            s.write_all(&frame(r#"[2,"b","BootNotification",{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V"}}]"#)).unwrap();
        }
        for s in &mut socks { read_frame(s); }
        for s in &mut socks { s.write_all(&frame(&text("Started", 0, 0, 1000, 0))).unwrap(); }
        for s in &mut socks { read_frame(s); }
        st.store(1, Relaxed);
        let mut k = 1;
        let mut lat = Vec::new();
        while st.load(Relaxed) < 2 {
            let m: Vec<u8> = frame(&text("Updated", k, k, 1000 + 50 * k, k));
            let half = socks.len() / 2;
            for s in &mut socks[..half] { s.write_all(&m).unwrap(); }
            let t = Instant::now();
            for s in &mut socks[half..] { s.write_all(&m).unwrap(); }
            for s in &mut socks { read_frame(s); }
            lat.push(t.elapsed());
            d.fetch_add(socks.len() as u64, Relaxed);
            k += 1;
        }
        lat.sort();
        println!("round p50 {:?}", lat[lat.len() / 2]);
        socks
    }).unwrap();
    while stop.load(Relaxed) == 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (c0, g0, a0, w0, t0, i0) = (
        total(&["db-", "actix", "tokio"]),
        total(&["gen"]),
        total(&["actix"]),
        total(&["db-writer"]),
        done.load(Relaxed),
        Instant::now(),
    );
    tokio::time::sleep(Duration::from_secs(secs)).await;
    let (c1, g1, a1, w1, t1) = (
        total(&["db-", "actix", "tokio"]),
        total(&["gen"]),
        total(&["actix"]),
        total(&["db-writer"]),
        done.load(Relaxed),
    );
    let m = (t1 - t0) as f64;
    let us = |x: f64| x / m * 1e6;
    println!(
        "{:.0} msg/s; server {:.1} us CPU/msg (actix {:.1}, writer {:.1}); generator {:.1}; all {:?}",
        m / i0.elapsed().as_secs_f64(),
        us(c1 - c0),
        us(a1 - a0),
        us(w1 - w0),
        us(g1 - g0),
        cpu()
            .iter()
            .map(|x| &x.0)
            .collect::<std::collections::BTreeSet<_>>()
    );
    stop.store(2, Relaxed);
    let socks = h.join().unwrap();
    if let Ok(s) = std::fs::read_to_string("/proc/self/status") {
        for l in s.lines().filter(|l| l.starts_with("VmRSS")) {
            println!("{l}");
        }
    }
    drop(socks);
}
