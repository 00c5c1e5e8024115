//! The call/response machine of one OCPP-J connection, without I/O: texts and times go in, texts and outcomes come out.
//!
//! Both directions are independent: the peer's calls are handed out while a call of ours is in flight.
//! Each call of ours gets exactly one [`Output::Outcome`]. Do with the outputs what they say, in their order.

mod inbox;
mod outbox;

use serde_json::value::RawValue;

use self::inbox::Inbox;
use self::outbox::Outbox;
use super::rpc::{self, BadFrame, Frame};
use super::{CallError, ErrorCode, Version};

/// What one connection may hold and how long it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long an answer is awaited, counted from when the call is sent, not from when it began to wait.
    pub call_timeout_ms: u64,
    /// Calls of ours that wait while one is in flight.
    pub waiting_calls: usize,
    /// Calls of the peer that are not answered yet. One is the rule; a peer that gave up on one may send another.
    pub open_calls: usize,
    /// Answers that are kept for repeated calls: how many, how many bytes, how long.
    pub kept_answers: usize,
    pub kept_bytes: usize,
    pub kept_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            call_timeout_ms: 30_000,
            waiting_calls: 64,
            open_calls: 16,
            kept_answers: 8,
            kept_bytes: 64 * 1024,
            kept_ms: 60_000,
        }
    }
}

/// What the owner of the connection has to do.
#[derive(Debug)]
pub enum Output<T> {
    /// Write this text to the WebSocket.
    Send(String),
    /// Work on a call of the peer, then [`Machine::answer`] it; an unknown action with `NotImplemented`.
    Incoming {
        id: String,
        action: String,
        payload: Box<RawValue>,
    },
    /// Work on a message of the peer that has no answer (OCPP 2.1 SEND).
    Notice { action: String, payload: Box<RawValue> },
    /// A call of ours is over.
    Outcome {
        token: T,
        id: String,
        result: Result<Box<RawValue>, CallFailure>,
    },
    /// Something unusual to be logged or counted; nothing needs to be done.
    Noted(Oddity),
}

/// Why a call of ours brought no result.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CallFailure {
    #[error("no answer in time")]
    TimedOut,
    /// The peer answered with a CALLERROR.
    #[error("refused with {0}")]
    Refused(CallError),
    /// The peer's answer is not a frame.
    #[error("unreadable answer: {0}")]
    Unreadable(BadFrame),
    /// The connection ended; a call that was not sent is safe to repeat.
    #[error("connection closed (sent: {sent})")]
    Closed { sent: bool },
}

/// A call that was not taken; it gets no outcome.
#[derive(Debug, PartialEq, Eq)]
pub enum NotTaken<T> {
    /// As many calls wait as [`Limits::waiting_calls`] allows.
    Full(T),
    Closed(T),
}

/// Something that a well-behaved peer on a good line does not do.
#[derive(Clone, Debug)]
pub enum Oddity {
    /// An answer to a call that timed out or is answered already; ignored.
    LateAnswer { id: String },
    /// An answer to a call that was never made; ignored.
    UnknownAnswer { id: String },
    /// A call that is being worked on came again; ignored.
    DuplicateCall { id: String },
    /// A call that is answered came again; it got the same answer again.
    RepeatedCall { id: String },
    /// Another call with the id of one that is being worked on; ignored, as any answer would be taken for the first one's.
    IdInUse { id: String },
    /// Another call with the id of one that is answered; worked on like any call, as some stations count from 1 again.
    IdReused { id: String },
    /// More unanswered calls than [`Limits::open_calls`]; answered with an error.
    TooManyCalls { id: String },
    /// A text that is not a frame; answered with an error unless it was meant as an answer.
    Malformed(BadFrame),
    /// The peer could not read an answer of ours (OCPP 2.1 CALLRESULTERROR).
    AnswerRefused { id: String, error: CallError },
    /// [`Machine::answer`] for a call that is not being worked on.
    NothingToAnswer { id: String },
}

/// The machine of one connection; `T` is what the owner wants back with a call's outcome.
/// Times are milliseconds of a clock that never goes back.
#[derive(Debug)]
pub struct Machine<T> {
    version: Version,
    outbox: Outbox<T>,
    inbox: Inbox,
    closed: bool,
}

impl<T> Machine<T> {
    /// Our calls are named `id_prefix` and a number; of the prefix at most 16 characters are used.
    pub fn new(version: Version, id_prefix: &str, limits: Limits) -> Self {
        Self {
            version,
            outbox: Outbox::new(id_prefix, limits),
            inbox: Inbox::new(limits),
            closed: false,
        }
    }

    pub fn version(&self) -> Version {
        self.version
    }

    /// Our calls without an outcome.
    pub fn pending_calls(&self) -> usize {
        self.outbox.pending()
    }

    /// Sends a call, or lets it wait until the ones before it have their outcomes. `payload` is a JSON object.
    pub fn call(
        &mut self,
        token: T,
        action: &str,
        payload: &str,
        now_ms: u64,
    ) -> Result<Option<Output<T>>, NotTaken<T>> {
        if self.closed {
            return Err(NotTaken::Closed(token));
        }
        self.outbox.add(token, action, payload).map_err(NotTaken::Full)?;
        Ok(self.outbox.send_next(now_ms))
    }

    /// Sends a call at once, whatever is in flight: for peers that are known to take it, as OCPP allows one call at a time.
    pub fn call_at_once(
        &mut self,
        token: T,
        action: &str,
        payload: &str,
        now_ms: u64,
    ) -> Result<Output<T>, NotTaken<T>> {
        if self.closed {
            return Err(NotTaken::Closed(token));
        }
        self.outbox
            .send_at_once(token, action, payload, now_ms)
            .map_err(NotTaken::Full)
    }

    /// A message without an answer; `None` in versions before 2.1, which have none.
    pub fn notify(&mut self, action: &str, payload: &str) -> Option<Output<T>> {
        let possible = self.version == Version::V21 && !self.closed;
        possible.then(|| Output::Send(rpc::send(&self.outbox.new_id(), action, payload)))
    }

    /// Takes one text of the peer.
    pub fn receive(&mut self, text: &str, now_ms: u64) -> Vec<Output<T>> {
        if self.closed {
            return Vec::new();
        }
        match Frame::parse(text, self.version) {
            Ok(Frame::Call { id, action, payload }) => self.inbox.call(&id, &action, payload, now_ms),
            Ok(Frame::CallResult { id, payload }) => self.outbox.settle(&id, Ok(payload.to_owned()), now_ms),
            Ok(Frame::CallError { id, error }) => {
                self.outbox.settle(&id, Err(CallFailure::Refused(error)), now_ms)
            }
            Ok(Frame::CallResultError { id, error }) => {
                vec![Output::Noted(Oddity::AnswerRefused {
                    id: id.into_owned(),
                    error,
                })]
            }
            Ok(Frame::Send { action, payload, .. }) => {
                vec![Output::Notice {
                    action: action.into_owned(),
                    payload: payload.to_owned(),
                }]
            }
            Err(bad) => self.malformed(bad, now_ms),
        }
    }

    fn malformed(&mut self, bad: BadFrame, now_ms: u64) -> Vec<Output<T>> {
        if !bad.is_answer {
            let error = CallError::new(bad.code, bad.reason);
            return vec![
                Output::Send(rpc::call_error(&bad.id, &error)),
                Output::Noted(Oddity::Malformed(bad)),
            ];
        }
        let mut outputs = Vec::new();
        if self.outbox.in_flight(&bad.id) {
            outputs = self
                .outbox
                .settle(&bad.id, Err(CallFailure::Unreadable(bad.clone())), now_ms);
        }
        outputs.push(Output::Noted(Oddity::Malformed(bad)));
        outputs
    }

    /// Answers a call that was handed out; the result is a JSON object.
    pub fn answer(&mut self, id: &str, result: Result<String, CallError>, now_ms: u64) -> Output<T> {
        let text = match result {
            Ok(payload) => rpc::call_result(id, &payload),
            Err(error) => rpc::call_error(id, &error),
        };
        if self.inbox.answered(id, &text, now_ms) {
            Output::Send(text)
        } else {
            Output::Noted(Oddity::NothingToAnswer { id: id.to_owned() })
        }
    }

    /// Tells the peer that the result of an outcome could not be read; `None` in versions before 2.1.
    pub fn reject_result(&self, id: &str, error: &CallError) -> Option<Output<T>> {
        let possible = self.version == Version::V21 && !self.closed;
        possible.then(|| Output::Send(rpc::call_result_error(id, error)))
    }

    /// Lets the call in flight time out when its time has come.
    pub fn tick(&mut self, now_ms: u64) -> Vec<Output<T>> {
        self.outbox.expire(now_ms)
    }

    /// When [`Machine::tick`] has something to do.
    pub fn next_deadline_ms(&self) -> Option<u64> {
        self.outbox.deadline_ms()
    }

    /// The connection has ended: the outcomes of all calls that have none yet. Nothing comes out afterwards.
    pub fn close(&mut self) -> Vec<Output<T>> {
        self.closed = true;
        self.inbox.clear();
        self.outbox.close()
    }
}

/// The answer to a call that comes while too many are open.
fn too_many_calls() -> CallError {
    CallError::new(ErrorCode::GenericError, "too many unanswered calls")
}

#[cfg(test)]
mod tests;
