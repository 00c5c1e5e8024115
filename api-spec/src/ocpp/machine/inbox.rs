//! The peer's calls: those being worked on, and the last answers for those that come again.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::value::RawValue;

use super::{Limits, Oddity, Output, too_many_calls};
use crate::ocpp::rpc;

#[derive(Debug)]
pub(super) struct Inbox {
    limits: Limits,
    open: Vec<Open>,
    /// The oldest first.
    kept: VecDeque<Kept>,
    kept_bytes: usize,
}

#[derive(Debug)]
struct Open {
    id: String,
    content: u64,
}

#[derive(Debug)]
struct Kept {
    call: Open,
    answer: String,
    until_ms: u64,
}

impl Inbox {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            open: Vec::new(),
            kept: VecDeque::new(),
            kept_bytes: 0,
        }
    }

    pub(super) fn call<T>(
        &mut self,
        id: &str,
        action: &str,
        payload: &RawValue,
        now_ms: u64,
    ) -> Vec<Output<T>> {
        let content = content_of(action, payload);
        if let Some(open) = self.open.iter().find(|open| open.id == id) {
            let id = id.to_owned();
            let same = open.content == content;
            return vec![Output::Noted(if same {
                Oddity::DuplicateCall { id }
            } else {
                Oddity::IdInUse { id }
            })];
        }
        self.forget_old(now_ms);
        let kept = self.kept.iter().rev().find(|kept| kept.call.id == id);
        if let Some(kept) = kept.filter(|kept| kept.call.content == content) {
            let again = Output::Send(kept.answer.clone());
            return vec![again, Output::Noted(Oddity::RepeatedCall { id: id.to_owned() })];
        }
        let reused = kept.map(|_| Output::Noted(Oddity::IdReused { id: id.to_owned() }));
        reused
            .into_iter()
            .chain(self.open(id, content, action, payload))
            .collect()
    }

    fn open<T>(&mut self, id: &str, content: u64, action: &str, payload: &RawValue) -> Vec<Output<T>> {
        let id = id.to_owned();
        if self.open.len() >= self.limits.open_calls {
            let refusal = rpc::call_error(&id, &too_many_calls());
            return vec![Output::Send(refusal), Output::Noted(Oddity::TooManyCalls { id })];
        }
        self.open.push(Open {
            id: id.clone(),
            content,
        });
        vec![Output::Incoming {
            id,
            action: action.to_owned(),
            payload: payload.to_owned(),
        }]
    }

    /// Whether the call was open; its answer is kept.
    pub(super) fn answered(&mut self, id: &str, answer: &str, now_ms: u64) -> bool {
        let Some(position) = self.open.iter().position(|open| open.id == id) else {
            return false;
        };
        let call = self.open.swap_remove(position);
        if answer.len() <= self.limits.kept_bytes {
            self.kept_bytes += answer.len();
            let until_ms = now_ms.saturating_add(self.limits.kept_ms);
            self.kept.push_back(Kept {
                call,
                answer: answer.to_owned(),
                until_ms,
            });
        }
        self.forget_old(now_ms);
        true
    }

    fn forget_old(&mut self, now_ms: u64) {
        while let Some(oldest) = self.kept.front() {
            let over = self.kept.len() > self.limits.kept_answers || self.kept_bytes > self.limits.kept_bytes;
            if !over && oldest.until_ms > now_ms {
                return;
            }
            self.kept_bytes -= oldest.answer.len();
            self.kept.pop_front();
        }
    }

    pub(super) fn clear(&mut self) {
        self.open.clear();
        self.kept.clear();
        self.kept_bytes = 0;
    }
}

/// Tells a repeated call from another one with the same id.
fn content_of(action: &str, payload: &RawValue) -> u64 {
    let mut hasher = DefaultHasher::new();
    (action, payload.get()).hash(&mut hasher);
    hasher.finish()
}
