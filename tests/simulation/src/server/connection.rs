//! One connection of the controller to the server.

use std::collections::BTreeMap;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};

use super::{Manner, Server, words};
use crate::Ms;
use crate::history::{Fact, Heard, History};

/// A break of the line in that many calls, and not more often in a row.
const CUT_PERCENT: u64 = 25;
const MAX_CUTS: u32 = 4;

/// What is still to be answered, and when.
type Answers = BTreeMap<(Ms, u64), (String, Vec<Heard>)>;

struct Connection {
    server: Server,
    history: History,
    socket: WebSocketStream<DuplexStream>,
    answers: Answers,
    serial: u64,
}

pub(super) async fn serve(server: Server, stream: DuplexStream) {
    let version = server.0.lock().version;
    #[expect(clippy::result_large_err, reason = "the library's signature")]
    let choose = |_: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
        response
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", version.parse().unwrap());
        Ok(response)
    };
    let Ok(socket) = tokio_tungstenite::accept_hdr_async(stream, choose).await else {
        return;
    };
    let (sender, mut orders) = mpsc::unbounded_channel();
    let (history, mut cut, number) = {
        let mut inside = server.0.lock();
        inside.connection += 1;
        inside.line = Some((inside.connection, sender));
        (inside.history.clone(), inside.cut.subscribe(), inside.connection)
    };
    history.note(Fact::Connected);
    let mut connection = Connection {
        server,
        history: history.clone(),
        socket,
        answers: Answers::new(),
        serial: 0,
    };
    tokio::select! {
        biased;
        _ = cut.changed() => {}
        () = connection.talk(&mut orders) => {}
    }
    history.note(Fact::Disconnected);
    let mut inside = connection.server.0.lock();
    for (_, heard) in std::mem::take(&mut connection.answers).into_values() {
        heard.into_iter().for_each(|heard| inside.heard(heard, false));
    }
    if inside.line.as_ref().is_some_and(|(other, _)| *other == number) {
        inside.line = None;
        inside.calls.clear();
    }
}

impl Connection {
    /// Until the line is gone.
    async fn talk(&mut self, orders: &mut mpsc::UnboundedReceiver<String>) {
        loop {
            let next = self.answers.first_key_value().map(|((at, _), _)| *at);
            let due = async {
                match next {
                    Some(at) => self.history.time().until(at).await,
                    None => std::future::pending().await,
                }
            };
            let goes_on = tokio::select! {
                biased;
                Some(text) = orders.recv() => self.socket.send(Message::text(text)).await.is_ok(),
                () = due => self.answer().await,
                frame = self.socket.next() => match frame {
                    Some(Ok(Message::Text(text))) => self.hear(&text),
                    Some(Ok(_)) => true,
                    Some(Err(_)) | None => false,
                },
            };
            if !goes_on {
                return;
            }
        }
    }

    async fn answer(&mut self) -> bool {
        let Some((_, (text, heard))) = self.answers.pop_first() else {
            return true;
        };
        if self.server.0.lock().manner == Manner::Partitioned {
            let mut inside = self.server.0.lock();
            heard.into_iter().for_each(|heard| inside.heard(heard, false));
            return true;
        }
        {
            let mut inside = self.server.0.lock();
            inside.cuts = 0;
            heard.into_iter().for_each(|heard| inside.heard(heard, true));
        }
        self.socket.send(Message::text(text)).await.is_ok()
    }

    /// False where the line breaks.
    fn hear(&mut self, text: &str) -> bool {
        let Ok(frame) = serde_json::from_str::<Value>(text) else {
            return false;
        };
        let id = frame[1].as_str().unwrap_or_default();
        match frame[0].as_u64() {
            Some(2) => return self.hear_call(id, frame[2].as_str().unwrap_or_default(), &frame[3]),
            Some(3) => self.server.0.lock().answered(id, Ok(&frame[2])),
            Some(4) => {
                let error = format!("{} {}", frame[2], frame[3]);
                self.server.0.lock().answered(id, Err(error));
            }
            _ => {}
        }
        true
    }

    fn hear_call(&mut self, id: &str, action: &str, payload: &Value) -> bool {
        let heard = words::read(action, payload, &payload.to_string());
        let mut guard = self.server.0.lock();
        let inside = &mut *guard;
        let now = self.history.time().now();
        let good = json!([3, id, words::answer_to(action, now)]).to_string();
        let error = json!([4, id, "InternalError", "", {}]).to_string();
        let manner = inside.manner;
        let (at, text) = match manner {
            Manner::Partitioned => return true,
            Manner::Deaf => {
                heard.into_iter().for_each(|heard| inside.heard(heard, false));
                return true;
            }
            Manner::Cutting if inside.cuts < MAX_CUTS && inside.rng.percent(CUT_PERCENT) => {
                inside.cuts += 1;
                heard.into_iter().for_each(|heard| inside.heard(heard, false));
                return false;
            }
            Manner::Erring if inside.rng.percent(50) => {
                heard.into_iter().for_each(|heard| inside.heard(heard, false));
                self.serial += 1;
                let at = now + inside.rng.range(2, 40);
                self.answers.insert((at, self.serial), (error, Vec::new()));
                return true;
            }
            Manner::Late { ms } => (now + inside.rng.range(ms / 4, ms), good),
            Manner::Good | Manner::Erring | Manner::Cutting | Manner::Refusing => {
                (now + inside.rng.range(2, 40), good)
            }
        };
        self.serial += 1;
        self.answers.insert((at, self.serial), (text, heard));
        true
    }
}
