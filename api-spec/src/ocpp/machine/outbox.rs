//! Our calls: one in flight, besides those that could not wait, and the others waiting.

use std::collections::VecDeque;

use serde_json::value::RawValue;

use super::{CallFailure, Limits, Oddity, Output};
use crate::ocpp::rpc;

const MAX_PREFIX_CHARS: usize = 16;

#[derive(Debug)]
pub(super) struct Outbox<T> {
    id_prefix: String,
    next_number: u64,
    limits: Limits,
    /// The oldest first.
    flying: Vec<Flying<T>>,
    waiting: VecDeque<Waiting<T>>,
}

#[derive(Debug)]
struct Waiting<T> {
    id: String,
    token: T,
    text: String,
}

#[derive(Debug)]
struct Flying<T> {
    id: String,
    token: T,
    deadline_ms: u64,
}

impl<T> Outbox<T> {
    pub(super) fn new(id_prefix: &str, limits: Limits) -> Self {
        let id_prefix = id_prefix.chars().take(MAX_PREFIX_CHARS).collect();
        Self {
            id_prefix,
            next_number: 1,
            limits,
            flying: Vec::new(),
            waiting: VecDeque::new(),
        }
    }

    pub(super) fn new_id(&mut self) -> String {
        let id = format!("{}{}", self.id_prefix, self.next_number);
        self.next_number += 1;
        id
    }

    pub(super) fn pending(&self) -> usize {
        self.waiting.len() + self.flying.len()
    }

    pub(super) fn in_flight(&self, id: &str) -> bool {
        self.flying.iter().any(|flying| flying.id == id)
    }

    pub(super) fn deadline_ms(&self) -> Option<u64> {
        self.flying.iter().map(|flying| flying.deadline_ms).min()
    }

    pub(super) fn add(&mut self, token: T, action: &str, payload: &str) -> Result<(), T> {
        if !self.flying.is_empty() && self.waiting.len() >= self.limits.waiting_calls {
            return Err(token);
        }
        let id = self.new_id();
        let text = rpc::call(&id, action, payload);
        self.waiting.push_back(Waiting { id, token, text });
        Ok(())
    }

    /// Sends the first waiting call if none is in flight.
    pub(super) fn send_next(&mut self, now_ms: u64) -> Option<Output<T>> {
        if !self.flying.is_empty() {
            return None;
        }
        let Waiting { id, token, text } = self.waiting.pop_front()?;
        Some(self.send((id, token), text, now_ms))
    }

    /// Sends a call past those in flight and those that wait; no more than may wait.
    pub(super) fn send_at_once(
        &mut self,
        token: T,
        action: &str,
        payload: &str,
        now_ms: u64,
    ) -> Result<Output<T>, T> {
        if self.flying.len() > self.limits.waiting_calls {
            return Err(token);
        }
        let id = self.new_id();
        let text = rpc::call(&id, action, payload);
        Ok(self.send((id, token), text, now_ms))
    }

    fn send(&mut self, (id, token): (String, T), text: String, now_ms: u64) -> Output<T> {
        let deadline_ms = now_ms.saturating_add(self.limits.call_timeout_ms);
        self.flying.push(Flying {
            id,
            token,
            deadline_ms,
        });
        Output::Send(text)
    }

    /// An answer came. One that the timeout has not overtaken yet counts, even if it is past its time.
    pub(super) fn settle(
        &mut self,
        id: &str,
        result: Result<Box<RawValue>, CallFailure>,
        now_ms: u64,
    ) -> Vec<Output<T>> {
        match self.flying.iter().position(|flying| flying.id == id) {
            Some(place) => {
                let outcome = outcome(self.flying.remove(place), result);
                [outcome].into_iter().chain(self.send_next(now_ms)).collect()
            }
            None if self.was_given(id) => vec![Output::Noted(Oddity::LateAnswer { id: id.to_owned() })],
            None => vec![Output::Noted(Oddity::UnknownAnswer { id: id.to_owned() })],
        }
    }

    pub(super) fn expire(&mut self, now_ms: u64) -> Vec<Output<T>> {
        let expired = self.flying.extract_if(.., |flying| flying.deadline_ms <= now_ms);
        let mut outputs: Vec<_> = expired
            .map(|flying| outcome(flying, Err(CallFailure::TimedOut)))
            .collect();
        if !outputs.is_empty() {
            outputs.extend(self.send_next(now_ms));
        }
        outputs
    }

    pub(super) fn close(&mut self) -> Vec<Output<T>> {
        let flying = self.flying.drain(..).map(|call| (call.token, call.id, true));
        let waiting = self.waiting.drain(..).map(|call| (call.token, call.id, false));
        let closed = |(token, id, sent)| Output::Outcome {
            token,
            id,
            result: Err(CallFailure::Closed { sent }),
        };
        flying.chain(waiting).map(closed).collect()
    }

    /// Whether an id was given to a message of ours; ids count up, so none needs to be remembered.
    fn was_given(&self, id: &str) -> bool {
        let number = id
            .strip_prefix(&self.id_prefix)
            .and_then(|number| number.parse::<u64>().ok());
        number.is_some_and(|number| (1..self.next_number).contains(&number))
    }
}

fn outcome<T>(flying: Flying<T>, result: Result<Box<RawValue>, CallFailure>) -> Output<T> {
    Output::Outcome {
        token: flying.token,
        id: flying.id,
        result,
    }
}
