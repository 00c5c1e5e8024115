//! What of an outlet must survive a restart, and the outlet after one.

use serde::{Deserialize, Serialize};

use super::caution::Caution;
use super::closings::Closings;
use super::life::Life;
use super::sight::Sight;
use super::watch::RiseWatch;
use super::{AfterPowerCut, Charge, Deadline, EndReason, Fault, Outlet, Phase, Settings, State};
use crate::meter::{LONGEST_GAP, Meter};
use crate::units::{MilliAmps, Millis, Now, Tick};

/// What must survive a restart, written before the breaker closes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    pub charge: Option<Charge>,
    /// Why the charge is being ended already, so that a restart does not let it go on.
    #[serde(default)]
    pub stopping: Option<EndReason>,
    pub lockout: Option<Fault>,
    pub meter: Meter,
    /// The serial number that the meter has told.
    #[serde(default)]
    pub serial: Option<String>,
    /// The breaker whose operations are counted.
    #[serde(default)]
    pub breaker_id: Option<String>,
    pub rise_threshold: Option<MilliAmps>,
    /// How often the breaker has closed in its life.
    #[serde(default)]
    pub operations: u64,
    /// For each closing of the last hour, when it is an hour old.
    #[serde(default)]
    pub closings: Vec<Deadline>,
    /// Until when the breaker must stay open.
    #[serde(default)]
    pub rest: Option<Deadline>,
    /// Somebody has taken the outlet out of use.
    #[serde(default)]
    pub unavailable: bool,
    /// The power was gone since this was written.
    #[serde(skip)]
    pub after_boot: bool,
}

impl Saved {
    /// The boot under which this was written still ran at `last`.
    #[must_use]
    pub fn noted_again(mut self, last: Now) -> Self {
        if let Some(charge) = &mut self.charge {
            charge.deadline = charge.deadline.noted_again(last);
        }
        self
    }

    /// After a restart within the same boot.
    #[must_use]
    pub fn after_restart(mut self, now: Now) -> Self {
        if let Some(charge) = &mut self.charge {
            charge.deadline = charge.deadline.after_restart(now);
        }
        self
    }

    /// After a new boot: the ticks begin anew, and how long the cut was nobody knows.
    #[must_use]
    pub fn after_boot(mut self, now: Now) -> Self {
        let is_measured = self
            .charge
            .as_ref()
            .is_some_and(|charge| charge.deadline.is_measured(now));
        self.meter = self.meter.after_gap(self.longest_gap(now), is_measured);
        if let Some(charge) = &mut self.charge {
            charge.deadline = charge.deadline.end_after_boot(now);
        }
        for deadline in self.closings.iter_mut().chain(&mut self.rest) {
            *deadline = deadline.wait_after_boot(now);
        }
        self.after_boot = true;
        self
    }

    /// How long ago the register was read at most. Without a charge what it has moved since is nobody's anyway.
    fn longest_gap(&self, now: Now) -> Millis {
        let noted = self.charge.as_ref().map(|charge| charge.deadline);
        noted
            .zip(self.meter.believed_at())
            .map_or(LONGEST_GAP, |(deadline, believed)| {
                deadline.longest_since(believed, now)
            })
    }
}

impl Outlet {
    /// An outlet after a restart: a charge within its limits goes on, any other ends.
    pub fn resume(settings: Settings, saved: Saved, now: Now) -> Self {
        let state = resumed(&settings, &saved, now);
        let mut closings = Closings::restore(saved.closings, saved.rest);
        if saved.after_boot {
            // When the power cut opened it nobody saw.
            closings.has_opened(&settings, now);
        }
        let sight = if saved.after_boot && !settings.latching {
            Sight::after_power_cut()
        } else {
            Sight::default()
        };
        Self {
            state,
            sight,
            is_taken_up: true,
            caution: Caution::from(now.tick),
            meter: saved.meter.described(settings.max_power, settings.register_step),
            serial: saved.serial,
            breaker_id: saved.breaker_id,
            rise: RiseWatch::new(saved.rise_threshold.or(settings.rise_threshold)),
            life: Life {
                operations: saved.operations,
            },
            closings,
            unavailable: saved.unavailable,
            ..Self::new(settings)
        }
    }

    /// The wall clock is known to be right now: see [`Deadline::set_right`]. Whether anything is new. A charge whose end
    /// that clock shows to have passed is over.
    pub fn set_right(&mut self, now: Now) -> bool {
        let (State::Starting { charge, .. }
        | State::Supplying { charge, .. }
        | State::Stopping { charge, .. }) = &mut self.state
        else {
            return false;
        };
        let is_new = charge.deadline.set_right(now);
        if is_new {
            self.stop_at_limits(now.tick);
        }
        is_new
    }

    /// What must survive a restart.
    pub fn saved(&self) -> Saved {
        let (lockout, stopping) = match self.state {
            State::Faulted(fault) => (Some(fault), None),
            State::Stopping { reason, .. } => (None, Some(reason)),
            State::Idle | State::Starting { .. } | State::Supplying { .. } => (None, None),
        };
        Saved {
            charge: self.charge().cloned(),
            stopping,
            lockout,
            meter: self.meter,
            serial: self.serial.clone(),
            breaker_id: self.breaker_id.clone(),
            rise_threshold: self.rise.threshold(),
            operations: self.life.operations,
            closings: self.closings.hours(),
            rest: self.closings.rest(),
            unavailable: self.unavailable,
            after_boot: false,
        }
    }
}

fn resumed(settings: &Settings, saved: &Saved, now: Now) -> State {
    let since = now.tick;
    let Some(charge) = saved.charge.clone() else {
        return saved.lockout.map_or(State::Idle, State::Faulted);
    };
    let cut = saved.after_boot && settings.after_power_cut == AfterPowerCut::End;
    let ends_by_cut = cut.then_some(EndReason::PowerLoss);
    let ends_by_time = charge.deadline.has_passed(since).then_some(EndReason::TimeLimit);
    match saved.stopping.or(ends_by_cut).or(ends_by_time) {
        Some(reason) => State::Stopping {
            charge,
            reason,
            since,
            opened_at: None,
        },
        // Nobody can tell whether it tripped: what may have been told to close is not closed again.
        None if !charge.energized && saved.after_boot && !settings.has_trip_contact => State::Stopping {
            charge,
            reason: EndReason::PowerLoss,
            since,
            opened_at: None,
        },
        None if charge.energized && is_left_open(settings, saved) => State::Supplying {
            charge,
            phase: Phase::Energized,
            since: closed_since(saved, since),
        },
        None => State::Starting { charge, since },
    }
}

/// Whether a breaker found open is not closed again: the power did not open it, or not for certain.
fn is_left_open(settings: &Settings, saved: &Saved) -> bool {
    !saved.after_boot || settings.latching || !settings.has_trip_contact
}

/// A breaker that was closed before a restart has been so since the register was read, at least.
fn closed_since(saved: &Saved, now: Tick) -> Tick {
    let silent = saved.meter.silent_for(now).unwrap_or_default();
    Tick(now.0.saturating_sub(silent.0))
}
