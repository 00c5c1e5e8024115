//! A load at the outlet: which meter sees it, in which direction, and does its register count?

use domain::ids::OutletNumber;
use domain::observation::Reading;
use domain::units::{MilliAmps, WattHours, Watts};

use super::board::Board;
use super::installer::{Installer, Notice, Question};
use super::{Quit, Walk};
use crate::install::protocol::{Because, Check, Fault, Step};
use crate::modbus::panel::Outlet;

/// A rise that no idle circuit shows; below it, an open breaker carries nothing.
const LOAD_MA: i64 = 500;
/// Power in the wrong direction, beyond what a meter makes up.
const REVERSED_W: i64 = -20;
const SEEN_WITHIN_MS: u64 = 30_000;
const GONE_WITHIN_MS: u64 = 3_000;
/// Other meters may be read a moment later than the first one that shows the load.
const SETTLING_MS: u64 = 1_500;
const LOOK_EVERY_MS: u64 = 500;
const LONGEST_COUNT_MS: u64 = 120_000;
/// Steps of the register that are waited for, and what the meter may be late.
const STEPS: u64 = 3;
const SLACK_MS: u64 = 10_000;

type Readings = [(OutletNumber, Reading)];

impl<B: Board, I: Installer> Walk<'_, B, I> {
    pub(super) async fn load(
        &mut self,
        outlet: &Outlet,
        idle: &Readings,
        checks: &mut Vec<Check>,
    ) -> Result<(), Quit> {
        let number = outlet.number;
        if let Some(reason) = self.go(Question::Load(number.get())).await? {
            for step in [Step::LoadSeen, Step::Direction, Step::RegisterCounts] {
                self.note(number, checks, Check::skipped(step, &reason));
            }
            return Ok(());
        }
        let loaded = self.loaded_meters(idle).await;
        let check = judge_seen(outlet, &loaded, &self.board.meters().await);
        let sound = !check.has_failed();
        self.note(number, checks, check);
        if !sound {
            for step in [Step::Direction, Step::RegisterCounts] {
                self.note(number, checks, Check::not_checked(step, Because::EarlierFault));
            }
            return Ok(());
        }
        let (direction, counts) = self.counting(outlet).await;
        self.note(number, checks, direction);
        self.note(number, checks, counts);
        Ok(())
    }

    /// The outlets whose meters show a current that was not there before.
    async fn loaded_meters(&mut self, idle: &Readings) -> Vec<OutletNumber> {
        let began = self.board.now_ms();
        loop {
            if !rises(idle, &self.board.meters().await).is_empty() {
                self.board.wait_ms(SETTLING_MS).await;
                return rises(idle, &self.board.meters().await);
            }
            if self.board.now_ms() - began > SEEN_WITHIN_MS {
                return Vec::new();
            }
            self.board.wait_ms(LOOK_EVERY_MS).await;
        }
    }

    /// Direction and register, watched together until both have spoken.
    async fn counting(&mut self, outlet: &Outlet) -> (Check, Check) {
        let number = outlet.number;
        let first = reading(&self.board.meters().await, number);
        let exported = self.board.exported_wh(number).await;
        let power_w = power_w(&first);
        let with_power = |check: Check| match power_w {
            Some(w) => check.with("power_w", w),
            None => check,
        };
        if is_reversed(&first) {
            let reversed = Check::failed(Step::Direction, Fault::Reversed);
            let counts = Check::not_checked(Step::RegisterCounts, Because::EarlierFault);
            return (with_power(reversed), counts);
        }
        let within_ms = count_within_ms(outlet, power_w);
        let seconds = within_ms.div_ceil(1000);
        self.installer.tell(Notice::Counting {
            outlet: number.get(),
            seconds,
        });
        let began = self.board.now_ms();
        loop {
            self.board.wait_ms(LOOK_EVERY_MS).await;
            let now = reading(&self.board.meters().await, number);
            let rise = rise_wh(&first, &now);
            if let Some(wh) = rise.filter(|wh| *wh > 0) {
                let counts = Check::passed(Step::RegisterCounts).with("rise_wh", wh);
                return (with_power(Check::passed(Step::Direction)), counts);
            }
            let exports = match (exported, self.board.exported_wh(number).await) {
                (Some(before), Some(after)) => after - before,
                (_, _) => 0,
            };
            if exports > 0 {
                let reversed =
                    Check::failed(Step::Direction, Fault::Reversed).with("export_rise_wh", exports);
                let counts = Check::failed(Step::RegisterCounts, Fault::RegisterStandsStill);
                return (with_power(reversed), counts);
            }
            if self.board.now_ms() - began > within_ms {
                let counts = if is_coarse(outlet, power_w) {
                    Check::not_checked(Step::RegisterCounts, Because::CoarseRegister)
                } else {
                    Check::failed(Step::RegisterCounts, Fault::RegisterStandsStill)
                };
                return (with_power(Check::passed(Step::Direction)), counts);
            }
        }
    }

    /// After the breaker has opened: the current that its meter showed is gone.
    pub(super) async fn current_gone(&mut self, outlet: &Outlet, checks: &mut Vec<Check>) {
        let began = self.board.now_ms();
        let check = loop {
            let now = reading(&self.board.meters().await, outlet.number);
            match now.current {
                Ok(MilliAmps(ma)) if ma.abs() < LOAD_MA => {
                    break Check::passed(Step::CurrentGone).with("current_ma", ma);
                }
                Ok(MilliAmps(ma)) if self.board.now_ms() - began > GONE_WITHIN_MS => {
                    break Check::failed(Step::CurrentGone, Fault::CurrentStays).with("current_ma", ma);
                }
                // Such a meter has no supply of its own now.
                Err(_) if outlet.meter.dead_when_open => break Check::passed(Step::CurrentGone),
                Err(_) if self.board.now_ms() - began > GONE_WITHIN_MS => {
                    break Check::failed(Step::CurrentGone, Fault::MeterSilent);
                }
                Ok(_) | Err(_) => self.board.wait_ms(LOOK_EVERY_MS).await,
            }
        };
        self.note(outlet.number, checks, check);
    }
}

fn judge_seen(outlet: &Outlet, loaded: &[OutletNumber], now: &Readings) -> Check {
    let own = reading(now, outlet.number).current;
    let others: Vec<u8> = loaded
        .iter()
        .filter(|number| **number != outlet.number)
        .map(|number| number.get())
        .collect();
    let check = if !others.is_empty() {
        Check::failed(Step::LoadSeen, Fault::OtherMetersSeeLoad { outlets: others })
    } else if loaded.is_empty() && own.is_err() {
        Check::failed(Step::LoadSeen, Fault::MeterSilent)
    } else if loaded.is_empty() {
        Check::failed(Step::LoadSeen, Fault::NoMeterSeesLoad)
    } else {
        Check::passed(Step::LoadSeen)
    };
    match own {
        Ok(MilliAmps(ma)) => check.with("current_ma", ma),
        Err(_) => check,
    }
}

fn rises(before: &Readings, after: &Readings) -> Vec<OutletNumber> {
    let rise = |number: OutletNumber| {
        let ma = |readings: &Readings| {
            reading(readings, number)
                .current
                .map_or(0, |current| current.0.abs())
        };
        ma(after) - ma(before)
    };
    let risen = after.iter().map(|(number, _)| *number);
    risen.filter(|number| rise(*number) >= LOAD_MA).collect()
}

fn reading(readings: &Readings, outlet: OutletNumber) -> Reading {
    readings
        .iter()
        .find(|(number, _)| *number == outlet)
        .map(|(_, reading)| *reading)
        .unwrap_or_default()
}

fn power_w(reading: &Reading) -> Option<i64> {
    reading.power.ok().map(|Watts(w)| w)
}

fn is_reversed(reading: &Reading) -> bool {
    power_w(reading).is_some_and(|w| w < REVERSED_W)
        || reading.current.is_ok_and(|MilliAmps(ma)| ma <= -LOAD_MA)
}

fn rise_wh(before: &Reading, after: &Reading) -> Option<i64> {
    let (WattHours(before), WattHours(after)) = (before.register.ok()?, after.register.ok()?);
    Some(after - before)
}

/// The time in which the register makes a few steps at this power.
fn steps_ms(outlet: &Outlet, power_w: Option<i64>) -> u64 {
    let step_wh = u64::try_from(outlet.meter.register_step_wh).unwrap_or(1);
    let watts = power_w
        .and_then(|w| u64::try_from(w).ok())
        .unwrap_or(500)
        .max(100);
    (STEPS * step_wh * 3_600_000 / watts).saturating_add(SLACK_MS)
}

fn count_within_ms(outlet: &Outlet, power_w: Option<i64>) -> u64 {
    steps_ms(outlet, power_w).min(LONGEST_COUNT_MS)
}

fn is_coarse(outlet: &Outlet, power_w: Option<i64>) -> bool {
    steps_ms(outlet, power_w) > LONGEST_COUNT_MS
}
