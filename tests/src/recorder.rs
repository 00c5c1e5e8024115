//! A management system that only writes down what it hears, and now and then drops the line before it answers.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use foundation::Clock;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};

use crate::random::Random;

const PATIENCE: Duration = Duration::from_secs(40);
/// A call that has no answer by then is given up.
const CALL_PATIENCE: Duration = Duration::from_secs(5);

/// A call of the station.
#[derive(Clone, Debug)]
pub struct Heard {
    pub action: String,
    pub payload: Value,
}

#[derive(Debug)]
struct Inside {
    clock: Clock,
    heard: watch::Sender<Vec<Heard>>,
    line: Mutex<Option<mpsc::UnboundedSender<String>>>,
    pending: Mutex<HashMap<String, oneshot::Sender<Value>>>,
    random: Mutex<Random>,
    /// Of a hundred calls so many are heard, and the line breaks before their answer.
    drops_percent: Mutex<usize>,
}

/// Clones are handles to the same one.
#[derive(Clone, Debug)]
pub struct Recorder {
    pub address: SocketAddr,
    inside: Arc<Inside>,
}

impl Recorder {
    pub async fn start(clock: Clock, seed: u64, drops_percent: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let recorder = Self {
            address: listener.local_addr().unwrap(),
            inside: Arc::new(Inside {
                clock,
                heard: watch::Sender::new(Vec::new()),
                line: Mutex::default(),
                pending: Mutex::default(),
                random: Mutex::new(Random::new(seed)),
                drops_percent: Mutex::new(drops_percent),
            }),
        };
        let server = recorder.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                tokio::spawn(server.clone().serve(stream));
            }
        });
        recorder
    }

    /// From now on every call is answered.
    pub fn answer_all(&self) {
        *self.inside.drops_percent.lock().unwrap() = 0;
    }

    /// Everything that was heard, in order.
    pub fn heard(&self) -> Vec<Heard> {
        self.inside.heard.borrow().clone()
    }

    /// Waits until what was heard fulfils a condition.
    ///
    /// # Panics
    /// If it does not in time.
    pub async fn until<T>(&self, what: &str, look: impl Fn(&[Heard]) -> Option<T>) -> T {
        let mut heard = self.inside.heard.subscribe();
        let waiting = async {
            loop {
                if let Some(found) = look(&heard.borrow_and_update()) {
                    return found;
                }
                heard.changed().await.unwrap();
            }
        };
        let found = tokio::time::timeout(PATIENCE, waiting).await;
        found.unwrap_or_else(|_| panic!("never heard: {what}"))
    }

    /// Calls the station; `None` where there is no line or no answer.
    pub async fn call(&self, action: &str, payload: Value) -> Option<Value> {
        let id = foundation::ids::random_text();
        let (sender, answered) = oneshot::channel();
        let line = self.inside.line.lock().unwrap().clone()?;
        self.inside.pending.lock().unwrap().insert(id.clone(), sender);
        line.send(json!([2, id, action, payload]).to_string()).ok()?;
        let frame = tokio::time::timeout(CALL_PATIENCE, answered).await.ok()?.ok()?;
        Some(frame[2].clone())
    }

    #[expect(clippy::result_large_err, reason = "the handshake's own type")]
    async fn serve(self, stream: TcpStream) {
        let shake = |_: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
            let version = "ocpp2.1".parse().unwrap();
            response.headers_mut().insert("sec-websocket-protocol", version);
            Ok(response)
        };
        let Ok(mut socket) = tokio_tungstenite::accept_hdr_async(stream, shake).await else {
            return;
        };
        let (line, mut to_send) = mpsc::unbounded_channel();
        *self.inside.line.lock().unwrap() = Some(line);
        // Whoever waits for an answer on the line before waits in vain.
        self.inside.pending.lock().unwrap().clear();
        loop {
            let answer = tokio::select! {
                Some(text) = to_send.recv() => Some(text),
                frame = socket.next() => match frame {
                    Some(Ok(Message::Text(text))) => match self.receive(&text) {
                        Ok(answer) => answer,
                        Err(Dropped) => return,
                    },
                    Some(Ok(_)) => None,
                    Some(Err(_)) | None => return,
                }
            };
            if let Some(answer) = answer
                && socket.send(Message::text(answer)).await.is_err()
            {
                return;
            }
        }
    }

    fn receive(&self, text: &str) -> Result<Option<String>, Dropped> {
        let frame: Value = serde_json::from_str(text).unwrap();
        let id = frame[1].as_str().unwrap().to_owned();
        if frame[0] != 2 {
            if let Some(waiting) = self.inside.pending.lock().unwrap().remove(&id) {
                // Nobody waits any more where that took too long.
                let _late = waiting.send(frame);
            }
            return Ok(None);
        }
        let action = frame[2].as_str().unwrap().to_owned();
        let payload = frame[3].clone();
        let answer = match action.as_str() {
            "BootNotification" => json!({"status": "Accepted", "interval": 300, "currentTime": self.now()}),
            "Heartbeat" => json!({"currentTime": self.now()}),
            _ => json!({}),
        };
        let tells = ["TransactionEvent", "MeterValues", "NotifyEvent"].contains(&action.as_str());
        self.inside
            .heard
            .send_modify(|heard| heard.push(Heard { action, payload }));
        let percent = *self.inside.drops_percent.lock().unwrap();
        if tells && self.inside.random.lock().unwrap().percent(percent) {
            return Err(Dropped);
        }
        Ok(Some(json!([3, id, answer]).to_string()))
    }

    fn now(&self) -> String {
        jiff::Timestamp::from_microsecond(self.inside.clock.now_us())
            .unwrap()
            .to_string()
    }
}

/// The line breaks.
struct Dropped;
