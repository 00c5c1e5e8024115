//! A closed breaker: charging or not, opened by somebody, for nobody, for a full car.

use super::{AfterPowerCut, EndReason, Notice, Outlet, Phase, Report, State, WhenIdle};
use crate::observation::{Observation, Position};
use crate::units::{MilliAmps, Millis, Now, Tick};

impl Outlet {
    pub(super) fn advance_supplying(
        &mut self,
        (phase, since): (Phase, Tick),
        seen: &Observation,
        now: Now,
        reports: &mut Vec<Report>,
    ) {
        if self.sight.position == Position::Open {
            return self.find_open(seen, now.tick, reports);
        }
        if let State::Supplying { charge, .. } = &mut self.state
            && self.sight.position == Position::Closed
            && std::mem::take(&mut charge.interrupted)
        {
            reports.push(Report::PowerResumed);
        }
        let fresh = seen.current.is_some() || seen.reading.is_some();
        let (Some(current), true) = (self.current, fresh) else {
            return;
        };
        self.follow_phase(phase, current, now.tick, reports);
        self.watch_lull(current, since, now.tick, reports);
    }

    /// A charge whose breaker is seen open in two looks ends, unless the power opened it and it goes on after that; a
    /// meter that contradicts is heard first.
    fn find_open(&mut self, seen: &Observation, now: Tick, reports: &mut Vec<Report>) {
        if !self.sight.is_surely_open() || self.contact.is_in_doubt() {
            return;
        }
        // As after a boot: where nobody can tell whether it tripped, or no power cut opens it, it stays open.
        let reason = match (self.sight.was_found_open(), self.settings.after_power_cut) {
            (true, AfterPowerCut::Continue) if self.settings.latching => EndReason::OpenedByHand,
            (true, AfterPowerCut::Continue) if self.settings.has_trip_contact => {
                return self.begin_again(now);
            }
            (true, _) => EndReason::PowerLoss,
            (false, _) => EndReason::OpenedByHand,
        };
        self.begin_stopping(reason, now);
        self.advance_stopping(seen, now, reports);
    }

    /// The breaker waits to be closed once more, as after a boot: when it was tried for the first time says nothing of
    /// this, and it may wait as long as the charge may last.
    fn begin_again(&mut self, now: Tick) {
        self.switching.begin();
        self.is_taken_up = true;
        self.state = match std::mem::take(&mut self.state) {
            State::Supplying { charge, .. } => State::Starting {
                charge,
                since: now.max(self.held_until),
            },
            state @ (State::Idle | State::Starting { .. } | State::Stopping { .. } | State::Faulted(_)) => {
                state
            }
        };
    }

    fn follow_phase(&mut self, phase: Phase, current: MilliAmps, now: Tick, reports: &mut Vec<Report>) {
        let settings = self.settings;
        let charging = self
            .charging
            .charging(current, settings.charging_from, settings.paused_after, now);
        let next = match (phase, charging) {
            (Phase::Energized | Phase::Paused, Some(true)) => Phase::Charging,
            (Phase::Charging, Some(false)) => Phase::Paused,
            (phase, _) => phase,
        };
        if next == phase {
            return;
        }
        reports.push(if next == Phase::Charging {
            Report::ChargingStarted
        } else {
            Report::ChargingPaused
        });
        if let State::Supplying { charge, phase, .. } = &mut self.state {
            *phase = next;
            charge.charged |= next == Phase::Charging;
        }
    }

    /// `since`: when the breaker was seen closed.
    fn watch_lull(&mut self, current: MilliAmps, since: Tick, now: Tick, reports: &mut Vec<Report>) {
        let State::Supplying { charge, .. } = &self.state else {
            return;
        };
        let (charged, when_idle) = (charge.charged, charge.when_idle);
        let settings = self.settings;
        let low = if charged {
            settings.idle_below
        } else {
            settings.charging_from
        };
        let Some(lasted) = self.lull.lasts(current, low, now) else {
            return;
        };
        let reached = |after: Millis| after > Millis(0) && lasted >= after;
        let was_on = now.since(since) >= settings.min_on;
        if charged {
            if reached(settings.idle_after) && self.lull.tells() {
                reports.push(Report::Notice(Notice::CarIdle));
            }
            if reached(settings.idle_after) && when_idle == WhenIdle::End && was_on {
                self.begin_stopping(EndReason::CarIdle, now);
            }
            return;
        }
        if reached(settings.no_load_warning) && self.lull.tells() {
            reports.push(Report::Notice(Notice::NoLoad));
        }
        if reached(settings.no_load_off) && was_on {
            self.begin_stopping(EndReason::NoLoad, now);
        }
    }
}
