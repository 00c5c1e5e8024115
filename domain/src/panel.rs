//! All outlets of one controller, moved on in one step.

use crate::ids::{OutletNumber, TransactionId};
use crate::meter::{Meter, Outcome};
use crate::observation::{Measured, Observation, Position, Reading};
use crate::outlet::{EndReason, Outlet, Refusal, Report, Start, Wanted};
use crate::units::{MilliAmps, Millis, Now, Tick, WattHours, Watts};

mod stagger;

use stagger::Stagger;

/// The main circuit carries more than any outlet; its register is judged by this.
const MAIN_MAX_POWER: Watts = Watts(100_000);

/// A panel of which nothing was seen for so long has been away.
const DARK: Millis = Millis::seconds(3);

/// The outlets of one panel and the meter of its main circuit.
#[derive(Clone, Debug)]
pub struct Panel {
    outlets: Vec<Outlet>,
    main: Meter,
    main_reading: Option<Reading>,
    stagger: Stagger,
    dark_since: Option<Tick>,
    came_back: bool,
}

impl Panel {
    /// `outlets` in the order of their numbers.
    pub fn new(outlets: Vec<Outlet>) -> Self {
        Self {
            outlets,
            main: Meter::new(MAIN_MAX_POWER),
            main_reading: None,
            stagger: Stagger::default(),
            dark_since: None,
            came_back: false,
        }
    }

    /// The same panel, whose breakers close at least so far apart.
    #[must_use]
    pub fn staggered(mut self, apart: Millis) -> Self {
        self.stagger = Stagger::new(apart);
        self
    }

    /// The same panel, whose main meter is described; without a power it carries more than any outlet.
    #[must_use]
    pub fn described_main(mut self, max_power: Option<Watts>, step: WattHours) -> Self {
        self.main = self.main.described(max_power.unwrap_or(MAIN_MAX_POWER), step);
        self
    }

    pub fn outlets(&self) -> impl Iterator<Item = (OutletNumber, &Outlet)> {
        let count = u8::try_from(self.outlets.len()).unwrap_or(u8::MAX);
        OutletNumber::first(count).zip(&self.outlets)
    }

    pub fn outlet(&self, number: OutletNumber) -> Option<&Outlet> {
        self.outlets.get(number.index())
    }

    /// # Errors
    /// [`Refusal::UnknownOutlet`].
    pub fn outlet_mut(&mut self, number: OutletNumber) -> Result<&mut Outlet, Refusal> {
        self.outlets.get_mut(number.index()).ok_or(Refusal::UnknownOutlet)
    }

    /// Takes in one look at the hardware; gives every report that it caused, in the order of the outlets.
    pub fn step(&mut self, seen: &[(OutletNumber, Observation)], now: Now) -> Vec<(OutletNumber, Report)> {
        let mut reports = Vec::new();
        for (number, observation) in seen {
            if let Some(outlet) = self.outlets.get_mut(number.index()) {
                reports.extend(
                    outlet
                        .observe(observation, now)
                        .into_iter()
                        .map(|report| (*number, report)),
                );
            }
        }
        self.watch_sight(seen, now.tick);
        reports
    }

    /// Takes in what the meter of an outlet alone has said; its breaker is as it was seen last.
    pub fn see_meter(
        &mut self,
        number: OutletNumber,
        (current, reading): (Option<Measured<MilliAmps>>, Option<Reading>),
        now: Now,
    ) -> Vec<(OutletNumber, Report)> {
        let outlet = self.outlets.get_mut(number.index());
        let reports = outlet.map(|outlet| outlet.observe_meter(current, reading, now));
        let reports = reports.unwrap_or_default().into_iter();
        reports.map(|report| (number, report)).collect()
    }

    fn watch_sight(&mut self, seen: &[(OutletNumber, Observation)], now: Tick) {
        self.came_back = false;
        if seen.is_empty() {
            return;
        }
        if seen.iter().all(|(_, seen)| seen.position == Position::Unknown) {
            self.dark_since.get_or_insert(now);
        } else if let Some(since) = self.dark_since.take() {
            self.came_back = now.since(since) >= DARK;
        }
    }

    /// Ends the charges whose limits have passed, without waiting for the next look (I3).
    pub fn expire(&mut self, now: Now) {
        self.outlets.iter_mut().for_each(|outlet| outlet.expire(now));
    }

    /// The wall clock is known to be right now; ends that no clock has measured may come sooner. The outlets of which
    /// something new is to be kept.
    pub fn set_right(&mut self, now: Now) -> Vec<OutletNumber> {
        let count = u8::try_from(self.outlets.len()).unwrap_or(u8::MAX);
        let outlets = OutletNumber::first(count).zip(&mut self.outlets);
        outlets
            .filter_map(|(number, outlet)| outlet.set_right(now).then_some(number))
            .collect()
    }

    /// When the next charge that is not ending yet must end.
    pub fn next_deadline(&self) -> Option<Tick> {
        self.outlets.iter().filter_map(Outlet::next_end).min()
    }

    /// When the next breaker that waits for its turn or its delay may close; what is due already is not counted.
    pub fn next_closing(&self, now: Tick) -> Option<Tick> {
        let ready_at = self.stagger.ready_at();
        let waiting = self.outlets.iter().filter_map(Outlet::closes_from);
        waiting
            .map(|from| from.max(ready_at))
            .filter(|at| *at > now)
            .min()
    }

    /// When a current is to be seen a second time, where that lies ahead.
    pub fn next_second_look(&self, now: Tick) -> Option<Tick> {
        let outlets = self.outlets.iter();
        outlets.filter_map(|outlet| outlet.next_second_look(now)).min()
    }

    /// Takes in the main circuit's meter.
    pub fn see_main(&mut self, reading: Reading, now: Now) -> Option<Report> {
        self.main_reading = Some(reading);
        match self.main.observe(reading.register, now.tick) {
            Outcome::Nothing(Some(anomaly)) => Some(Report::MeterAnomaly(anomaly)),
            Outcome::Rebased { from, to } => Some(Report::MeterRebased { from, to }),
            Outcome::Baseline | Outcome::Advanced(_) | Outcome::Nothing(None) => None,
        }
    }

    /// The main circuit's last reading and the last register that was believed.
    pub fn main(&self) -> Option<(Reading, Option<WattHours>)> {
        self.main_reading.map(|reading| (reading, self.main.register()))
    }

    /// The breakers to write now: all that must open, and the one that may close next.
    pub fn switches_due(&self, now: Now) -> Vec<(OutletNumber, Wanted)> {
        let due = |wanted: Wanted| {
            self.outlets()
                .filter(move |(_, outlet)| outlet.switch_due(now.tick) == Some(wanted))
                .map(move |(number, _)| (number, wanted))
        };
        let may_close = self
            .stagger
            .next_of(due(Wanted::Closed).map(|(number, _)| number), now.tick);
        due(Wanted::Open)
            .chain(may_close.into_iter().map(|number| (number, Wanted::Closed)))
            .collect()
    }

    /// The control loop has written `wanted` to a breaker's output.
    pub fn switched(&mut self, number: OutletNumber, wanted: Wanted, now: Now) {
        self.tried(number, wanted, now);
        if let Some(outlet) = self.outlets.get_mut(number.index()) {
            outlet.switched(wanted, now);
        }
    }

    /// The control loop has written `wanted`, and no answer came.
    pub fn perhaps_switched(&mut self, number: OutletNumber, wanted: Wanted, now: Now) {
        self.tried(number, wanted, now);
        if let Some(outlet) = self.outlets.get_mut(number.index()) {
            outlet.perhaps_switched(wanted, now);
        }
    }

    /// The control loop begins to write `wanted`; from now on that may be heard.
    pub fn tried(&mut self, number: OutletNumber, wanted: Wanted, now: Now) {
        if wanted == Wanted::Closed {
            self.stagger.has_closed(number, now.tick);
            let turn = self.stagger.ready_at();
            for (other, outlet) in self.outlets.iter_mut().enumerate() {
                if other == number.index() {
                    outlet.may_have_closed(now.tick);
                } else {
                    outlet.hold_until(turn);
                }
            }
        }
    }

    /// Power or communication is back: no breaker that waits for it is closed before `delay` has passed. Whoever asks
    /// for a charge after this does not wait.
    pub fn hold_closings(&mut self, delay: Millis, now: Now) {
        let until = now.tick.after(delay);
        self.outlets
            .iter_mut()
            .for_each(|outlet| outlet.hold_until(until));
    }

    /// Whether the last look found a panel again that no contact had been seen of for a while.
    pub fn came_back(&self) -> bool {
        self.came_back
    }

    /// Accepts a start on an outlet.
    ///
    /// # Errors
    /// Why the breaker will not be closed.
    pub fn start(&mut self, number: OutletNumber, start: Start, now: Now) -> Result<(), Refusal> {
        self.outlet_mut(number)?.start(start, now)
    }

    /// Ends a charge, wherever it runs.
    ///
    /// # Errors
    /// [`Refusal::UnknownTransaction`].
    pub fn stop(
        &mut self,
        transaction: &TransactionId,
        reason: EndReason,
        now: Now,
    ) -> Result<OutletNumber, Refusal> {
        let running = |outlet: &Outlet| {
            outlet
                .charge()
                .is_some_and(|charge| charge.transaction == *transaction)
        };
        let found = self
            .outlets()
            .find(|(_, outlet)| running(outlet))
            .map(|(number, _)| number);
        let number = found.ok_or(Refusal::UnknownTransaction)?;
        self.outlet_mut(number)?.stop(transaction, reason, now)?;
        Ok(number)
    }
}

#[cfg(test)]
#[path = "panel_tests.rs"]
mod tests;
