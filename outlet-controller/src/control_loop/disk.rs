//! Waits for the disk. What opens a breaker never waits with it: ends of charges, and stops.

use std::pin::pin;

use domain::outlet::EndReason;
use tokio::sync::mpsc;

use super::command::Command;
use super::switch::{Writes, Written};
use super::{ControlLoop, MAX_WAITING_COMMANDS, Owed, expiry};

/// What never waits with the disk.
enum Urgent {
    Expired,
    Written(Written),
    Heard(Command),
}

impl ControlLoop {
    /// Writes down what has gathered; `false` where the disk has not taken it yet.
    pub(super) async fn write_down(&mut self) -> bool {
        self.heed_clock();
        loop {
            let now = self.now();
            let hears = self.hears();
            let expired = expiry(&self.clock, self.panel.next_deadline());
            tokio::select! {
                biased;
                urgent = urgent(expired, &mut self.writes, (&mut self.inbox, hears)) => self.heed(urgent),
                written = self.ledger.write_down(&self.panel, now) => {
                    self.tell_refusals(written);
                    return written;
                }
            }
        }
    }

    /// Waits for something that is no step of its own, and hears meanwhile what cannot wait.
    pub(super) async fn attend<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            let hears = self.hears();
            let expired = expiry(&self.clock, self.panel.next_deadline());
            tokio::select! {
                biased;
                urgent = urgent(expired, &mut self.writes, (&mut self.inbox, hears)) => self.heed(urgent),
                done = &mut work => return done,
            }
        }
    }

    fn hears(&self) -> bool {
        self.heard.len() < MAX_WAITING_COMMANDS
    }

    fn heed(&mut self, urgent: Urgent) {
        match urgent {
            Urgent::Expired => self.expire(),
            Urgent::Written(written) => self.written(written),
            Urgent::Heard(command) => self.hear(command),
        }
    }

    /// A wall clock that is right names the ends for later boots, and shortens what an unmeasured power cut has left.
    fn heed_clock(&mut self) {
        if self.clock.is_right() {
            let now = self.now();
            for number in self.panel.set_right(now) {
                self.ledger.touch(number);
            }
        }
    }

    /// Tells what is refused for good: all of it once everything is written, and what was in a step that has failed.
    fn tell_refusals(&mut self, all_is_written: bool) {
        let (steps, is_writing) = (self.ledger.steps_written(), self.ledger.is_writing());
        let is_settled = |owed: &mut Owed| all_is_written || (!is_writing && owed.steps == steps);
        self.owed
            .extract_if(.., is_settled)
            .for_each(|owed| (owed.tell)());
    }

    /// Ends the charges whose time is over, without waiting for a look (I3).
    pub(super) fn expire(&mut self) {
        let now = self.now();
        self.panel.expire(now);
        self.open_breakers();
        self.ledger.touch_ending(&self.panel);
    }

    /// A charge that cannot be written down ends: a restart would not know of it, and nobody would be told.
    pub(super) fn give_up_what_is_lost(&mut self) {
        let now = self.now();
        if !self.ledger.is_lost(now) {
            return;
        }
        let running = self.panel.outlets().filter_map(|(_, outlet)| outlet.charge());
        let running: Vec<_> = running.map(|charge| charge.transaction.clone()).collect();
        for transaction in running {
            // One that is ending already goes on ending.
            let _ending = self.panel.stop(&transaction, EndReason::DiskFailed, now);
        }
        self.open_breakers();
    }

    /// Keeps a command for later. Of a stop, only the answer: the breaker is opened now.
    fn hear(&mut self, command: Command) {
        let command = match command {
            Command::Stop(which, answer) => match self.begin_stopping(&which) {
                Ok(number) => {
                    self.open_breakers();
                    Command::Stopped(number, answer)
                }
                // Its start may wait before it.
                Err(_unknown) => Command::Stop(which, answer),
            },
            other @ (Command::Start(..)
            | Command::Stopped(..)
            | Command::ChangeLimits(..)
            | Command::ClearFault(..)
            | Command::SetRiseThreshold(..)
            | Command::SetAvailable(..)
            | Command::Reset(..)
            | Command::HoldStarts(..)
            | Command::Tell(..)) => other,
        };
        self.heard.push_back(command);
    }
}

/// The end of a charge, what a write has come to, or a command where one `hears`. May be left at any point.
async fn urgent(
    expired: impl Future<Output = ()>,
    writes: &mut Writes,
    (inbox, hears): (&mut mpsc::Receiver<Command>, bool),
) -> Urgent {
    tokio::select! {
        biased;
        () = expired => Urgent::Expired,
        written = writes.next() => Urgent::Written(written),
        Some(command) = inbox.recv(), if hears => Urgent::Heard(command),
    }
}
