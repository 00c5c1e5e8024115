//! Takes in what was seen of breaker and meter, and what of it is dangerous.

use super::contact::Metered;
use super::moves::Told;
use super::{EndReason, Fault, Notice, Outlet, Report, State};
use crate::meter::{Anomaly, Outcome};
use crate::observation::{Observation, Position, Reading, Unusable};
use crate::units::{MilliAmps, Now, Tick, WattHours, Watts};

/// What has seen something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sense {
    /// A look at the breaker, perhaps with its meter.
    Look,
    /// The meter alone.
    Meter,
}

impl Outlet {
    pub(super) fn see_breaker(&mut self, seen: &Observation, now: Now, reports: &mut Vec<Report>) {
        let told_to_close = self.switching.may_have_closed_it(now.tick);
        let change = self.sight.take(seen, &self.settings, told_to_close, now.tick);
        let tripped = self.sight.trip.is_on();
        match self.moves.take(seen.position, tripped, now.tick) {
            Some(Told::Move) => reports.push(Report::BreakerMoved {
                position: seen.position,
                tripped,
            }),
            Some(Told::Chatter) => reports.push(Report::Notice(Notice::ContactChatters)),
            None => {}
        }
        self.switching.saw(seen.position);
        self.closed_unread |= seen.position != Position::Open;
        if change.opened {
            self.closings.has_opened(&self.settings, now);
        }
        if change.closed && change.was_known {
            reports.extend(self.life.has_closed(self.settings.life_ops).map(Report::Notice));
        }
        if change.closed && self.is_closed_by_hand(change.was_known, now.tick) {
            reports.push(Report::Notice(Notice::ClosedByHand));
        }
    }

    /// A breaker that nobody wants closed and that our own ON cannot have closed.
    fn is_closed_by_hand(&self, was_known: bool, now: Tick) -> bool {
        let unwanted = match self.state {
            State::Idle | State::Faulted(_) => true,
            // After a restart, it is still closed from before.
            State::Stopping { .. } => was_known,
            State::Starting { .. } | State::Supplying { .. } => false,
        };
        unwanted && !self.switching.may_have_closed_it(now)
    }

    pub(super) fn see_meter(&mut self, seen: &Observation, now: Tick, reports: &mut Vec<Report>) {
        let current = seen.reading.map(|reading| reading.current).or(seen.current);
        if let Some(measured) = current {
            self.current = measured.ok();
            if measured != self.reading.current {
                self.reading.power = self.reading.power.and(Err(Unusable::Outdated));
            }
            self.reading.current = measured;
        }
        if let Some(reading) = seen.reading {
            self.take_reading(reading, seen.position, now, reports);
        }
    }

    pub(super) fn take_reading(
        &mut self,
        reading: Reading,
        position: Position,
        now: Tick,
        reports: &mut Vec<Report>,
    ) {
        self.reading = reading;
        let moved = match self.meter.observe(reading.register, now) {
            Outcome::Nothing(anomaly) => {
                return reports.extend(anomaly.map(Report::MeterAnomaly));
            }
            Outcome::Rebased { from, to } => {
                reports.push(Report::MeterRebased { from, to });
                None
            }
            Outcome::Baseline => {
                self.flow.begin();
                None
            }
            Outcome::Advanced(moved) => Some(moved),
        };
        self.closed_unread = position != Position::Open;
        if self.stands_still(&reading, moved, now)
            && let Some(from) = self.meter.register()
        {
            reports.push(Report::MeterAnomaly(Anomaly::Frozen { from }));
        }
    }

    /// Whether the register is found to stand still. A power that the circuit cannot carry is cut to what it can.
    fn stands_still(&mut self, reading: &Reading, moved: Option<WattHours>, now: Tick) -> bool {
        let power = reading.power.unwrap_or(Watts(0)).min(self.settings.max_power);
        self.flow.takes(power, moved, self.settings.register_step, now)
    }

    /// The current for the contact's sake: a meter that the open breaker leaves without supply sees none.
    fn current_behind(&self) -> Option<MilliAmps> {
        let unsupplied = self.settings.dead_when_open && self.sight.position == Position::Open;
        self.current.or(unsupplied.then_some(MilliAmps(0)))
    }

    /// What locks the outlet out now. What is graver replaces what is known.
    pub(super) fn danger(
        &mut self,
        seen: &Observation,
        sense: Sense,
        now: Tick,
    ) -> Option<(Fault, EndReason)> {
        let current_is_new = seen.current.is_some() || seen.reading.is_some();
        let reads_behind = seen.reading.filter(|_| self.settings.dead_when_open);
        let metered = Metered {
            current: self.current_behind(),
            current_is_new,
            voltage_behind: reads_behind.and_then(|reading| reading.voltage.ok()),
            voltage_is_new: reads_behind.is_some(),
        };
        let wanted = self.breaker_wanted();
        match sense {
            Sense::Look => self.contact.takes(wanted, self.sight.position, metered, now),
            Sense::Meter => self.contact.hears(metered),
        }
        let new_current = self.current.filter(|_| current_is_new);
        let over =
            new_current.is_some_and(|current| self.overload.is_over(current, self.settings.rated, now));
        if self.contact.is_welded() {
            let known = self.fault() == Some(Fault::Welded);
            return (!known).then_some((Fault::Welded, EndReason::Welded));
        }
        let dangers = [
            (
                self.sight.leakage.is_certain(),
                Fault::Leakage,
                EndReason::Leakage,
            ),
            (self.sight.trip.is_certain(), Fault::Tripped, EndReason::Tripped),
            (over, Fault::OverCurrent, EndReason::OverCurrent),
            (
                self.contact.feedback_is_broken(),
                Fault::FeedbackBroken,
                EndReason::FeedbackBroken,
            ),
        ];
        let found = dangers.into_iter().find(|(is_there, _, _)| *is_there);
        found
            .filter(|_| !self.is_locked_out())
            .map(|(_, fault, reason)| (fault, reason))
    }

    /// Whether only a person's request makes the outlet usable again.
    pub(super) fn is_locked_out(&self) -> bool {
        match self.state {
            State::Faulted(fault) => fault != Fault::DidNotClose,
            State::Idle | State::Starting { .. } | State::Supplying { .. } | State::Stopping { .. } => false,
        }
    }

    pub(super) fn watch_rise(&mut self, seen: &Observation, reports: &mut Vec<Report>) {
        // A look at the breaker alone is not a second sample of the current.
        let fresh = seen.current.is_some() || seen.reading.is_some();
        if fresh
            && let Some(current) = self.current
            && let Some(threshold) = self.rise.rises(current)
        {
            reports.push(Report::CurrentRise { current, threshold });
        }
    }
}
