//! The transitions of an outlet's state.

use super::flow::SILENT;
use super::{Charge, EndReason, Fault, Notice, Outlet, Phase, Report, State};
use crate::observation::{Observation, Position};
use crate::units::{Millis, Now, Tick, WattHours};

/// After the breaker opened, the closing register is waited for this long …
const CLOSING_REGISTER: Millis = Millis::seconds(10);
/// … but a current that does not go, or a meter that the open breaker leaves without supply, no longer than this.
const CURRENT_GOES: Millis = Millis::seconds(3);
/// A bus may need this long before the breaker can be told at all.
const UNTOLD: Millis = Millis::seconds(60);

impl Outlet {
    pub(super) fn begin_stopping(&mut self, reason: EndReason, now: Tick) {
        self.state = match std::mem::take(&mut self.state) {
            State::Starting { charge, .. } | State::Supplying { charge, .. } => State::Stopping {
                charge,
                reason,
                since: now,
                opened_at: None,
            },
            state @ (State::Idle | State::Stopping { .. } | State::Faulted(_)) => state,
        };
    }

    pub(super) fn advance(&mut self, seen: &Observation, now: Now, reports: &mut Vec<Report>) {
        self.stop_at_limits(now.tick);
        match &self.state {
            State::Starting { .. } => self.advance_starting(now, reports),
            State::Supplying { phase, since, .. } => {
                self.advance_supplying((*phase, *since), seen, now, reports);
            }
            State::Stopping { .. } => self.advance_stopping(seen, now.tick, reports),
            State::Idle | State::Faulted(_) => self.watch_opening(now.tick, reports),
        }
    }

    fn advance_starting(&mut self, now: Now, reports: &mut Vec<Report>) {
        let (goes_on, now) = (self.waits_for_power(now), now.tick);
        if self.sight.position == Position::Closed {
            self.switching.ends_opening();
            return self.energize(now, reports);
        }
        self.find_interrupted(reports);
        if goes_on {
            return;
        }
        let told = self
            .switching
            .told_to_close()
            .map(|at| (at, self.settings.verify));
        let tried = self.switching.tried_to_close().map(|at| (at, UNTOLD));
        match told.or(tried) {
            Some((since, patience)) if now.since(since) >= patience => {
                let (fault, reason) = if self.contact.is_contradicted() {
                    (Fault::FeedbackBroken, EndReason::FeedbackBroken)
                } else {
                    (Fault::DidNotClose, EndReason::DidNotClose)
                };
                self.lock_out(fault, reason, now, reports);
            }
            Some(_) => {}
            None => self.give_up_waiting(now, reports),
        }
    }

    /// Whether a charge that the power has interrupted waits for its panel: what does not answer has refused nothing, and
    /// an ON after which the panel was dark once more is written anew.
    fn waits_for_power(&mut self, now: Now) -> bool {
        if !self.charge().is_some_and(|charge| charge.energized) {
            return false;
        }
        let tried = self.switching.tried_to_close();
        if tried.is_some_and(|at| self.sight.came_back_open_after(at)) {
            self.switching.begin();
            self.closings.has_opened(&self.settings, now);
        }
        self.sight.position == Position::Unknown
    }

    /// Where nothing but the power opens the breaker of a charge that goes on.
    fn find_interrupted(&mut self, reports: &mut Vec<Report>) {
        let is_open = self.sight.position == Position::Open;
        if let State::Starting { charge, .. } = &mut self.state
            && is_open
            && charge.energized
            && !charge.interrupted
        {
            charge.interrupted = true;
            reports.push(Report::PowerLost);
        }
    }

    /// Somebody waits for a charge that was just asked for. One that was taken up again may wait until its end: a
    /// gateway needs its time to boot, and a breaker its rest.
    fn give_up_waiting(&mut self, now: Tick, reports: &mut Vec<Report>) {
        let turn = self.closes_from().unwrap_or(now);
        if self.is_taken_up || now.since(turn) < UNTOLD {
            return;
        }
        self.begin_stopping(EndReason::Unreachable, now);
        // Nothing was told to close, so that nothing is waited for.
        if let State::Stopping { charge, reason, .. } = std::mem::take(&mut self.state) {
            reports.push(self.ended(charge, reason, now));
        }
    }

    fn energize(&mut self, now: Tick, reports: &mut Vec<Report>) {
        self.state = match std::mem::take(&mut self.state) {
            State::Starting { mut charge, .. } => {
                if !charge.energized {
                    reports.push(Report::Energized);
                }
                charge.energized = true;
                State::Supplying {
                    charge,
                    phase: Phase::Energized,
                    since: now,
                }
            }
            state @ (State::Idle | State::Supplying { .. } | State::Stopping { .. } | State::Faulted(_)) => {
                state
            }
        };
    }

    pub(super) fn advance_stopping(&mut self, seen: &Observation, now: Tick, reports: &mut Vec<Report>) {
        self.watch_opening(now, reports);
        let State::Stopping { opened_at, .. } = &mut self.state else {
            return;
        };
        if self.sight.position != Position::Open {
            *opened_at = None;
            return;
        }
        let opened = *opened_at.get_or_insert(now);
        let read_since = seen.reading.is_some_and(|reading| reading.register.is_ok());
        let has_settled = read_since && !self.contact.carries_after_off() && !self.meter.is_in_doubt();
        let tells_no_more = self.contact.carries_after_off() || self.settings.dead_when_open;
        let patience = if tells_no_more {
            CURRENT_GOES
        } else {
            CLOSING_REGISTER
        };
        if has_settled || now.since(opened) >= patience {
            let State::Stopping { charge, reason, .. } = std::mem::take(&mut self.state) else {
                return;
            };
            reports.push(self.ended(charge, reason, now));
        }
    }

    fn ended(&self, charge: Charge, reason: EndReason, now: Tick) -> Report {
        // What a cable draws by itself is nobody's charge.
        let is_billed = reason != EndReason::NoLoad;
        let energy = if is_billed {
            self.charge_energy(&charge)
        } else {
            WattHours(0)
        };
        let fresh = self.meter.silent_for(now).is_some_and(|silent| silent <= SILENT);
        let register = self.meter.register().filter(|_| fresh);
        Report::Ended {
            charge: Box::new(charge),
            reason,
            energy,
            register,
        }
    }

    /// A breaker that is not seen open against our will is an alarm; it ends when the breaker is seen open.
    fn watch_opening(&mut self, now: Tick, reports: &mut Vec<Report>) {
        let ending = matches!(self.state, State::Stopping { .. });
        let ignored = self
            .switching
            .ignores_off(ending, self.sight.position, self.settings.verify, now);
        match self.alarm {
            None if ignored => {
                self.alarm = Some(Fault::DidNotOpen);
                reports.push(Report::Fault(Fault::DidNotOpen));
            }
            Some(fault) if self.sight.position == Position::Open => {
                self.alarm = None;
                reports.push(Report::FaultCleared(fault));
            }
            Some(_) | None => {}
        }
    }

    /// Ends whatever runs with the last good counter and wants the breaker open from now on.
    pub(super) fn lock_out(&mut self, fault: Fault, reason: EndReason, now: Tick, reports: &mut Vec<Report>) {
        self.begin_stopping(reason, now);
        match std::mem::replace(&mut self.state, State::Faulted(fault)) {
            State::Stopping { charge, reason, .. } => reports.push(self.ended(charge, reason, now)),
            State::Idle | State::Starting { .. } | State::Supplying { .. } | State::Faulted(_) => {}
        }
        reports.push(Report::Fault(fault));
        if fault == Fault::Tripped && self.settings.trip_reset_by_off {
            self.caution.hold_reset();
        }
        if fault == Fault::Welded {
            reports.push(Report::Notice(Notice::OpenUpstream));
        }
    }
}
