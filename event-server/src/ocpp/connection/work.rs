//! What a connection does: with texts, with the outputs of the machine, with finished work.

use api_spec::ocpp::machine::{NotTaken, Output};
use api_spec::ocpp::{CallError, ErrorCode};
use foundation::{DbError, trace};
use serde_json::value::RawValue;

use super::surely::{Kept, Stored, surely};
use super::{Connection, Done, Token};
use crate::ocpp::actions::{self, Work};
use crate::ocpp::dispatch::{self, Action};
use crate::ocpp::texts::without_controls;
use crate::ocpp::websocket::Writer;
use crate::operations::dispatch_command::{self, Instruction, list_instructions};
use crate::store::commands::Command;

const BOOT: &str = "BootNotification";

impl Connection {
    pub(super) fn receive(&mut self, writer: &Writer, text: &str) {
        let outputs = self.machine.receive(&without_controls(text), self.now_ms());
        self.perform(writer, outputs);
    }

    pub(super) fn time_passes(&mut self, writer: &Writer, now_ms: u64) {
        let outputs = self.machine.tick(now_ms);
        self.perform(writer, outputs);
    }

    fn perform(&mut self, writer: &Writer, outputs: impl IntoIterator<Item = Output<Token>>) {
        for output in outputs {
            match output {
                Output::Send(text) => writer.text(&text),
                Output::Incoming { id, action, payload } => self.handle(writer, id, &action, &payload),
                Output::Outcome { token, id, result } => {
                    self.count(token.action.name(), "out", dispatch::went(&result));
                    let (answer, unreadable) = token.action.answer(self.machine.version(), result);
                    let refusal = unreadable.and_then(|error| self.machine.reject_result(&id, &error));
                    self.perform_send(writer, refusal);
                    self.settle(token, answer);
                    self.look_for_commands();
                }
                Output::Notice { action, .. } => tracing::debug!(action, "a message that is not served"),
                Output::Noted(oddity) => {
                    tracing::debug!(controller = self.station.controller_id, ?oddity, "an odd frame");
                }
            }
        }
    }

    fn perform_send(&self, writer: &Writer, output: Option<Output<Token>>) {
        if let Some(Output::Send(text)) = output {
            writer.text(&text);
        }
    }

    /// A station's call: answered at once, or after the commit.
    fn handle(&mut self, writer: &Writer, id: String, action: &str, payload: &RawValue) {
        let kept = Kept {
            version: self.machine.version(),
            action: action.to_owned(),
            payload: payload.to_owned(),
            station: self.station.clone(),
            received_at: self.context.clock.now_us(),
        };
        let name = actions::counted_name(action);
        let work = if self.booted || name == BOOT {
            kept.work(&self.context)
        } else {
            Err(CallError::new(
                ErrorCode::SecurityError,
                "send BootNotification first",
            ))
        };
        match work {
            Err(error) => self.answer(writer, (&id, name), Err(error)),
            Ok(Work::Nothing(answer)) => self.answer(writer, (&id, name), Ok(answer)),
            Ok(Work::Store(store)) => {
                let (context, stop) = (self.context.clone(), self.stop.clone());
                self.working.push(Box::pin(async move {
                    match kept.store(&context, &stop, store).await {
                        Stored::Answer(result) => Done::Handled {
                            id,
                            result,
                            action: name,
                        },
                        Stored::Not => Done::NotStored,
                    }
                }));
            }
        }
    }

    fn answer(
        &mut self,
        writer: &Writer,
        (id, action): (&str, &'static str),
        result: Result<String, CallError>,
    ) {
        self.count(action, "in", if result.is_ok() { "ok" } else { "error" });
        let output = self.machine.answer(id, result, self.now_ms());
        self.perform_send(writer, Some(output));
    }

    pub(super) fn done(&mut self, writer: &Writer, done: Done) {
        match done {
            Done::Handled { id, result, action } => {
                let let_in = action == BOOT && result.is_ok();
                self.answer(writer, (&id, action), result);
                if let_in {
                    self.booted = true;
                    self.look_for_thresholds();
                    self.look_for_commands();
                }
            }
            Done::Listed(instructions) => {
                if self.outbox.end_look() {
                    self.send_first(writer, instructions);
                } else {
                    self.look_for_commands();
                }
            }
            Done::Thresholds(instructions) => {
                for instruction in instructions {
                    self.call(writer, None, &instruction);
                }
            }
            Done::Settled(number) => {
                self.outbox.settled(number);
                self.look_for_commands();
            }
            // The connection ends before this.
            Done::NotStored | Done::Written => {}
        }
    }

    fn count(&self, action: &'static str, direction: &'static str, result: &'static str) {
        let messages = &self.context.metrics.ocpp_messages;
        messages.add([action, direction, result]);
    }

    /// Reads the commands that are to be sent.
    pub(super) fn look_for_commands(&mut self) {
        if !self.booted || !self.outbox.begin_look() {
            return;
        }
        let (context, station) = (self.context.clone(), self.station.clone());
        let node = context.node.clone();
        self.working.push(Box::pin(async move {
            let now_us = context.clock.now_us();
            let list = context
                .db
                .read(move |conn| list_instructions(conn, node.name(), &station.controller_id, now_us));
            Done::Listed(list.await.unwrap_or_else(unread))
        }));
    }

    /// Monitors do not survive a start of the station, and may have changed while it was away.
    pub(super) fn look_for_thresholds(&mut self) {
        let (context, station) = (self.context.clone(), self.station.clone());
        let stop = self.stop.clone();
        self.working.push(Box::pin(async move {
            let list = surely(&context, &stop, || {
                let station = station.clone();
                context
                    .db
                    .read(move |conn| dispatch_command::list_thresholds(conn, &station.controller_id))
            });
            Done::Thresholds(list.await.unwrap_or_else(unread))
        }));
    }

    /// Sends what can be sent: the first, and stops; after their outcomes the commands are looked up again.
    fn send_first(&mut self, writer: &Writer, instructions: Vec<(Command, Instruction)>) {
        for (command, instruction) in instructions {
            let number = command.number;
            let told = (command.id.clone(), command.traceparent.clone());
            if self.outbox.is_under_way(number) || !self.may_be_sent(&instruction) {
                continue;
            }
            if !self.call(writer, Some(command), &instruction) {
                continue;
            }
            let (id, traceparent) = told;
            tracing::info!(
                trace_id = trace::id_in(traceparent.as_deref()),
                command = id,
                controller = self.station.controller_id,
                action = Action::of(&instruction).name(),
                "a command is sent"
            );
            self.outbox.sent(number);
            self.write(move |tx| dispatch_command::mark_sent(tx, number));
        }
    }

    /// While a call is unanswered none is taken, because it would have to wait with a duration that is counted from now,
    /// and perhaps beyond its expiry. Stops do not wait where the station takes them.
    fn may_be_sent(&self, instruction: &Instruction) -> bool {
        match instruction.overtaking() {
            Some(stop) => stop.after.is_none_or(|start| self.outbox.is_under_way(start)),
            None => self.machine.pending_calls() == 0,
        }
    }

    /// Whether the call was taken.
    fn call(&mut self, writer: &Writer, command: Option<Command>, instruction: &Instruction) -> bool {
        let payload = match dispatch::payload(self.machine.version(), instruction) {
            Ok(payload) => payload,
            Err(error) => {
                tracing::error!(%error, "a call cannot be written");
                return false;
            }
        };
        let action = Action::of(instruction);
        let command = command.map(Box::new);
        let token = Token { action, command };
        let (name, now_ms) = (action.name(), self.now_ms());
        let taken = match instruction.overtaking() {
            Some(_) => self.machine.call_at_once(token, name, &payload, now_ms).map(Some),
            None => self.machine.call(token, name, &payload, now_ms),
        };
        match taken {
            Ok(output) => {
                self.perform(writer, output);
                true
            }
            // Stays in its row: sent when the next outcome makes room, or on the next connection.
            Err(NotTaken::Full(_) | NotTaken::Closed(_)) => false,
        }
    }

    fn settle(&mut self, token: Token, answer: Option<dispatch_command::Answer>) {
        let Some(command) = token.command else {
            return;
        };
        let (context, stop) = (self.context.clone(), self.stop.clone());
        self.working.push(Box::pin(async move {
            let number = command.number;
            let write = surely(&context, &stop, || {
                let (command, answer) = (command.clone(), answer.clone());
                context.transact(move |tx| match answer {
                    Some(answer) => dispatch_command::settle(tx, &command, answer),
                    None => dispatch_command::mark_unsent(tx, &command),
                })
            });
            if let Err(error) = write.await {
                tracing::error!(%error, "a command's outcome cannot be written");
            }
            Done::Settled(number)
        }));
    }

    /// The connection has ended: what was not answered is to be sent again.
    pub(super) fn put_back_calls(&mut self) {
        for output in self.machine.close() {
            if let Output::Outcome { token, result, .. } = output {
                let (answer, _) = token.action.answer(self.machine.version(), result);
                self.settle(token, answer);
            }
        }
    }
}

fn unread<T>(error: DbError) -> Vec<T> {
    tracing::error!(%error, "what is to be sent to a station cannot be read");
    Vec::new()
}
