//! A tiny OCPP server: accepts what it is told, remembers it, and calls back.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};

/// Longer than anything here takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A call of the station.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) action: String,
    pub(crate) payload: Value,
}

/// How the server behaves.
#[derive(Clone, Debug)]
pub(crate) struct Manner {
    pub(crate) reachable: bool,
    /// Frames are neither read nor answered.
    pub(crate) deaf: bool,
    pub(crate) version: &'static str,
    pub(crate) registration: &'static str,
    /// An action that is answered with a CALLERROR, and its code.
    pub(crate) refuses: Option<(&'static str, &'static str)>,
    pub(crate) time: Time,
}

/// What the server says the time is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Time {
    Right,
    NewYear,
}

type Pending = HashMap<String, oneshot::Sender<Value>>;

struct Inside {
    heard: watch::Sender<Vec<Heard>>,
    connections: watch::Sender<usize>,
    turned_away: watch::Sender<usize>,
    manner: watch::Sender<Manner>,
    line: Mutex<Option<mpsc::UnboundedSender<String>>>,
    pending: Mutex<Pending>,
    headers: Mutex<HashMap<String, String>>,
}

#[derive(Clone)]
pub(crate) struct Csms {
    pub(crate) address: SocketAddr,
    inside: Arc<Inside>,
}

impl Csms {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let manner = Manner {
            reachable: true,
            deaf: false,
            version: "ocpp2.1",
            registration: "Accepted",
            refuses: None,
            time: Time::NewYear,
        };
        let inside = Inside {
            heard: watch::Sender::new(Vec::new()),
            connections: watch::Sender::new(0),
            turned_away: watch::Sender::new(0),
            manner: watch::Sender::new(manner),
            line: Mutex::default(),
            pending: Mutex::default(),
            headers: Mutex::default(),
        };
        let csms = Self {
            address: listener.local_addr().unwrap(),
            inside: Arc::new(inside),
        };
        let server = csms.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                if server.manner().reachable {
                    tokio::spawn(server.clone().serve(stream));
                } else {
                    server.inside.turned_away.send_modify(|count| *count += 1);
                }
            }
        });
        csms
    }

    pub(crate) fn behave(&self, change: impl FnOnce(&mut Manner)) {
        self.inside.manner.send_modify(change);
    }

    fn manner(&self) -> Manner {
        self.inside.manner.borrow().clone()
    }

    /// A header of the last handshake.
    pub(crate) fn header(&self, name: &str) -> String {
        self.inside
            .headers
            .lock()
            .unwrap()
            .get(name)
            .cloned()
            .unwrap_or_default()
    }

    /// Everything that was heard, in order.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.inside.heard.borrow().clone()
    }

    /// Waits until what was heard fulfils a condition, which gives back what it looked for.
    pub(crate) async fn until<T>(&self, what: &str, look: impl Fn(&[Heard]) -> Option<T>) -> T {
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
        found.unwrap_or_else(|_| panic!("never heard: {what}; heard {:#?}", self.heard()))
    }

    pub(crate) async fn until_connected(&self, times: usize) {
        let mut connections = self.inside.connections.subscribe();
        tokio::time::timeout(PATIENCE, connections.wait_for(|count| *count >= times))
            .await
            .unwrap()
            .unwrap();
    }

    pub(crate) fn connections(&self) -> usize {
        *self.inside.connections.borrow()
    }

    /// Waits until the station has noticed that it cannot reach this server.
    pub(crate) async fn until_turned_away(&self) {
        let mut turned_away = self.inside.turned_away.subscribe();
        tokio::time::timeout(PATIENCE, turned_away.wait_for(|count| *count > 0))
            .await
            .unwrap()
            .unwrap();
    }

    /// Calls the station; gives back the whole answering frame.
    pub(crate) async fn call(&self, action: &str, payload: Value) -> Value {
        let id = foundation::ids::random_text();
        let (sender, answered) = oneshot::channel();
        self.inside.pending.lock().unwrap().insert(id.clone(), sender);
        let frame = json!([2, id, action, payload]).to_string();
        self.inside
            .line
            .lock()
            .unwrap()
            .as_ref()
            .unwrap()
            .send(frame)
            .unwrap();
        tokio::time::timeout(PATIENCE, answered).await.unwrap().unwrap()
    }

    #[expect(clippy::result_large_err, reason = "the handshake's own type")]
    pub(crate) async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send) {
        let version = self.manner().version;
        let inside = Arc::clone(&self.inside);
        let shake = move |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
            let text = |value: &str| value.to_owned();
            let mut headers: HashMap<String, String> = request
                .headers()
                .iter()
                .map(|(name, value)| (name.to_string(), text(value.to_str().unwrap())))
                .collect();
            headers.insert("path".into(), request.uri().path().into());
            *inside.headers.lock().unwrap() = headers;
            response
                .headers_mut()
                .insert("sec-websocket-protocol", version.parse().unwrap());
            Ok(response)
        };
        let Ok(mut socket) = tokio_tungstenite::accept_hdr_async(stream, shake).await else {
            return;
        };
        let (line, mut to_send) = mpsc::unbounded_channel();
        *self.inside.line.lock().unwrap() = Some(line.clone());
        self.inside.connections.send_modify(|count| *count += 1);
        let mut manner = self.inside.manner.subscribe();
        loop {
            let Manner { reachable, deaf, .. } = manner.borrow_and_update().clone();
            if !reachable {
                return;
            }
            tokio::select! {
                _ = manner.changed() => {}
                Some(text) = to_send.recv() => socket.send(Message::text(text)).await.unwrap(),
                frame = socket.next(), if !deaf => match frame {
                    Some(Ok(Message::Text(text))) => self.receive(&text, &line),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return,
                }
            }
        }
    }

    fn receive(&self, text: &str, line: &mpsc::UnboundedSender<String>) {
        let frame: Value = serde_json::from_str(text).unwrap();
        let id = frame[1].as_str().unwrap().to_owned();
        if frame[0] != 2 {
            if let Some(waiting) = self.inside.pending.lock().unwrap().remove(&id) {
                waiting.send(frame).unwrap();
            }
            return;
        }
        let action = frame[2].as_str().unwrap().to_owned();
        let manner = self.manner();
        let now = match manner.time {
            Time::Right => jiff::Timestamp::now().to_string(),
            Time::NewYear => "2027-01-01T00:00:00Z".to_owned(),
        };
        let answer = match action.as_str() {
            refused if manner.refuses.is_some_and(|(action, _)| action == refused) => {
                json!([4, id, manner.refuses.unwrap().1, "", {}])
            }
            "BootNotification" => {
                json!([3, id, {"status": manner.registration, "interval": 300, "currentTime": now}])
            }
            "Heartbeat" => json!([3, id, {"currentTime": now}]),
            _ => json!([3, id, {}]),
        };
        let payload = frame[3].clone();
        self.inside
            .heard
            .send_modify(|heard| heard.push(Heard { action, payload }));
        // The station may have gone away.
        let _gone = line.send(answer.to_string());
    }
}
