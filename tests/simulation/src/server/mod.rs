//! The management system: asks for charges, hears what became of them, and is not always well.

mod connection;
mod words;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use outlet_controller::Dial;
use outlet_controller::wire::Wire;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use crate::history::{Answer, Fact, Heard, History, Wish};
use crate::rng::Rng;
use crate::{Ms, Shared};

/// As much as a connection holds before somebody reads.
const BUFFER: usize = 64 * 1024;
/// A connection that nobody answers is given up by TCP.
const UNANSWERED: Duration = Duration::from_secs(30);

/// How the server, or the line to it, is just now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    #[default]
    Good,
    /// Answers come after up to so many milliseconds.
    Late { ms: Ms },
    /// Hears and never answers.
    Deaf,
    /// Half of the calls are answered with an error of the server's own.
    Erring,
    /// The connection breaks again and again.
    Cutting,
    /// No connection is taken.
    Refusing,
    /// Nothing passes, and nobody says so.
    Partitioned,
}

impl Manner {
    pub fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Late { .. } => "late answers",
            Self::Deaf => "no answers",
            Self::Erring => "errors instead of answers",
            Self::Cutting => "broken connections",
            Self::Refusing => "refused connections",
            Self::Partitioned => "a partition",
        }
    }
}

/// What an answer of the controller is to.
#[derive(Clone, Debug)]
enum Call {
    Start(i64),
    Stop(String),
    Clear(u8),
    Other,
}

/// A charge as the server knows it.
#[derive(Clone, Debug)]
pub struct Known {
    pub outlet: u8,
    pub start: Option<i64>,
    pub ended: bool,
}

#[derive(Clone, Debug)]
pub struct Server(Shared<Inside>);

#[derive(Debug)]
struct Inside {
    history: History,
    rng: Rng,
    version: &'static str,
    manner: Manner,
    /// The controller's present life, and breaks of the line within it.
    cut: watch::Sender<u64>,
    life: u64,
    line: Option<(u64, mpsc::UnboundedSender<String>)>,
    connection: u64,
    calls: BTreeMap<String, Call>,
    serial: u64,
    starts: BTreeMap<i64, (u8, Value)>,
    known: BTreeMap<String, Known>,
    /// Breaks in a row: the controller may set a message aside with which it always breaks.
    cuts: u32,
    heard: u64,
}

impl Server {
    pub fn new(history: History, mut rng: Rng) -> Self {
        let version = rng.pick(&["ocpp2.1", "ocpp2.0.1"]);
        Self(Shared::new(Inside {
            history,
            rng,
            version,
            manner: Manner::Good,
            cut: watch::Sender::new(0),
            life: 0,
            line: None,
            connection: 0,
            calls: BTreeMap::new(),
            serial: 0,
            starts: BTreeMap::new(),
            known: BTreeMap::new(),
            cuts: 0,
            heard: 0,
        }))
    }

    /// For the controller's present life.
    pub fn dialer(&self) -> Dial {
        let (server, life) = (self.clone(), self.0.lock().life);
        Arc::new(move || {
            let server = server.clone();
            async move { server.dial(life).await }.boxed()
        })
    }

    async fn dial(&self, life: u64) -> io::Result<Box<dyn Wire>> {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let (present, manner) = {
            let inside = self.0.lock();
            (inside.life == life, inside.manner)
        };
        match manner {
            Manner::Partitioned => {
                tokio::time::sleep(UNANSWERED).await;
                Err(io::ErrorKind::TimedOut.into())
            }
            Manner::Good | Manner::Late { .. } | Manner::Deaf | Manner::Erring | Manner::Cutting
                if present =>
            {
                let (near, far) = tokio::io::duplex(BUFFER);
                tokio::spawn(connection::serve(self.clone(), far));
                Ok(Box::new(near))
            }
            Manner::Good
            | Manner::Late { .. }
            | Manner::Deaf
            | Manner::Erring
            | Manner::Cutting
            | Manner::Refusing => Err(io::ErrorKind::ConnectionRefused.into()),
        }
    }

    /// The controller is gone.
    pub fn sever(&self) {
        let mut inside = self.0.lock();
        inside.life += 1;
        inside.hang_up();
    }

    pub fn set(&self, manner: Manner) {
        let mut inside = self.0.lock();
        if inside.manner == manner {
            return;
        }
        for (named, on) in [(inside.manner, false), (manner, true)] {
            if named != Manner::Good {
                let mode = named.name();
                inside.history.note(Fact::Link { mode, on });
            }
        }
        inside.manner = manner;
        inside.cuts = 0;
        if matches!(manner, Manner::Refusing | Manner::Cutting) {
            inside.hang_up();
        }
    }

    pub fn is_connected(&self) -> bool {
        let inside = self.0.lock();
        inside.line.is_some() && inside.manner != Manner::Partitioned
    }

    /// Asks for a charge; nobody hears it without a connection.
    pub fn start(&self, outlet: u8, wish: Wish) {
        let mut inside = self.0.lock();
        if !inside.reaches() {
            return;
        }
        let id = i64::try_from(inside.starts.len()).unwrap() + 1;
        let payload = words::start(outlet, id, (wish, inside.history.time().now()));
        inside.starts.insert(id, (outlet, payload.clone()));
        inside.history.note(Fact::StartAsked { outlet, id, wish });
        inside.call("RequestStartTransaction", &payload, Call::Start(id));
    }

    /// Asks for one of the last charges again, as after an answer that was lost.
    pub fn start_again(&self) {
        let mut inside = self.0.lock();
        let last = inside
            .starts
            .last_key_value()
            .map(|(id, (_, payload))| (*id, payload.clone()));
        if let Some((id, payload)) = last.filter(|_| inside.reaches()) {
            inside.history.note(Fact::StartRepeated { id });
            inside.call("RequestStartTransaction", &payload, Call::Start(id));
        }
    }

    /// Asks to stop one of the charges that run, if any does.
    pub fn stop(&self, which: u64) {
        let running = self.running();
        if let Some(transaction) = running.get(usize::try_from(which).unwrap() % running.len().max(1)) {
            self.stop_this(transaction);
        }
    }

    pub fn stop_this(&self, transaction: &str) {
        let mut inside = self.0.lock();
        if inside.reaches() {
            inside.history.note(Fact::StopAsked {
                transaction: transaction.to_owned(),
            });
            let payload = json!({"transactionId": transaction});
            inside.call(
                "RequestStopTransaction",
                &payload,
                Call::Stop(transaction.to_owned()),
            );
        }
    }

    /// How many facts of the controller this server has heard.
    pub fn heard_so_far(&self) -> u64 {
        self.0.lock().heard
    }

    /// The charges of which no end was heard.
    pub fn running(&self) -> Vec<String> {
        let inside = self.0.lock();
        let running = inside.known.iter().filter(|(_, known)| !known.ended);
        running.map(|(transaction, _)| transaction.clone()).collect()
    }

    pub fn trigger(&self, message: &str, outlet: Option<u8>) {
        let mut inside = self.0.lock();
        if inside.reaches() {
            let mut payload = json!({"requestedMessage": message});
            if let Some(outlet) = outlet {
                payload["evse"] = json!({"id": outlet});
            }
            inside.call("TriggerMessage", &payload, Call::Other);
        }
    }

    pub fn clear_fault(&self, outlet: u8) {
        let mut inside = self.0.lock();
        if inside.reaches() {
            inside.history.note(Fact::ClearAsked { outlet });
            inside.call("SetVariables", &words::clear(outlet), Call::Clear(outlet));
        }
    }
}

impl Inside {
    fn reaches(&self) -> bool {
        self.line.is_some() && self.manner != Manner::Partitioned
    }

    fn hang_up(&mut self) {
        self.line = None;
        self.calls.clear();
        self.cut.send_modify(|cut| *cut += 1);
    }

    fn call(&mut self, action: &str, payload: &Value, call: Call) {
        self.serial += 1;
        let id = format!("s{}", self.serial);
        let text = json!([2, id, action, payload]).to_string();
        self.calls.insert(id, call);
        if let Some((_, line)) = &self.line {
            // A line that broke a moment ago hears nothing.
            let _gone = line.send(text);
        }
    }

    /// The controller's answer to a call of ours.
    fn answered(&mut self, id: &str, result: Result<&Value, String>) {
        let Some(call) = self.calls.remove(id) else { return };
        let fact = match call {
            Call::Start(id) => {
                let answer = words::start_answer(result);
                if let Answer::Accepted(transaction) = &answer {
                    let outlet = self.starts.get(&id).map_or(0, |(outlet, _)| *outlet);
                    self.know(transaction, outlet, Some(id));
                }
                Fact::StartAnswered { id, answer }
            }
            Call::Stop(transaction) => Fact::StopAnswered {
                answer: words::stop_answer(result, &transaction),
                transaction,
            },
            Call::Clear(outlet) => Fact::ClearAnswered {
                outlet,
                answer: words::clear_answer(result),
            },
            Call::Other => return,
        };
        self.history.note(fact);
    }

    fn know(&mut self, transaction: &str, outlet: u8, start: Option<i64>) {
        let known = self.known.entry(transaction.to_owned());
        let known = known.or_insert(Known {
            outlet,
            start,
            ended: false,
        });
        known.start = known.start.or(start);
    }

    /// A call of the controller whose answer has left, or never will.
    fn heard(&mut self, heard: Heard, acknowledged: bool) {
        if let Heard::Transaction(told) = &heard {
            self.know(&told.transaction, told.outlet, told.remote_start);
            if told.kind == "Ended"
                && acknowledged
                && let Some(known) = self.known.get_mut(&told.transaction)
            {
                known.ended = true;
            }
        }
        self.heard += 1;
        self.history.note(Fact::Heard { heard, acknowledged });
    }
}
