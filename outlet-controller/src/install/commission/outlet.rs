//! The checks of one outlet, from OFF to OFF.

use domain::observation::Position;
use domain::outlet::Wanted;
use domain::units::MilliVolts;

use super::board::Board;
use super::installer::{Installer, Question};
use super::movement::{Movement, in_time_ms, moved};
use super::{Quit, Walk, seen_at};
use crate::install::protocol::{Because, Check, Fault, Step};
use crate::modbus::panel::Outlet;

impl<B: Board, I: Installer> Walk<'_, B, I> {
    pub(super) async fn outlet(&mut self, outlet: &Outlet) -> Result<Vec<Check>, Quit> {
        let mut checks = Vec::new();
        let sound = self.closed_loop(outlet, &mut checks).await?;
        if sound {
            self.trip(outlet, &mut checks).await?;
        }
        let check = self.off_at_end(outlet).await;
        self.note(outlet.number, &mut checks, check);
        Ok(checks)
    }

    /// OFF, ON, load, OFF. False: the rest cannot be checked.
    async fn closed_loop(&mut self, outlet: &Outlet, checks: &mut Vec<Check>) -> Result<bool, Quit> {
        let number = outlet.number;
        let check = self.off_at_start(outlet).await;
        let off = !check.has_failed();
        self.note(number, checks, check);
        if !off {
            return Ok(false);
        }
        if let Some(reason) = self.go(Question::Close(number.get())).await? {
            self.note(number, checks, Check::skipped(Step::Closes, &reason));
            return Ok(false);
        }
        let idle = self.board.meters().await;
        let movement = moved(self.board, number, Wanted::Closed).await;
        let closed = movement.took_ms.is_some();
        for check in self.judge_closing(outlet, &movement) {
            self.note(number, checks, check);
        }
        if closed && movement.others.is_empty() {
            let check = self.voltage(outlet).await;
            self.note(number, checks, check);
            self.load(outlet, &idle, checks).await?;
        }
        let movement = moved(self.board, number, Wanted::Open).await;
        if closed {
            let check = self.judge_opening(outlet, &movement);
            self.note(number, checks, check);
            self.current_gone(outlet, checks).await;
        }
        Ok(closed && movement.took_ms.is_some() && movement.others.is_empty())
    }

    async fn off_at_start(&mut self, outlet: &Outlet) -> Check {
        let seen = seen_at(&self.board.look().await, outlet.number);
        let step = Step::OffAtStart;
        let unreadable = outlet.tripped.is_some() && seen.tripped.is_none()
            || outlet.leakage.is_some() && seen.leakage.is_none();
        match seen.position {
            Position::Unknown => Check::failed(step, Fault::PositionUnknown),
            _ if seen.tripped == Some(true) => Check::failed(step, Fault::TrippedAlready),
            _ if seen.leakage == Some(true) => Check::failed(step, Fault::LeakageAlready),
            _ if unreadable => Check::failed(step, Fault::AlarmUnknown),
            Position::Closed => Check::failed(step, Fault::NotOff),
            Position::Open => Check::passed(step),
        }
    }

    async fn off_at_end(&mut self, outlet: &Outlet) -> Check {
        let seen = seen_at(&self.board.look().await, outlet.number);
        match seen.position {
            Position::Open => Check::passed(Step::OffAtEnd),
            Position::Closed => Check::failed(Step::OffAtEnd, Fault::NotOff),
            Position::Unknown => Check::failed(Step::OffAtEnd, Fault::PositionUnknown),
        }
    }

    fn judge_closing(&mut self, outlet: &Outlet, movement: &Movement) -> Vec<Check> {
        let others = if movement.others.is_empty() {
            Check::passed(Step::OthersStayWhenClosing)
        } else {
            let outlets = movement.others.clone();
            Check::failed(Step::OthersStayWhenClosing, Fault::OthersMove { outlets })
        };
        let limit_ms = movement.limit_ms;
        let closes = self.judge(
            outlet,
            movement,
            (
                Step::Closes,
                "closing_ms",
                Fault::DoesNotClose { within_ms: limit_ms },
            ),
        );
        if movement.not_off.is_empty() {
            vec![closes, others]
        } else {
            vec![closes]
        }
    }

    fn judge_opening(&mut self, outlet: &Outlet, movement: &Movement) -> Check {
        let within_ms = movement.limit_ms;
        self.judge(
            outlet,
            movement,
            (Step::Opens, "opening_ms", Fault::DoesNotOpen { within_ms }),
        )
    }

    fn judge(
        &mut self,
        outlet: &Outlet,
        movement: &Movement,
        (step, name, fault): (Step, &'static str, Fault),
    ) -> Check {
        let Some(took_ms) = movement.took_ms else {
            return Check::failed(step, movement.why_not(fault));
        };
        let longest = self.longest_ms.entry(outlet.number.get()).or_default();
        *longest = took_ms.max(*longest);
        let within_ms = in_time_ms(&outlet.breaker);
        let check = if took_ms > within_ms {
            Check::failed(step, Fault::TooSlow { within_ms })
        } else {
            Check::passed(step)
        };
        check.with(name, i64::try_from(took_ms).unwrap_or(i64::MAX))
    }

    async fn voltage(&mut self, outlet: &Outlet) -> Check {
        if outlet.meter.voltage.is_none() {
            return Check::not_checked(Step::Voltage, Because::NotThere);
        }
        let readings = self.board.meters().await.outlets;
        let reading = readings.iter().find(|(number, _)| *number == outlet.number);
        let Some(Ok(MilliVolts(mv))) = reading.map(|(_, reading)| reading.voltage) else {
            return Check::failed(Step::Voltage, Fault::NoVoltage);
        };
        let allowed = &self.board.panel().supply.voltage_v;
        let fits = |[low, high]: &[u32; 2]| (i64::from(*low) * 1000..=i64::from(*high) * 1000).contains(&mv);
        let check = if allowed.iter().any(fits) {
            Check::passed(Step::Voltage)
        } else {
            let allowed_v = allowed.clone();
            Check::failed(Step::Voltage, Fault::ImplausibleVoltage { allowed_v })
        };
        check.with("voltage_mv", mv)
    }
}
