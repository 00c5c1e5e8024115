//! The limits that end a charge: its time to the second, its energy to the watt-hour (I3).

use super::{Charge, EndReason, Outlet, State};
use crate::observation::Reading;
use crate::units::{Millis, Tick, WattHours, Watts};

/// A meter silent for longer is taken to count as fast as the circuit can carry.
pub(super) const SILENT: Millis = Millis::seconds(60);
const MS_PER_HOUR: i64 = 3_600_000;

/// The power when the register was believed last: what has passed since then follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flow {
    power: Watts,
    at: Tick,
}

impl Flow {
    /// `None` where nothing flows, or nobody knows. A power that the circuit cannot carry is cut to what it can.
    pub(super) fn of(reading: &Reading, max_power: Watts, at: Tick) -> Option<Self> {
        let power = reading.power.ok()?.min(max_power);
        (power.0 > 0).then_some(Self { power, at })
    }

    fn since(self, now: Tick) -> WattHours {
        let elapsed = now.since(self.at);
        if elapsed > SILENT {
            return WattHours(0);
        }
        let elapsed_ms = i64::try_from(elapsed.0).unwrap_or(i64::MAX);
        WattHours(self.power.0.saturating_mul(elapsed_ms) / MS_PER_HOUR)
    }

    /// When `left` will have passed, if that is soon.
    fn passes(self, left: WattHours) -> Option<Tick> {
        let wait_ms = left.0.saturating_mul(MS_PER_HOUR).div_euclid(self.power.0) + 1;
        let wait = Millis(u64::try_from(wait_ms).ok()?);
        (wait <= SILENT).then(|| self.at.after(wait))
    }
}

impl Outlet {
    /// When the charge must end unless something changes before: its deadline, or its energy at the present power.
    pub fn next_end(&self) -> Option<Tick> {
        let (State::Starting { charge, .. } | State::Supplying { charge, .. }) = &self.state else {
            return None;
        };
        let left = charge
            .energy_limit
            .map(|limit| limit - self.charge_energy(charge));
        let limit = left.zip(self.flow).and_then(|(left, flow)| flow.passes(left));
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

    /// What was counted, and what must have passed since the register was read.
    fn energy_by(&self, charge: &Charge, now: Tick) -> WattHours {
        let flowed = self.flow.map_or(WattHours(0), |flow| flow.since(now));
        self.charge_energy(charge) + flowed.max(self.unseen_energy(now))
    }

    /// What may have passed since a meter fell silent: a limit of energy is not exceeded for want of a reading.
    fn unseen_energy(&self, now: Tick) -> WattHours {
        let silent = self.meter.silent_for(now).filter(|silent| *silent > SILENT);
        silent.map_or(WattHours(0), |silent| self.meter.carried_in(silent))
    }
}
