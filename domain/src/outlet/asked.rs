//! What others ask of an outlet: start, stop, clear a lock-out.

use super::lull::Lull;
use super::overload::Overload;
use super::sight::FRESH;
use super::watch::CurrentWatch;
use super::{Bounds, Charge, EndReason, Fault, Outlet, Refusal, Report, Start, State};
use crate::ids::TransactionId;
use crate::limits::NewLimits;
use crate::observation::{Position, Unusable};
use crate::units::{MilliAmps, Millis, Now, Tick};

/// An amount of energy is not promised on a register that was heard longer ago; idle outlets are read each minute.
const STALE: Millis = Millis::seconds(90);

impl Outlet {
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
        if start.limits.energy.is_some() && !self.meter.is_heard(STALE, now.tick) {
            return Err(Refusal::RegisterUnknown);
        }
        let silent = self.meter.silent_for(now.tick);
        // What the meter has not told yet began before this charge.
        if self.closed_unread || silent.is_none_or(|silent| silent >= FRESH) || self.meter.is_in_doubt() {
            self.meter.disown_gap();
        }
        let charge = Charge::accepted(start, self.meter.attributable(), self.meter.register(), now);
        self.state = State::Starting {
            charge,
            since: now.tick,
        };
        self.is_taken_up = false;
        self.switching.begin();
        self.flow.begin();
        (self.charging, self.lull) = (CurrentWatch::default(), Lull::default());
        self.overload = Overload::default();
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
        if self.unavailable {
            return Err(Refusal::Unavailable);
        }
        self.may_be_closed(now)
    }

    /// What ON needs, besides a charge whose end is known.
    pub(super) fn may_be_closed(&self, now: Tick) -> Result<(), Refusal> {
        let sight = &self.sight;
        if !self.settings.commissioned {
            return Err(Refusal::NotCommissioned);
        }
        if sight.trip.is_on() {
            return Err(Refusal::Faulted(Fault::Tripped));
        }
        if sight.leakage.is_on() {
            return Err(Refusal::Faulted(Fault::Leakage));
        }
        if !sight.trip.is_clear() || !sight.leakage.is_clear() {
            return Err(Refusal::PositionUnknown);
        }
        match sight.position_at(now) {
            Position::Unknown => return Err(Refusal::PositionUnknown),
            Position::Closed => return Err(Refusal::Faulted(Fault::DidNotOpen)),
            Position::Open => {}
        }
        if self.has_wrong_meter() {
            return Err(Refusal::WrongMeter);
        }
        self.closings.may_close(&self.settings, now)
    }

    fn has_wrong_meter(&self) -> bool {
        let reading = &self.reading;
        reading.register == Err(Unusable::WrongMeter) || reading.current == Err(Unusable::WrongMeter)
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

    /// Gives a charge that runs other limits; answers with those that it had. One that is passed already ends the charge.
    ///
    /// # Errors
    /// [`Refusal::UnknownTransaction`] where this transaction is not running here, or is ending;
    /// [`Refusal::RegisterUnknown`] where an amount of energy could not be kept.
    pub fn change_limits(
        &mut self,
        transaction: &TransactionId,
        limits: NewLimits,
        now: Now,
    ) -> Result<Bounds, Refusal> {
        let hears = self.meter.is_heard(STALE, now.tick);
        let charge = self.running(transaction).ok_or(Refusal::UnknownTransaction)?;
        // A limit that was there before is kept by what must have flowed, too; a new one begins on a known register.
        if limits.energy.is_some() && charge.energy_limit.is_none() && !hears {
            return Err(Refusal::RegisterUnknown);
        }
        let before = charge.bounds();
        charge.limit(limits, now);
        self.stop_at_limits(now.tick);
        Ok(before)
    }

    /// Takes a change back that could not be kept. One that has ended the charge meanwhile stays.
    pub fn restore_limits(&mut self, transaction: &TransactionId, before: Bounds) {
        if let Some(charge) = self.running(transaction) {
            charge.bind(before);
        }
    }

    fn running(&mut self, transaction: &TransactionId) -> Option<&mut Charge> {
        let (State::Starting { charge, .. } | State::Supplying { charge, .. }) = &mut self.state else {
            return None;
        };
        Some(charge).filter(|charge| charge.transaction == *transaction)
    }

    /// A person has looked at the breaker and clears a lock-out.
    ///
    /// # Errors
    /// [`Refusal::Faulted`] while the cause is still there, or while nobody can see that it is gone.
    pub fn clear_fault(&mut self, now: Now) -> Result<Vec<Report>, Refusal> {
        if self.sight.trip.is_on() && self.settings.trip_reset_by_off {
            self.switching.owe_off();
        }
        if self.sight.trip.is_on() {
            return Err(Refusal::Faulted(Fault::Tripped));
        }
        if self.sight.leakage.is_on() {
            return Err(Refusal::Faulted(Fault::Leakage));
        }
        let State::Faulted(fault) = self.state else {
            return Ok(Vec::new());
        };
        let contacts_known = self.sight.trip.is_clear() && self.sight.leakage.is_clear();
        let seen_open = contacts_known && self.sight.position_at(now.tick) == Position::Open;
        let current_unknown = fault == Fault::Welded && self.current.is_none();
        if !seen_open || self.contact.is_in_doubt() || current_unknown {
            return Err(Refusal::Faulted(fault));
        }
        self.state = State::Idle;
        Ok(vec![Report::FaultCleared(fault)])
    }

    /// Takes the outlet into use, or out of it; a charge that runs goes on to its end.
    pub fn set_available(&mut self, available: bool) {
        self.unavailable = !available;
    }

    /// Sets the current above which a rise is reported; `None` reports none.
    pub fn set_rise_threshold(&mut self, threshold: Option<MilliAmps>) {
        if self.rise.threshold() != threshold {
            self.rise = super::watch::RiseWatch::new(threshold);
        }
    }
}
