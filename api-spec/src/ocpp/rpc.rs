//! The frames of OCPP-J: the JSON arrays that carry requests, answers and errors.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{CallError, ErrorCode, Version};

/// The longest message id, in characters.
pub const MAX_ID_CHARS: usize = 36;
/// Stands for a message id that could not be read.
pub const UNREADABLE_ID: &str = "-1";
const MAX_DESCRIPTION_CHARS: usize = 255;
const MAX_PARTS: usize = 5;

const CALL: u64 = 2;
const CALL_RESULT: u64 = 3;
const CALL_ERROR: u64 = 4;
const CALL_RESULT_ERROR: u64 = 5;
const SEND: u64 = 6;

/// A frame, borrowed from its text. Payloads are JSON objects that are not looked into.
#[derive(Clone, Debug)]
pub enum Frame<'a> {
    Call {
        id: Cow<'a, str>,
        action: Cow<'a, str>,
        payload: &'a RawValue,
    },
    CallResult {
        id: Cow<'a, str>,
        payload: &'a RawValue,
    },
    CallError {
        id: Cow<'a, str>,
        error: CallError,
    },
    /// The peer could not read our CALLRESULT (OCPP 2.1).
    CallResultError {
        id: Cow<'a, str>,
        error: CallError,
    },
    /// A message without an answer (OCPP 2.1).
    Send {
        id: Cow<'a, str>,
        action: Cow<'a, str>,
        payload: &'a RawValue,
    },
}

/// A text that is not a frame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {reason}")]
pub struct BadFrame {
    /// The message id, or [`UNREADABLE_ID`].
    pub id: String,
    pub code: ErrorCode,
    pub reason: &'static str,
    /// Whether the text was meant as an answer; a bad answer is not answered itself.
    pub is_answer: bool,
}

impl<'a> Frame<'a> {
    pub fn parse(text: &'a str, version: Version) -> Result<Self, BadFrame> {
        let Ok(parts) = serde_json::from_str::<Parts<'a>>(text) else {
            return Err(bad(
                UNREADABLE_ID,
                ErrorCode::RpcFrameworkError,
                "not a JSON array",
                false,
            ));
        };
        let kind = parts
            .get(0)
            .and_then(|raw| serde_json::from_str::<u64>(raw.get()).ok());
        let is_answer = matches!(kind, Some(CALL_RESULT | CALL_ERROR | CALL_RESULT_ERROR));
        let Some(id) = parts.text(1).filter(|id| is_id(id)) else {
            let reason = "the message id is not a text of 1 to 36 characters";
            return Err(bad(
                UNREADABLE_ID,
                ErrorCode::RpcFrameworkError,
                reason,
                is_answer,
            ));
        };
        let known_id = id.clone();
        Self::of_kind(kind, version, id, &parts)
            .map_err(|(code, reason)| bad(&known_id, code, reason, is_answer))
    }

    fn of_kind(
        kind: Option<u64>,
        version: Version,
        id: Cow<'a, str>,
        parts: &Parts<'a>,
    ) -> Result<Self, Fault> {
        match (kind, version) {
            (Some(CALL), _) => {
                let (action, payload) = request(parts)?;
                Ok(Self::Call { id, action, payload })
            }
            (Some(CALL_RESULT), _) => Ok(Self::CallResult {
                id,
                payload: object(parts, 2, 3)?,
            }),
            (Some(CALL_ERROR), _) => Ok(Self::CallError {
                id,
                error: refusal(parts)?,
            }),
            (Some(CALL_RESULT_ERROR), Version::V21) => Ok(Self::CallResultError {
                id,
                error: refusal(parts)?,
            }),
            (Some(SEND), Version::V21) => {
                let (action, payload) = request(parts)?;
                Ok(Self::Send { id, action, payload })
            }
            (Some(_), _) => Err((ErrorCode::MessageTypeNotSupported, "unknown message type")),
            (None, _) => Err((ErrorCode::RpcFrameworkError, "the message type is not a number")),
        }
    }
}

type Fault = (ErrorCode, &'static str);

/// The action and payload of a CALL or SEND.
fn request<'a>(parts: &Parts<'a>) -> Result<(Cow<'a, str>, &'a RawValue), Fault> {
    let action = parts.text(2).filter(|action| !action.is_empty());
    let action = action.ok_or((ErrorCode::RpcFrameworkError, "the action is not a text"))?;
    Ok((action, object(parts, 3, 4)?))
}

/// The payload at `index` of a frame of exactly `length` parts.
fn object<'a>(parts: &Parts<'a>, index: usize, length: usize) -> Result<&'a RawValue, Fault> {
    if parts.length != length {
        return Err((ErrorCode::RpcFrameworkError, "wrong number of elements"));
    }
    let payload = parts.get(index).filter(|payload| payload.get().starts_with('{'));
    payload.ok_or((ErrorCode::FormatViolation, "the payload is not an object"))
}

/// The content of an error frame; many stations leave out the description or the details.
fn refusal(parts: &Parts<'_>) -> Result<CallError, Fault> {
    let code = parts
        .text(2)
        .ok_or((ErrorCode::RpcFrameworkError, "the error code is not a text"))?;
    let code = ErrorCode::from_wire(&code);
    let description = parts.text(3).map(Cow::into_owned).unwrap_or_default();
    Ok(CallError {
        code,
        description,
        details: parts.get(4).map(RawValue::to_owned),
    })
}

fn is_id(id: &str) -> bool {
    !id.is_empty() && (id.len() <= MAX_ID_CHARS || id.chars().nth(MAX_ID_CHARS).is_none())
}

fn bad(id: &str, code: ErrorCode, reason: &'static str, is_answer: bool) -> BadFrame {
    BadFrame {
        id: id.to_owned(),
        code,
        reason,
        is_answer,
    }
}

/// The elements of a frame, unread.
struct Parts<'a> {
    first: [Option<&'a RawValue>; MAX_PARTS],
    length: usize,
}

impl<'a> Parts<'a> {
    fn get(&self, index: usize) -> Option<&'a RawValue> {
        self.first.get(index).copied().flatten()
    }

    fn text(&self, index: usize) -> Option<Cow<'a, str>> {
        let raw = self.get(index)?.get();
        let inside = raw.strip_prefix('"')?.strip_suffix('"')?;
        if inside.contains('\\') {
            serde_json::from_str(raw).ok().map(Cow::Owned)
        } else {
            Some(inside.into())
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Parts<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(PartsVisitor)
    }
}

struct PartsVisitor;

impl<'de> Visitor<'de> for PartsVisitor {
    type Value = Parts<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an OCPP-J frame")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Parts<'de>, A::Error> {
        let mut parts = Parts {
            first: [None; MAX_PARTS],
            length: 0,
        };
        for slot in &mut parts.first {
            let Some(part) = seq.next_element()? else {
                return Ok(parts);
            };
            *slot = Some(part);
            parts.length += 1;
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {
            parts.length += 1;
        }
        Ok(parts)
    }
}

/// A CALL; `payload` is a JSON object, here and below.
pub fn call(id: &str, action: &str, payload: &str) -> String {
    format!("[{CALL},{},{},{payload}]", quoted(id), quoted(action))
}

pub fn call_result(id: &str, payload: &str) -> String {
    format!("[{CALL_RESULT},{},{payload}]", quoted(id))
}

pub fn call_error(id: &str, error: &CallError) -> String {
    refused(CALL_ERROR, id, error)
}

/// Tells the peer that its CALLRESULT could not be read (OCPP 2.1).
pub fn call_result_error(id: &str, error: &CallError) -> String {
    refused(CALL_RESULT_ERROR, id, error)
}

/// A message without an answer (OCPP 2.1).
pub fn send(id: &str, action: &str, payload: &str) -> String {
    format!("[{SEND},{},{},{payload}]", quoted(id), quoted(action))
}

fn refused(kind: u64, id: &str, error: &CallError) -> String {
    let end = error
        .description
        .char_indices()
        .nth(MAX_DESCRIPTION_CHARS)
        .map(|(end, _)| end);
    let description = end
        .and_then(|end| error.description.get(..end))
        .unwrap_or(&error.description);
    let details = error.details.as_deref().map_or("{}", RawValue::get);
    format!(
        "[{kind},{},\"{}\",{},{details}]",
        quoted(id),
        error.code,
        quoted(description)
    )
}

fn quoted(text: &str) -> serde_json::Value {
    serde_json::Value::from(text)
}

#[cfg(test)]
mod tests;
