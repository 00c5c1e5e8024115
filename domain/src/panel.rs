//! All outlets of one controller, moved on in one step.

use crate::ids::{OutletNumber, TransactionId};
use crate::meter::{Meter, Outcome};
use crate::observation::{Observation, Reading};
use crate::outlet::{EndReason, Outlet, Refusal, Report, Start, Wanted};
use crate::units::{Now, Tick, WattHours, Watts};

/// The main circuit carries more than any outlet; its register is judged by this.
const MAIN_MAX_POWER: Watts = Watts(100_000);

/// The outlets of one panel and the meter of its main circuit.
#[derive(Clone, Debug)]
pub struct Panel {
    outlets: Vec<Outlet>,
    main: Meter,
    main_reading: Option<Reading>,
}

impl Panel {
    /// `outlets` in the order of their numbers.
    pub fn new(outlets: Vec<Outlet>) -> Self {
        Self {
            outlets,
            main: Meter::new(MAIN_MAX_POWER),
            main_reading: None,
        }
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
        reports
    }

    /// Ends the charges whose limits have passed, without waiting for the next look (I3).
    pub fn expire(&mut self, now: Now) {
        self.outlets.iter_mut().for_each(|outlet| outlet.expire(now));
    }

    /// When the next charge that is not ending yet must end.
    pub fn next_deadline(&self) -> Option<Tick> {
        let running = self
            .outlets
            .iter()
            .filter(|outlet| outlet.breaker_wanted() == Wanted::Closed);
        running
            .filter_map(|outlet| Some(outlet.charge()?.deadline.tick))
            .min()
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

    /// The breakers to write now.
    pub fn switches_due(&self, now: Now) -> Vec<(OutletNumber, Wanted)> {
        self.outlets()
            .filter_map(|(number, outlet)| Some((number, outlet.switch_due(now.tick)?)))
            .collect()
    }

    /// The control loop has written `wanted` to a breaker's output.
    pub fn switched(&mut self, number: OutletNumber, wanted: Wanted, now: Now) {
        if let Some(outlet) = self.outlets.get_mut(number.index()) {
            outlet.switched(wanted, now);
        }
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
