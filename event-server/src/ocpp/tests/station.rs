//! A station as somebody else wrote it: tokio-tungstenite and JSON.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message, protocol::CloseFrame};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

pub(super) const PASSWORD: &str = "dnr_st_0123456789abcdefghjkmnpq";
/// A frame that has not come by then never will.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(super) struct Station {
    socket: WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>,
    pub(super) subprotocol: Option<String>,
    next_id: u32,
    /// Calls of the server that came while an answer was awaited.
    calls: Vec<Value>,
}

/// A TransactionEvent of outlet 1.
pub(super) fn event(kind: &str, seq_no: u32, register_wh: i64) -> Value {
    let minute = format!("2026-11-20T07:{:02}:00Z", seq_no % 60);
    json!({
        "eventType": kind, "seqNo": seq_no, "timestamp": minute, "triggerReason": "MeterValuePeriodic",
        "transactionInfo": {"transactionId": "tx-1"}, "evse": {"id": 1, "connectorId": 1},
        "meterValue": [{"timestamp": minute, "sampledValue": [{"value": register_wh}]}],
    })
}

/// With members replaced or added.
pub(super) fn with(mut value: Value, changes: Value) -> Value {
    for (key, change) in changes.as_object().unwrap() {
        value[key] = change.clone();
    }
    value
}

impl Station {
    pub(super) async fn connect(
        address: SocketAddr,
        station_id: &str,
        password: &str,
        subprotocols: &str,
    ) -> Result<Self, Error> {
        let basic = base64::engine::general_purpose::STANDARD.encode(format!("{station_id}:{password}"));
        Self::connect_with(address, station_id, Some(&format!("Basic {basic}")), subprotocols).await
    }

    pub(super) async fn connect_with(
        address: SocketAddr,
        station_id: &str,
        authorization: Option<&str>,
        subprotocols: &str,
    ) -> Result<Self, Error> {
        let mut request = format!("ws://{address}/ocpp/{station_id}").into_client_request()?;
        if let Some(authorization) = authorization {
            request
                .headers_mut()
                .insert("Authorization", authorization.parse().unwrap());
        }
        if !subprotocols.is_empty() {
            request
                .headers_mut()
                .insert("Sec-WebSocket-Protocol", subprotocols.parse().unwrap());
        }
        let (socket, response) = tokio_tungstenite::connect_async(request).await?;
        let subprotocol = response.headers().get("Sec-WebSocket-Protocol");
        let subprotocol = subprotocol.map(|name| name.to_str().unwrap().to_owned());
        Ok(Self {
            socket,
            subprotocol,
            next_id: 1,
            calls: Vec::new(),
        })
    }

    pub(super) async fn send(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// The next frame; `None` when the connection has ended.
    pub(super) async fn frame(&mut self) -> Option<Value> {
        loop {
            match tokio::time::timeout(PATIENCE, self.socket.next())
                .await
                .expect("no frame")
            {
                Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(_) | Err(_)) | None => return None,
            }
        }
    }

    /// The close frame that ends the connection.
    pub(super) async fn closed(&mut self) -> Option<CloseFrame> {
        loop {
            match tokio::time::timeout(PATIENCE, self.socket.next())
                .await
                .expect("no close")
            {
                Some(Ok(Message::Close(frame))) => return frame,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// Calls an action; answers with the whole frame that came back.
    pub(super) async fn call_raw(&mut self, action: &str, payload: Value) -> Value {
        let id = self.next_id.to_string();
        self.next_id += 1;
        self.send(&json!([2, id, action, payload]).to_string()).await;
        loop {
            let frame = self.next_answer().await;
            if frame[1] == id {
                return frame;
            }
        }
    }

    /// The next frame that is no call; calls are kept for later.
    pub(super) async fn next_answer(&mut self) -> Value {
        loop {
            let frame = self.frame().await.expect("the connection ended");
            if frame[0] != 2 {
                return frame;
            }
            self.calls.push(frame);
        }
    }

    /// Calls an action that succeeds; answers with the result.
    pub(super) async fn call(&mut self, action: &str, payload: Value) -> Value {
        let mut frame = self.call_raw(action, payload).await;
        assert_eq!(frame[0], 3, "{frame}");
        frame[2].take()
    }

    /// The code of the CALLERROR that an action gets.
    pub(super) async fn refused(&mut self, action: &str, payload: Value) -> String {
        let frame = self.call_raw(action, payload).await;
        assert_eq!(frame[0], 4, "{frame}");
        frame[2].as_str().unwrap().to_owned()
    }

    pub(super) async fn boot(&mut self) -> Value {
        self.boot_as("V").await
    }

    pub(super) async fn boot_as(&mut self, vendor: &str) -> Value {
        let station = json!({"model": "M", "vendorName": vendor});
        self.call(
            "BootNotification",
            json!({"reason": "PowerUp", "chargingStation": station}),
        )
        .await
    }

    /// The server's next call of an action; others are accepted and passed over.
    pub(super) async fn called(&mut self, action: &str) -> Value {
        loop {
            let call = match self.calls.is_empty() {
                true => self.frame().await.expect("the connection ended"),
                false => self.calls.remove(0),
            };
            if call[2] == action {
                return call;
            }
            if call[0] == 2 {
                let error = json!([4, call[1], "NotSupported", "", {}]);
                self.send(&error.to_string()).await;
            }
        }
    }

    pub(super) async fn answer(&mut self, call: &Value, payload: Value) {
        self.send(&json!([3, call[1], payload]).to_string()).await;
    }

    pub(super) async fn transaction_event(&mut self, event: Value) -> Value {
        self.call("TransactionEvent", event).await
    }

    /// Ends without a close frame.
    pub(super) fn cut(self) {
        drop(self.socket);
    }
}
