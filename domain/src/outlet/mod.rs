//! One outlet as its controller sees it: what its breaker should be, what was seen, what others must hear.
//!
//! State asks, reports tell: [`Outlet::breaker_wanted`] is a function of the state alone and is compared with what is
//! seen on every look; a [`Report`] is made once by a transition and must reach the server.

mod asked;
mod caution;
mod charge;
mod closings;
mod contact;
mod deadline;
mod ends;
mod flow;
mod identity;
mod lasting;
mod life;
mod lull;
mod moves;
mod overload;
mod report;
mod saved;
mod seeing;
mod settings;
mod sight;
mod supplying;
mod switching;
mod transitions;
mod watch;

pub use crate::limits::WhenIdle;
pub use charge::{Bounds, Charge, Start};
pub use deadline::{Deadline, NOTED_WITHIN};
pub use report::{EndReason, Fault, Notice, Phase, Refusal, Report, Status};
pub use saved::Saved;
pub use settings::{AfterPowerCut, Settings};

use crate::meter::Meter;
use crate::observation::{Measured, Observation, Position, Reading};
use crate::units::{MilliAmps, Millis, Now, Tick, WattHours};
use caution::Caution;
use closings::Closings;
use contact::ContactWatch;
use flow::Flow;
use life::Life;
use lull::Lull;
use moves::Moves;
use overload::Overload;
use seeing::Sense;
use sight::Sight;
use switching::Switching;
use watch::{CurrentWatch, RiseWatch};

/// So long after OFF there are many looks.
const CLOSE_LOOKS: Millis = Millis::seconds(4);

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
    Supplying {
        charge: Charge,
        phase: Phase,
        since: Tick,
    },
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
    /// The charge was there before this run.
    is_taken_up: bool,
    caution: Caution,
    sight: Sight,
    moves: Moves,
    reading: Reading,
    current: Option<MilliAmps>,
    flow: Flow,
    meter: Meter,
    /// The serial number that the meter has told.
    serial: Option<String>,
    /// Which breaker it is whose operations are counted, where the panel file says so.
    breaker_id: Option<String>,
    /// The breaker was not open since the register was read.
    closed_unread: bool,
    switching: Switching,
    closings: Closings,
    life: Life,
    contact: ContactWatch,
    overload: Overload,
    lull: Lull,
    charging: CurrentWatch,
    rise: RiseWatch,
    alarm: Option<Fault>,
    /// A charge that the power has interrupted is not taken up before.
    held_until: Tick,
    /// Somebody has taken the outlet out of use: what runs goes on, and nothing begins.
    unavailable: bool,
}

impl Outlet {
    /// An outlet never used before.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            state: State::Idle,
            is_taken_up: false,
            caution: Caution::default(),
            sight: Sight::default(),
            moves: Moves::default(),
            reading: Reading::default(),
            current: None,
            flow: Flow::default(),
            meter: Meter::new(settings.max_power).described(settings.max_power, settings.register_step),
            serial: None,
            breaker_id: None,
            closed_unread: false,
            switching: Switching::default(),
            closings: Closings::default(),
            life: Life::default(),
            contact: ContactWatch::default(),
            overload: Overload::default(),
            lull: Lull::default(),
            charging: CurrentWatch::default(),
            rise: RiseWatch::new(settings.rise_threshold),
            alarm: None,
            held_until: Tick::default(),
            unavailable: false,
        }
    }

    /// How often the breaker may close in its life; 0 where nobody knows.
    pub fn life_ops(&self) -> u32 {
        self.settings.life_ops
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
        let differs = match &self.state {
            State::Starting { charge, since } => {
                let in_time = now >= *since && !charge.deadline.has_passed(now);
                in_time && self.may_be_closed(now).is_ok()
            }
            // Closed once for a request; a breaker that opens then was opened by somebody.
            State::Supplying { .. } => false,
            State::Idle | State::Stopping { .. } | State::Faulted(_) => self.off_is_due(now),
        };
        (differs && self.switching.may_write(wanted, &self.settings, now)).then_some(wanted)
    }

    fn off_is_due(&self, now: Tick) -> bool {
        let found = match self.sight.position {
            Position::Unknown => true,
            Position::Closed => !self.doubts_hand(),
            Position::Open => {
                let undecided = self.sight.trip.needs_second_look() || self.caution.holds_reset();
                let carries = self.contact.carries_after_off();
                !undecided && self.switching.owes_off(carries, now)
            }
        };
        found && self.caution.may_tell(now)
    }

    /// Seen closed once though nobody wants it closed: a hand, or a contact that chatters; the next look tells.
    fn doubts_hand(&self) -> bool {
        let is_idle = matches!(self.state, State::Idle | State::Faulted(_));
        is_idle && self.sight.closed_just_now() && !self.switching.may_say_on()
    }

    /// The control loop has written `wanted` to the breaker's output.
    pub fn switched(&mut self, wanted: Wanted, now: Now) {
        let is_news = self.switching.wrote(wanted, now.tick);
        self.count_switching(wanted, is_news, now);
    }

    /// The control loop has written `wanted`, and no answer came: the breaker may move all the same, so that it has its
    /// time, and nothing is repeated before it was looked at.
    pub fn perhaps_switched(&mut self, wanted: Wanted, now: Now) {
        let is_news = self.switching.perhaps_wrote(wanted, now.tick);
        self.count_switching(wanted, is_news, now);
    }

    fn count_switching(&mut self, wanted: Wanted, is_news: bool, now: Now) {
        match wanted {
            Wanted::Closed if is_news => self.closings.has_closed(now),
            Wanted::Open if is_news && self.sight.may_be_closed(now.tick) => {
                self.closings.has_opened(&self.settings, now);
            }
            Wanted::Closed | Wanted::Open => {}
        }
    }

    /// The output may say ON, heard or not: once the breaker should be open, OFF is written whatever is seen.
    pub(crate) fn may_have_closed(&mut self, now: Tick) {
        self.switching.may_have_closed(now);
    }

    /// The breaker of a charge that waits for it is not closed before `tick`.
    pub fn hold_until(&mut self, tick: Tick) {
        self.held_until = tick;
        if let State::Starting { since, .. } = &mut self.state
            && self.switching.told_to_close().is_none()
        {
            *since = tick.max(*since);
        }
    }

    /// From when on the breaker of a charge that waits for it may close.
    pub fn closes_from(&self) -> Option<Tick> {
        let State::Starting { since, .. } = &self.state else {
            return None;
        };
        let waits = self.switching.told_to_close().is_none();
        let rests_until = self.closings.rest().map_or(*since, |rest| rest.tick);
        waits.then(|| rests_until.max(*since))
    }

    /// Whether the position was seen, but too long ago to act on it.
    pub fn is_stale(&self, now: Tick) -> bool {
        self.sight.position != self.sight.position_at(now)
    }

    /// Whether the next look at this outlet cannot wait for its turn.
    pub fn needs_close_look(&self, now: Tick) -> bool {
        let verify = self.settings.verify;
        let moves = match &self.state {
            State::Starting { charge, .. } => {
                let told = self.switching.told_to_close();
                charge.deadline.has_passed(now) || told.is_some_and(|told| now.since(told) <= verify)
            }
            State::Supplying { charge, .. } => {
                charge.deadline.has_passed(now) || self.sight.opened_just_now()
            }
            State::Stopping { since, .. } => now.since(*since) <= verify.max(CLOSE_LOOKS),
            State::Idle | State::Faulted(_) => self.sight.closed_just_now(),
        };
        moves || self.needs_second_look(now)
    }

    /// Danger was seen once: nothing is decided on a single look.
    fn needs_second_look(&self, now: Tick) -> bool {
        let signalled = self.sight.trip.needs_second_look() || self.sight.leakage.needs_second_look();
        let overloaded = self.overload.second_look_at().is_some_and(|at| now >= at);
        !self.is_locked_out() && (signalled || overloaded)
    }

    /// When the current is to be seen once more, where that lies ahead.
    pub fn next_second_look(&self, now: Tick) -> Option<Tick> {
        let second = self.overload.second_look_at().filter(|at| *at > now);
        second.filter(|_| !self.is_locked_out())
    }

    /// Whether a second look must see the current too.
    pub fn doubts_current(&self) -> bool {
        let opened = matches!(self.state, State::Supplying { .. }) && self.sight.position == Position::Open;
        opened || self.contact.is_in_doubt() || self.overload.second_look_at().is_some()
    }

    /// Whether the meter is to be read with every look.
    pub fn needs_meter(&self) -> bool {
        let may_flow = self.charge().is_some() || self.sight.position != Position::Open;
        let unread = self.closed_unread && !self.settings.dead_when_open;
        may_flow || unread || self.contact.is_in_doubt()
    }

    /// Ends a charge whose limits have passed, without waiting for the next look (I3).
    pub fn expire(&mut self, now: Now) {
        self.stop_at_limits(now.tick);
    }

    /// Takes in what was seen and moves on. Unlisted pairs of state and observation change nothing.
    pub fn observe(&mut self, seen: &Observation, now: Now) -> Vec<Report> {
        let mut reports = Vec::new();
        self.caution.takes(seen, &self.settings, now.tick);
        self.see_breaker(seen, now, &mut reports);
        self.take_meter(seen, Sense::Look, now, &mut reports);
        reports
    }

    /// Takes in what the meter alone has said; the breaker is as it was seen last, and this is no look at it.
    pub fn observe_meter(
        &mut self,
        current: Option<Measured<MilliAmps>>,
        reading: Option<Reading>,
        now: Now,
    ) -> Vec<Report> {
        let seen = Observation {
            position: self.sight.position,
            current,
            reading,
            ..Observation::default()
        };
        let mut reports = Vec::new();
        self.take_meter(&seen, Sense::Meter, now, &mut reports);
        reports
    }

    fn take_meter(&mut self, seen: &Observation, sense: Sense, now: Now, reports: &mut Vec<Report>) {
        self.see_meter(seen, now.tick, reports);
        match self.danger(seen, sense, now.tick) {
            Some((fault, reason)) => self.lock_out(fault, reason, now.tick, reports),
            None => self.advance(seen, now, reports),
        }
        self.watch_rise(seen, reports);
    }

    /// What is known now, for the minute's sample and on request.
    pub fn status(&self) -> Status {
        let charge = self.charge();
        Status {
            position: self.sight.position,
            tripped: self.sight.trip.is_on(),
            reading: self.reading,
            register: self.meter.register(),
            fault: self.fault(),
            transaction: charge.map(|charge| charge.transaction.clone()),
            energy: charge.map(|charge| self.charge_energy(charge)),
            phase: match self.state {
                State::Supplying { phase, .. } => Some(phase),
                State::Idle | State::Starting { .. } | State::Stopping { .. } | State::Faulted(_) => None,
            },
            operations: self.life.operations,
            available: !self.unavailable,
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

    /// Energy that was counted and is in nobody's charge.
    pub fn unattributed(&self) -> WattHours {
        self.meter.unattributed()
    }

    fn charge_energy(&self, charge: &Charge) -> WattHours {
        self.meter.attributable() - charge.counted_at_start
    }
}

#[cfg(test)]
mod tests;
