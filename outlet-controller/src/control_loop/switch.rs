//! Writes the breakers that differ from what their state asks for. Nobody waits for a write: it goes on by itself.

use std::sync::Arc;

use domain::ids::OutletNumber;
use domain::observation::Observation;
use domain::outlet::Wanted;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use super::ControlLoop;
use super::see::Seen;
use crate::modbus::panel_io::{PanelIo, SwitchError};

/// What is done to a breaker's outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Switch(Wanted),
    /// Ends what is left of a pulse.
    Release,
}

/// What became of an act, and what was seen right after it.
#[derive(Debug)]
pub(super) struct Written {
    number: OutletNumber,
    act: Act,
    result: Result<Option<Observation>, SwitchError>,
}

/// The writes under way: of each kind one per outlet.
#[derive(Debug, Default)]
pub(super) struct Writes {
    tasks: JoinSet<Written>,
    under_way: Vec<(OutletNumber, Act, AbortHandle)>,
}

impl Writes {
    fn is_under_way(&self, number: OutletNumber, act: Act) -> bool {
        let mut under_way = self.under_way.iter();
        under_way.any(|(other, doing, _)| (*other, *doing) == (number, act))
    }

    fn begin(&mut self, io: &Arc<PanelIo>, number: OutletNumber, act: Act) {
        let io = Arc::clone(io);
        let handle = self.tasks.spawn(async move {
            let result = match act {
                Act::Switch(wanted) => io.switch(number, wanted).await,
                Act::Release => io.release(number).await.map(|()| None),
            };
            Written { number, act, result }
        });
        self.under_way.push((number, act, handle));
    }

    /// The next that ends. May be left at any point.
    pub(super) async fn next(&mut self) -> Written {
        loop {
            let Some(ended) = self.tasks.join_next().await else {
                return std::future::pending().await;
            };
            if let Some(written) = super::value_of(ended)
                && self.forget(written.number, written.act)
            {
                return written;
            }
        }
    }

    /// Ends with the last that is under way.
    async fn last(&mut self) -> Option<Written> {
        if self.under_way.is_empty() {
            return None;
        }
        Some(self.next().await)
    }

    /// Whether it was under way.
    fn forget(&mut self, number: OutletNumber, act: Act) -> bool {
        let before = self.under_way.len();
        self.under_way
            .retain(|(other, doing, _)| (*other, *doing) != (number, act));
        self.under_way.len() < before
    }

    /// Keeps what was not sent yet from being sent; false if there was nothing to keep.
    fn call_off(&mut self, number: OutletNumber, act: Act) -> bool {
        let found = self
            .under_way
            .iter()
            .find(|(other, doing, _)| (*other, *doing) == (number, act));
        if let Some((_, _, task)) = found {
            task.abort();
        }
        self.forget(number, act)
    }
}

impl ControlLoop {
    /// Opening needs nobody's leave, not even the disk's.
    pub(super) fn open_breakers(&mut self) {
        self.switch_those(Wanted::Open);
    }

    /// Closing comes after the charge and its limits are on disk (I3).
    pub(super) fn close_breakers(&mut self) {
        self.switch_those(Wanted::Closed);
    }

    fn switch_those(&mut self, wanted: Wanted) {
        let now = self.now();
        for (number, due) in self.panel.switches_due(now) {
            let follows_off =
                wanted == Wanted::Closed && self.writes.is_under_way(number, Act::Switch(Wanted::Open));
            if due != wanted || follows_off || self.writes.is_under_way(number, Act::Switch(wanted)) {
                continue;
            }
            // An ON that is on the wire already may be heard; OFF comes right after it.
            if wanted == Wanted::Open && self.writes.call_off(number, Act::Switch(Wanted::Closed)) {
                self.panel.perhaps_switched(number, Wanted::Closed, now);
                self.ledger.touch(number);
            }
            // The write begins with the same, and more urgently.
            self.writes.call_off(number, Act::Release);
            self.panel.tried(number, wanted, now);
            self.looks.outdate(number);
            self.writes.begin(&self.io, number, Act::Switch(wanted));
        }
    }

    /// An output that may still be pressed is released as soon as its board answers.
    pub(super) fn release_outputs(&mut self) {
        for number in self.io.pressed() {
            if !self.writes.is_under_way(number, Act::Release) {
                self.writes.begin(&self.io, number, Act::Release);
            }
        }
    }

    pub(super) fn written(&mut self, written: Written) {
        let Written { number, act, result } = written;
        match act {
            Act::Switch(wanted) => self.switched(number, wanted, result),
            Act::Release => {
                if let Err(error) = result {
                    let cause = std::error::Error::source(&error);
                    tracing::debug!(outlet = number.get(), %error, cause, "an output may still be on");
                }
            }
        }
    }

    fn switched(
        &mut self,
        number: OutletNumber,
        wanted: Wanted,
        result: Result<Option<Observation>, SwitchError>,
    ) {
        self.pace.answered(result.is_ok());
        self.looks.outdate(number);
        let now = self.now();
        match result {
            Ok(seen) => {
                tracing::debug!(outlet = number.get(), ?wanted, "the breaker was told");
                self.untold.remove(&number);
                self.panel.switched(number, wanted, now);
                self.glimpses.extend(seen.map(|seen| (number, seen)));
            }
            // Told again after a look; logged once.
            Err(error) => {
                if error.may_have_been_heard() {
                    self.panel.perhaps_switched(number, wanted, now);
                }
                if self.untold.insert(number) {
                    let cause = std::error::Error::source(&error);
                    tracing::warn!(outlet = number.get(), ?wanted, %error, cause, "the breaker cannot be told");
                }
            }
        }
        // How often it has moved outlives a restart.
        self.ledger.touch(number);
    }

    /// What was seen right after writes, as a look.
    pub(super) fn glimpsed(&mut self) -> Option<(Seen, Instant)> {
        let outlets = std::mem::take(&mut self.glimpses);
        let seen = Seen {
            outlets,
            ..Seen::default()
        };
        (!seen.outlets.is_empty()).then(|| (seen, Instant::now()))
    }

    /// Waits for what is on the wires.
    pub(super) async fn finish_writes(&mut self) {
        while let Some(written) = self.writes.last().await {
            self.written(written);
        }
    }
}
