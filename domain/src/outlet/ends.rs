//! The limits that end a charge: its time to the second, its energy to the watt-hour (I3).

use super::flow::SILENT;
use super::{Charge, EndReason, Outlet, State};
use crate::units::{Tick, WattHours};

impl Outlet {
    /// When the charge must end unless something changes before: its deadline, or its energy at the present power.
    pub fn next_end(&self) -> Option<Tick> {
        let (State::Starting { charge, .. } | State::Supplying { charge, .. }) = &self.state else {
            return None;
        };
        let left = charge
            .energy_limit
            .map(|limit| limit - self.charge_energy(charge));
        let limit = left.and_then(|left| self.flow.passes(left, self.settings.register_step));
        Some(limit.map_or(charge.deadline.tick, |limit| limit.min(charge.deadline.tick)))
    }

    /// The limits end a charge whatever else is known or unknown.
    pub(super) fn stop_at_limits(&mut self, now: Tick) {
        let (State::Starting { charge, .. } | State::Supplying { charge, .. }) = &self.state else {
            return;
        };
        if charge.deadline.has_passed(now) {
            self.begin_stopping(EndReason::TimeLimit, now);
        } else if charge
            .energy_limit
            .is_some_and(|limit| self.energy_by(charge, now) >= limit)
        {
            self.begin_stopping(EndReason::EnergyLimit, now);
        }
    }

    /// What was counted, and what must have passed besides.
    fn energy_by(&self, charge: &Charge, now: Tick) -> WattHours {
        let untold = self.flow.untold(self.settings.register_step, now);
        self.charge_energy(charge) + untold.max(self.unseen_energy(now))
    }

    /// What may have passed while no register was believed: a limit of energy is not exceeded for want of a reading.
    fn unseen_energy(&self, now: Tick) -> WattHours {
        let Some(closed_since) = self.closed_since() else {
            return WattHours(0);
        };
        let closed_for = now.since(closed_since);
        let silent = self
            .meter
            .silent_for(now)
            .map_or(closed_for, |silent| silent.min(closed_for));
        if silent > SILENT {
            self.meter.carried_in(silent)
        } else {
            WattHours(0)
        }
    }

    /// Since when the charge may have drawn, in this boot.
    fn closed_since(&self) -> Option<Tick> {
        match &self.state {
            State::Starting { .. } => self.switching.told_to_close(),
            State::Supplying { since, .. } => Some(*since),
            State::Idle | State::Stopping { .. } | State::Faulted(_) => None,
        }
    }
}
