//! What of an outlet must survive a restart, and the outlet after one.

use serde::{Deserialize, Serialize};

use super::closings::Closings;
use super::life::Life;
use super::watch::RiseWatch;
use super::{AfterPowerCut, Charge, Deadline, EndReason, Fault, Outlet, Phase, Settings, State};
use crate::meter::Meter;
use crate::units::{MilliAmps, Now};

/// What must survive a restart, written before the breaker closes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    pub charge: Option<Charge>,
    /// Why the charge is being ended already, so that a restart does not let it go on.
    #[serde(default)]
    pub stopping: Option<EndReason>,
    pub lockout: Option<Fault>,
    pub meter: Meter,
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
        self.meter = self.meter.after_unknown_gap();
        if let Some(charge) = &mut self.charge {
            charge.deadline = charge.deadline.end_after_boot(now);
        }
        for deadline in self.closings.iter_mut().chain(&mut self.rest) {
            *deadline = deadline.wait_after_boot(now);
        }
        self.after_boot = true;
        self
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
        Self {
            state,
            meter: saved.meter.described(settings.max_power, settings.register_step),
            rise: RiseWatch::new(saved.rise_threshold.or(settings.rise_threshold)),
            life: Life {
                operations: saved.operations,
            },
            closings,
            ..Self::new(settings)
        }
    }

    /// The wall clock is known to be right now: see [`Deadline::set_right`]. Whether anything is new.
    pub fn set_right(&mut self, now: Now) -> bool {
        match &mut self.state {
            State::Starting { charge, .. }
            | State::Supplying { charge, .. }
            | State::Stopping { charge, .. } => charge.deadline.set_right(now),
            State::Idle | State::Faulted(_) => false,
        }
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
            rise_threshold: self.rise.threshold(),
            operations: self.life.operations,
            closings: self.closings.hours(),
            rest: self.closings.rest(),
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
    match saved.stopping.or(cut.then_some(EndReason::PowerLoss)) {
        Some(reason) => State::Stopping {
            charge,
            reason,
            since,
            opened_at: None,
        },
        // With the power never gone, a breaker found open was opened by somebody.
        None if charge.energized && !saved.after_boot => State::Supplying {
            charge,
            phase: Phase::Energized,
        },
        None => State::Starting { charge, since },
    }
}
