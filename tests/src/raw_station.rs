//! A station that costs its process next to nothing: frames by hand, answers by pattern. For benchmarks and crowds.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

const READ_BUFFER: usize = 2 * 1024;
const MINUTE_US: i64 = 60_000_000;
const WH_A_MINUTE: i64 = 48;

/// One connection, as OCPP 2.1 station with one outlet.
#[derive(Debug)]
pub struct RawStation {
    stream: BufReader<TcpStream>,
    out: Vec<u8>,
    calls: u64,
    seq_no: i64,
    at_us: i64,
    register_wh: i64,
    transaction: String,
    remote_start_id: Option<i64>,
    /// The payload of a TransactionEvent that was not acknowledged.
    untold: Option<String>,
}

impl RawStation {
    /// Opens the WebSocket, without credentials where there is no password; `at_us` is the time of its first report.
    ///
    /// # Errors
    /// If the server does not switch protocols.
    pub async fn connect(
        server: SocketAddr,
        station_id: &str,
        password: &str,
        at_us: i64,
    ) -> io::Result<Self> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        let mut stream = BufReader::with_capacity(READ_BUFFER, stream);
        upgrade(&mut stream, server, station_id, password).await?;
        Ok(Self {
            stream,
            out: Vec::new(),
            calls: 0,
            seq_no: 0,
            at_us,
            register_wh: 1_000_000,
            transaction: foundation::ids::random_text(),
            remote_start_id: None,
            untold: None,
        })
    }

    /// Connects anew as the same station, boots, and tells again what was not acknowledged.
    ///
    /// # Errors
    /// As [`RawStation::connect`] and [`RawStation::boot`].
    pub async fn come_back(
        &mut self,
        server: SocketAddr,
        station_id: &str,
        password: &str,
    ) -> io::Result<()> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        self.stream = BufReader::with_capacity(READ_BUFFER, stream);
        upgrade(&mut self.stream, server, station_id, password).await?;
        self.boot().await?;
        match self.untold.take() {
            Some(payload) => self.tell_payload(payload).await,
            None => Ok(()),
        }
    }

    /// BootNotification.
    ///
    /// # Errors
    /// If the connection is lost or the call is refused.
    pub async fn boot(&mut self) -> io::Result<()> {
        let payload = r#"{"reason":"PowerUp","chargingStation":{"model":"Raw","vendorName":"Bench"}}"#;
        self.call("BootNotification", payload).await
    }

    /// Waits for a start, accepts it and tells that the breaker has closed.
    ///
    /// # Errors
    /// As [`RawStation::boot`].
    pub async fn start_when_asked(&mut self) -> io::Result<()> {
        while self.remote_start_id.is_none() {
            let text = self.read_text().await?;
            self.answer(&text).await?;
        }
        self.tell("Started", "RemoteStart").await
    }

    /// Tells that a charge has begun here, which nobody has asked for.
    ///
    /// # Errors
    /// As [`RawStation::boot`].
    pub async fn start_unasked(&mut self) -> io::Result<()> {
        self.tell("Started", "CablePluggedIn").await
    }

    /// Waits for a call of this action and answers nothing.
    ///
    /// # Errors
    /// If the connection is lost.
    pub async fn hear(&mut self, action: &str) -> io::Result<()> {
        while !self.read_text().await?.contains(action) {}
        Ok(())
    }

    /// One minute's TransactionEvent, acknowledged.
    ///
    /// # Errors
    /// As [`RawStation::boot`].
    pub async fn tell_minute(&mut self) -> io::Result<()> {
        self.at_us += MINUTE_US;
        self.register_wh += WH_A_MINUTE;
        self.tell("Updated", "MeterValuePeriodic").await
    }

    /// What its meter says.
    pub fn register_wh(&self) -> i64 {
        self.register_wh
    }

    /// Heartbeat.
    ///
    /// # Errors
    /// As [`RawStation::boot`].
    pub async fn beat(&mut self) -> io::Result<()> {
        self.call("Heartbeat", "{}").await
    }

    async fn tell(&mut self, kind: &str, reason: &str) -> io::Result<()> {
        let at = Timestamp::from_microsecond(self.at_us).map_err(io::Error::other)?;
        let start_id = self.remote_start_id.filter(|_| kind == "Started");
        let start_id = start_id.map_or(String::new(), |id| format!(r#","remoteStartId":{id}"#));
        let payload = format!(
            r#"{{"eventType":"{kind}","timestamp":"{at}","triggerReason":"{reason}","seqNo":{seq},"transactionInfo":{{"transactionId":"{tx}","chargingState":"Charging"{start_id}}},"evse":{{"id":1,"connectorId":1}},"meterValue":[{{"timestamp":"{at}","sampledValue":[{{"value":{wh},"measurand":"Energy.Active.Import.Register","unitOfMeasure":{{"unit":"Wh"}}}},{{"value":14.3,"measurand":"Current.Import","unitOfMeasure":{{"unit":"A"}}}},{{"value":201.2,"measurand":"Voltage","unitOfMeasure":{{"unit":"V"}}}},{{"value":2877,"measurand":"Power.Active.Import","unitOfMeasure":{{"unit":"W"}}}}]}}]}}"#,
            seq = self.seq_no,
            tx = self.transaction,
            wh = self.register_wh,
        );
        self.seq_no += 1;
        self.tell_payload(payload).await
    }

    async fn tell_payload(&mut self, payload: String) -> io::Result<()> {
        let told = self.call("TransactionEvent", &payload).await;
        if told.is_err() {
            self.untold = Some(payload);
        }
        told
    }

    /// Answers pings and calls until the connection ends: an idle station.
    ///
    /// # Errors
    /// Always, when the connection is lost.
    pub async fn idle(&mut self) -> io::Result<()> {
        loop {
            let text = self.read_text().await?;
            self.answer(&text).await?;
        }
    }

    /// Answers pings and calls until this is over: a station that has nothing to tell for a while.
    ///
    /// # Errors
    /// If the connection is lost.
    pub async fn idle_until(mut self, over: impl Future) -> io::Result<Self> {
        let mut over = pin!(over);
        loop {
            // Nothing is read in halves when this is given up: it only looks whether there is something.
            tokio::select! {
                _ = &mut over => return Ok(self),
                some = self.stream.fill_buf() => some?,
            };
            if let Some(text) = self.read_frame().await? {
                self.answer(&text).await?;
            }
        }
    }

    async fn call(&mut self, action: &str, payload: &str) -> io::Result<()> {
        self.calls += 1;
        let id = self.calls.to_string();
        self.send(0x81, format!(r#"[2,"{id}","{action}",{payload}]"#).as_bytes())
            .await?;
        let good = format!(r#"[3,"{id}","#);
        loop {
            let text = self.read_text().await?;
            if text.starts_with(&good) {
                return Ok(());
            }
            if text.starts_with("[4,") {
                return Err(io::Error::other(text));
            }
            self.answer(&text).await?;
        }
    }

    async fn answer(&mut self, text: &str) -> io::Result<()> {
        let call: Value = serde_json::from_str(text)?;
        let (id, action) = (
            call[1].as_str().unwrap_or_default(),
            call[2].as_str().unwrap_or_default(),
        );
        let reply = if action == "RequestStartTransaction" {
            self.remote_start_id = call[3]["remoteStartId"].as_i64();
            format!(r#"[3,"{id}",{{"status":"Accepted"}}]"#)
        } else {
            format!(r#"[4,"{id}","NotImplemented","",{{}}]"#)
        };
        self.send(0x81, reply.as_bytes()).await
    }

    async fn send(&mut self, first: u8, payload: &[u8]) -> io::Result<()> {
        self.out.clear();
        self.out.push(first);
        match payload.len() {
            length @ 0..126 => self.out.push(0x80 | length as u8),
            length => {
                self.out.push(0x80 | 126);
                self.out.extend((length as u16).to_be_bytes());
            }
        }
        // A mask of zeros leaves the payload as it is.
        self.out.extend([0; 4]);
        self.out.extend(payload);
        self.stream.write_all(&self.out).await
    }

    async fn read_text(&mut self) -> io::Result<String> {
        loop {
            if let Some(text) = self.read_frame().await? {
                return Ok(text);
            }
        }
    }

    /// The next frame's text, if it has one; a ping is answered.
    async fn read_frame(&mut self) -> io::Result<Option<String>> {
        let mut head = [0; 2];
        self.stream.read_exact(&mut head).await?;
        let length = match head[1] {
            126 => usize::from(self.stream.read_u16().await?),
            127 => return Err(io::Error::other("a frame of more than 64 KiB")),
            short => usize::from(short),
        };
        let mut payload = vec![0; length];
        self.stream.read_exact(&mut payload).await?;
        match head[0] & 0x0f {
            1 => return String::from_utf8(payload).map(Some).map_err(io::Error::other),
            9 => self.send(0x8a, &payload).await?,
            8 => return Err(io::Error::other("closed by the server")),
            _ => {}
        }
        Ok(None)
    }
}

async fn upgrade(
    stream: &mut BufReader<TcpStream>,
    server: SocketAddr,
    station_id: &str,
    password: &str,
) -> io::Result<()> {
    let login = STANDARD.encode(format!("{station_id}:{password}"));
    let login = match password {
        "" => String::new(),
        _ => format!("Authorization: Basic {login}\r\n"),
    };
    let request = format!(
        "GET /ocpp/{station_id} HTTP/1.1\r\nHost: {server}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Protocol: ocpp2.1\r\n{login}\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    if !line.starts_with("HTTP/1.1 101") {
        return Err(io::Error::other(line));
    }
    while stream.read_line(&mut line).await? > 2 {
        line.clear();
    }
    Ok(())
}
