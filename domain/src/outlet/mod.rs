//! One outlet as its controller sees it: what its breaker should be, what was seen, what others must hear.
//!
//! State asks, reports tell: [`Outlet::breaker_wanted`] is a function of the state alone and is compared with what is
//! seen on every look; a [`Report`] is made once by a transition and must reach the server.

mod charge;
mod report;
mod settings;
mod switching;
mod transitions;
mod watch;

pub use charge::{Charge, Deadline, Start};
pub use report::{EndReason, Fault, Phase, Refusal, Report, Status};
pub use settings::{AfterPowerCut, Settings};

use serde::{Deserialize, Serialize};

use crate::ids::TransactionId;
use crate::meter::{Meter, Outcome};
use crate::observation::{Observation, Position, Reading};
use crate::units::{MilliAmps, Millis, Now, Tick, WattHours};
use switching::Switching;
use watch::{CurrentWatch, RiseWatch};

/// A register older than this says nothing of now; idle outlets are read each minute.
const STALE: Millis = Millis::seconds(90);

/// What the breaker of an outlet should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wanted {
    Closed,
    Open,
}

/// What an outlet is doing. Anything not listed wants the breaker open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum State {
    #[default]
    Idle,
    /// The breaker should close and was not yet seen closed.
    Starting { charge: Charge, since: Tick },
    /// The breaker was seen closed for this charge.
    Supplying { charge: Charge, phase: Phase },
    /// The breaker should open; the charge ends when it is seen open and the register was read once more.
    Stopping {
        charge: Charge,
        reason: EndReason,
        since: Tick,
        opened_at: Option<Tick>,
    },
    /// Locked out.
    Faulted(Fault),
}

/// One outlet: settings, state, what was last seen, and its meter's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlet {
    settings: Settings,
    state: State,
    position: Position,
    tripped: bool,
    /// Whether the trip contact answered the last look, where there is one.
    trip_known: bool,
    reading: Reading,
    current: Option<MilliAmps>,
    meter: Meter,
    switching: Switching,
    charging: CurrentWatch,
    rise: RiseWatch,
    alarm: Option<Fault>,
}

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
}

impl Saved {
    /// After a new boot: the ticks begin anew, and how long the cut was nobody knows.
    #[must_use]
    pub fn after_boot(mut self, now: Now) -> Self {
        self.meter = self.meter.after_unknown_gap();
        if let Some(charge) = &mut self.charge {
            charge.deadline = charge.deadline.after_boot(now);
        }
        self
    }
}

impl Outlet {
    /// An outlet never used before.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            state: State::Idle,
            position: Position::Unknown,
            tripped: false,
            trip_known: false,
            reading: Reading::default(),
            current: None,
            meter: Meter::new(settings.max_power).described(settings.max_power, settings.register_step),
            switching: Switching::default(),
            charging: CurrentWatch::default(),
            rise: RiseWatch::new(settings.rise_threshold),
            alarm: None,
        }
    }

    /// An outlet after a restart: a charge within its limits goes on, any other ends.
    pub fn resume(settings: Settings, saved: Saved, now: Now) -> Self {
        let since = now.tick;
        let state = match (saved.lockout, saved.charge, saved.stopping) {
            (_, Some(charge), None) => State::Starting { charge, since },
            (_, Some(charge), Some(reason)) => State::Stopping {
                charge,
                reason,
                since,
                opened_at: None,
            },
            (Some(fault), None, _) => State::Faulted(fault),
            (None, None, _) => State::Idle,
        };
        let rise = RiseWatch::new(saved.rise_threshold.or(settings.rise_threshold));
        Self {
            state,
            meter: saved.meter.described(settings.max_power, settings.register_step),
            rise,
            ..Self::new(settings)
        }
    }

    /// What must survive a restart.
    pub fn saved(&self) -> Saved {
        let lockout = match self.state {
            State::Faulted(fault) => Some(fault),
            State::Idle | State::Starting { .. } | State::Supplying { .. } | State::Stopping { .. } => None,
        };
        let stopping = match self.state {
            State::Stopping { reason, .. } => Some(reason),
            State::Idle | State::Starting { .. } | State::Supplying { .. } | State::Faulted(_) => None,
        };
        Saved {
            charge: self.charge().cloned(),
            stopping,
            lockout,
            meter: self.meter,
            rise_threshold: self.rise.threshold(),
        }
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    /// The charge that has not ended yet.
    pub fn charge(&self) -> Option<&Charge> {
        match &self.state {
            State::Starting { charge, .. }
            | State::Supplying { charge, .. }
            | State::Stopping { charge, .. } => Some(charge),
            State::Idle | State::Faulted(_) => None,
        }
    }

    /// The position that the state asks for; anything unclear asks for open (I10).
    pub fn breaker_wanted(&self) -> Wanted {
        match self.state {
            State::Starting { .. } | State::Supplying { .. } => Wanted::Closed,
            State::Idle | State::Stopping { .. } | State::Faulted(_) => Wanted::Open,
        }
    }

    /// The position to write now: seen differs from wanted, and the last write has had its time to work.
    pub fn switch_due(&self, now: Tick) -> Option<Wanted> {
        let wanted = self.breaker_wanted();
        let differs = match wanted {
            // Only a breaker known to be open and not tripped is closed, and never past the end.
            Wanted::Closed => {
                self.position == Position::Open && self.trip_known && !self.tripped && !self.is_past_end(now)
            }
            Wanted::Open => self.position != Position::Open || self.switching.owes_off(now),
        };
        (differs && self.switching.may_write(wanted, self.settings.verify, now)).then_some(wanted)
    }

    fn is_past_end(&self, now: Tick) -> bool {
        self.charge()
            .is_some_and(|charge| charge.deadline.has_passed(now))
    }

    /// The control loop has written `wanted` to the breaker's output.
    pub fn switched(&mut self, wanted: Wanted, now: Now) {
        self.switching.wrote(wanted, self.position, now.tick);
    }

    /// Accepts a start. The same transaction again is accepted again and changes nothing.
    ///
    /// # Errors
    /// Why the breaker will not be closed.
    pub fn start(&mut self, start: Start, now: Now) -> Result<(), Refusal> {
        if self
            .charge()
            .is_some_and(|charge| charge.transaction == start.transaction)
        {
            return Ok(());
        }
        self.may_start(now.tick)?;
        // What a silent meter has not told yet began before this charge.
        if self
            .meter
            .silent_for(now.tick)
            .is_none_or(|silent| silent > STALE)
        {
            self.meter.disown_gap();
        }
        let charge = Charge::accepted(start, self.meter.attributable(), self.meter.register(), now);
        self.state = State::Starting {
            charge,
            since: now.tick,
        };
        self.charging = CurrentWatch::default();
        Ok(())
    }

    fn may_start(&self, now: Tick) -> Result<(), Refusal> {
        match &self.state {
            State::Idle | State::Faulted(Fault::DidNotClose) => {}
            State::Faulted(fault) => return Err(Refusal::Faulted(*fault)),
            State::Starting { .. } | State::Supplying { .. } | State::Stopping { .. } => {
                return Err(Refusal::Busy);
            }
        }
        if let Some(fault) = self.alarm {
            return Err(Refusal::Faulted(fault));
        }
        match (self.tripped, self.position) {
            (true, _) => Err(Refusal::Faulted(Fault::Tripped)),
            (false, _) if !self.trip_known => Err(Refusal::PositionUnknown),
            (false, Position::Unknown) => Err(Refusal::PositionUnknown),
            (false, Position::Closed) => Err(Refusal::Faulted(Fault::DidNotOpen)),
            (false, Position::Open) => self.switching.may_close(&self.settings, now),
        }
    }

    /// Ends a charge.
    ///
    /// # Errors
    /// [`Refusal::UnknownTransaction`] where this transaction is not running here.
    pub fn stop(&mut self, transaction: &TransactionId, reason: EndReason, now: Now) -> Result<(), Refusal> {
        match self.charge() {
            Some(charge) if charge.transaction == *transaction => {
                self.begin_stopping(reason, now.tick);
                Ok(())
            }
            Some(_) | None => Err(Refusal::UnknownTransaction),
        }
    }

    /// A person has looked at the breaker and clears a lock-out.
    ///
    /// # Errors
    /// [`Refusal::Faulted`] while the cause is still there.
    pub fn clear_fault(&mut self) -> Result<Vec<Report>, Refusal> {
        if self.tripped {
            return Err(Refusal::Faulted(Fault::Tripped));
        }
        let carries = self
            .current
            .is_none_or(|current| current >= switching::WELDED_FROM);
        match (&self.state, self.position) {
            (State::Faulted(Fault::Welded), _) if carries => Err(Refusal::Faulted(Fault::Welded)),
            (State::Faulted(fault), Position::Open) => {
                let fault = *fault;
                self.state = State::Idle;
                Ok(vec![Report::FaultCleared(fault)])
            }
            (State::Faulted(fault), Position::Closed | Position::Unknown) => Err(Refusal::Faulted(*fault)),
            (_, _) => Ok(Vec::new()),
        }
    }

    /// Sets the current above which a rise is reported; `None` reports none.
    pub fn set_rise_threshold(&mut self, threshold: Option<MilliAmps>) {
        if self.rise.threshold() != threshold {
            self.rise = RiseWatch::new(threshold);
        }
    }

    /// Ends a charge whose limits have passed, without waiting for the next look (I3).
    pub fn expire(&mut self, now: Now) {
        self.stop_at_limits(now.tick);
    }

    /// Takes in what was seen and moves on. Unlisted pairs of state and observation change nothing.
    pub fn observe(&mut self, seen: &Observation, now: Now) -> Vec<Report> {
        let mut reports = Vec::new();
        self.see_breaker(seen, &mut reports);
        self.see_meter(seen, now.tick, &mut reports);
        self.advance(seen, now, &mut reports);
        self.watch_contact(now.tick, &mut reports);
        self.watch_rise(seen, &mut reports);
        reports
    }

    /// What is known now, for the minute's sample and on request.
    pub fn status(&self) -> Status {
        let charge = self.charge();
        Status {
            position: self.position,
            tripped: self.tripped,
            reading: self.reading,
            register: self.meter.register(),
            fault: self.fault(),
            transaction: charge.map(|charge| charge.transaction.clone()),
            energy: charge.map(|charge| self.charge_energy(charge)),
            phase: match self.state {
                State::Supplying { phase, .. } => Some(phase),
                State::Idle | State::Starting { .. } | State::Stopping { .. } | State::Faulted(_) => None,
            },
        }
    }

    fn fault(&self) -> Option<Fault> {
        match self.state {
            State::Faulted(fault) => Some(fault),
            State::Idle | State::Starting { .. } | State::Supplying { .. } | State::Stopping { .. } => {
                self.alarm
            }
        }
    }

    fn charge_energy(&self, charge: &Charge) -> WattHours {
        self.meter.attributable() - charge.counted_at_start
    }

    fn see_breaker(&mut self, seen: &Observation, reports: &mut Vec<Report>) {
        let tripped = seen.tripped.unwrap_or(self.tripped);
        if seen.position != self.position || tripped != self.tripped {
            reports.push(Report::BreakerMoved {
                position: seen.position,
                tripped,
            });
        }
        self.switching.saw(seen.position);
        self.position = seen.position;
        self.tripped = tripped;
        self.trip_known = seen.tripped.is_some() || !self.settings.has_trip_contact;
    }

    fn see_meter(&mut self, seen: &Observation, now: Tick, reports: &mut Vec<Report>) {
        let current = seen.reading.map(|reading| reading.current).or(seen.current);
        if let Some(measured) = current {
            self.current = measured.ok();
            self.reading.current = measured;
        }
        let Some(reading) = seen.reading else { return };
        self.reading = reading;
        match self.meter.observe(reading.register, now) {
            Outcome::Nothing(Some(anomaly)) => reports.push(Report::MeterAnomaly(anomaly)),
            Outcome::Rebased { from, to } => reports.push(Report::MeterRebased { from, to }),
            Outcome::Baseline | Outcome::Advanced(_) | Outcome::Nothing(None) => {}
        }
    }

    fn watch_contact(&mut self, now: Tick, reports: &mut Vec<Report>) {
        let wanted_open = self.breaker_wanted() == Wanted::Open;
        let welded = self
            .switching
            .welded(wanted_open, self.position, self.current, now);
        if welded && self.fault() != Some(Fault::Welded) {
            self.lock_out(Fault::Welded, EndReason::Welded, now, reports);
        }
    }

    fn watch_rise(&mut self, seen: &Observation, reports: &mut Vec<Report>) {
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

#[cfg(test)]
mod tests;
