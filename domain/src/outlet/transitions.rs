//! The transitions of an outlet's state.

use super::{Charge, EndReason, Fault, Outlet, Phase, Report, State};
use crate::observation::{Observation, Position};
use crate::units::{Millis, Now, Tick, WattHours};

/// After the breaker opened, the closing register is waited for this long.
const SETTLE: Millis = Millis::seconds(3);
/// A disk or a bus may need this long before the breaker can be told at all.
const UNTOLD: Millis = Millis::seconds(60);
/// A meter silent for longer is taken to count as fast as the circuit can carry.
const SILENT: Millis = Millis::seconds(60);

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
        if self.tripped && !matches!(self.state, State::Faulted(_)) {
            return self.lock_out(Fault::Tripped, EndReason::Tripped, now.tick, reports);
        }
        self.stop_at_limits(now.tick);
        match &self.state {
            State::Starting { since, .. } => self.advance_starting(*since, now, reports),
            State::Supplying { phase, .. } => self.advance_supplying(*phase, seen, now, reports),
            State::Stopping { .. } => self.advance_stopping(seen, now.tick, reports),
            State::Idle | State::Faulted(_) => self.watch_opening(now.tick, reports),
        }
    }

    /// I3: the limits end a charge whatever else is known or unknown.
    pub(super) fn stop_at_limits(&mut self, now: Tick) {
        let (State::Starting { charge, .. } | State::Supplying { charge, .. }) = &self.state else {
            return;
        };
        let energy = self.charge_energy(charge) + self.unseen_energy(now);
        if charge.deadline.has_passed(now) {
            self.begin_stopping(EndReason::TimeLimit, now);
        } else if charge.energy_limit.is_some_and(|limit| energy >= limit) {
            self.begin_stopping(EndReason::EnergyLimit, now);
        }
    }

    /// What may have passed since a meter fell silent: a limit of energy is not exceeded for want of a reading.
    fn unseen_energy(&self, now: Tick) -> WattHours {
        let silent = self.meter.silent_for(now).filter(|silent| *silent > SILENT);
        silent.map_or(WattHours(0), |silent| self.meter.carried_in(silent))
    }

    fn advance_starting(&mut self, since: Tick, now: Now, reports: &mut Vec<Report>) {
        let (from, patience) = match self.switching.told_to_close() {
            Some(told) => (told, self.settings.verify),
            None => (since, UNTOLD),
        };
        match self.position {
            Position::Closed => {
                self.switching.may_be_closed();
                self.energize(reports);
            }
            Position::Open | Position::Unknown if now.tick.since(from) >= patience => {
                self.lock_out(Fault::DidNotClose, EndReason::DidNotClose, now.tick, reports);
            }
            Position::Open | Position::Unknown => {}
        }
    }

    fn energize(&mut self, reports: &mut Vec<Report>) {
        self.state = match std::mem::take(&mut self.state) {
            State::Starting { mut charge, .. } => {
                if !charge.energized {
                    reports.push(Report::Energized);
                }
                charge.energized = true;
                State::Supplying {
                    charge,
                    phase: Phase::Energized,
                }
            }
            state @ (State::Idle | State::Supplying { .. } | State::Stopping { .. } | State::Faulted(_)) => {
                state
            }
        };
    }

    fn advance_supplying(&mut self, phase: Phase, seen: &Observation, now: Now, reports: &mut Vec<Report>) {
        if self.position == Position::Open {
            self.begin_stopping(EndReason::OpenedByHand, now.tick);
            return self.advance_stopping(seen, now.tick, reports);
        }
        let fresh = seen.current.is_some() || seen.reading.is_some();
        let (Some(current), true) = (self.current, fresh) else {
            return;
        };
        let settings = self.settings;
        let charging =
            self.charging
                .charging(current, settings.charging_from, settings.paused_after, now.tick);
        let next = match (phase, charging) {
            (Phase::Energized | Phase::Paused, Some(true)) => Phase::Charging,
            (Phase::Charging, Some(false)) => Phase::Paused,
            (phase, _) => phase,
        };
        if next != phase {
            reports.push(if next == Phase::Charging {
                Report::ChargingStarted
            } else {
                Report::ChargingPaused
            });
        }
        if let State::Supplying { phase, .. } = &mut self.state {
            *phase = next;
        }
    }

    fn advance_stopping(&mut self, seen: &Observation, now: Tick, reports: &mut Vec<Report>) {
        self.watch_opening(now, reports);
        let State::Stopping { opened_at, .. } = &mut self.state else {
            return;
        };
        if self.position != Position::Open {
            *opened_at = None;
            return;
        }
        let opened = *opened_at.get_or_insert(now);
        let read_since = seen.reading.is_some_and(|reading| reading.register.is_ok());
        if read_since || now.since(opened) >= SETTLE {
            let State::Stopping { charge, reason, .. } = std::mem::take(&mut self.state) else {
                return;
            };
            reports.push(self.ended(charge, reason, now));
        }
    }

    fn ended(&self, charge: Charge, reason: EndReason, now: Tick) -> Report {
        let energy: WattHours = self.charge_energy(&charge);
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
            .ignores_off(ending, self.position, self.settings.verify, now);
        match self.alarm {
            None if ignored => {
                self.alarm = Some(Fault::DidNotOpen);
                reports.push(Report::Fault(Fault::DidNotOpen));
            }
            Some(fault) if self.position == Position::Open => {
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
    }
}
