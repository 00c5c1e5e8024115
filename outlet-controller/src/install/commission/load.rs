//! A load at the outlet: which meter sees it, in which direction, and does its register count?

use domain::ids::OutletNumber;
use domain::observation::Reading;
use domain::units::{MilliAmps, Watts};

use super::board::Board;
use super::evidence::Evidence;
use super::installer::{Installer, Notice, Question};
use super::{Quit, Walk};
use crate::install::protocol::{Because, Check, Fault, Step};
use crate::modbus::panel::Outlet;
use crate::modbus::panel_io::MeterScan;

/// A rise that no idle circuit shows; below it, an open breaker carries nothing.
pub(super) const LOAD_MA: i64 = 500;
/// The main circuit's power falls by as much when the load begins.
const MAIN_REVERSED_W: i64 = -200;
const SEEN_WITHIN_MS: u64 = 30_000;
const GONE_WITHIN_MS: u64 = 3_000;
/// Other meters may be read a moment later than the first one that shows the load.
const SETTLING_MS: u64 = 1_500;
const LOOK_EVERY_MS: u64 = 500;
const LONGEST_COUNT_MS: u64 = 120_000;

type Readings = [(OutletNumber, Reading)];

impl<B: Board, I: Installer> Walk<'_, B, I> {
    pub(super) async fn load(
        &mut self,
        outlet: &Outlet,
        idle: &MeterScan,
        checks: &mut Vec<Check>,
    ) -> Result<(), Quit> {
        let number = outlet.number;
        let mut steps = vec![Step::MainSeesLoad, Step::Direction, Step::RegisterCounts];
        steps.retain(|step| *step != Step::MainSeesLoad || self.board.panel().main.is_some());
        if let Some(reason) = self.go(Question::Load(number.get())).await? {
            for step in [Step::LoadSeen].into_iter().chain(steps) {
                self.note(number, checks, Check::skipped(step, &reason));
            }
            return Ok(());
        }
        let loaded = self.loaded_meters(idle).await;
        let check = judge_seen(outlet, &loaded, &self.board.meters().await.outlets);
        let sound = !check.has_failed();
        self.note(number, checks, check);
        if !sound {
            for step in steps {
                self.note(number, checks, Check::not_checked(step, Because::EarlierFault));
            }
            return Ok(());
        }
        if let Some(check) = self.main_sees_load(idle).await {
            self.note(number, checks, check);
        }
        let (direction, counts) = self.counting(outlet).await;
        self.note(number, checks, direction);
        self.note(number, checks, counts);
        Ok(())
    }

    /// The outlets whose meters show a current that was not there before.
    async fn loaded_meters(&mut self, idle: &MeterScan) -> Vec<OutletNumber> {
        let began = self.board.now_ms();
        loop {
            if !rises(&idle.outlets, &self.board.meters().await.outlets).is_empty() {
                self.board.wait_ms(SETTLING_MS).await;
                return rises(&idle.outlets, &self.board.meters().await.outlets);
            }
            if self.board.now_ms() - began > SEEN_WITHIN_MS {
                return Vec::new();
            }
            self.board.wait_ms(LOOK_EVERY_MS).await;
        }
    }

    /// `None` where there is no main meter.
    async fn main_sees_load(&mut self, idle: &MeterScan) -> Option<Check> {
        let idle = idle.main?;
        let began = self.board.now_ms();
        loop {
            let check = judge_main(&idle, &self.board.meters().await.main.unwrap_or_default());
            if !check.has_failed() || self.board.now_ms() - began > SETTLING_MS {
                return Some(check);
            }
            self.board.wait_ms(LOOK_EVERY_MS).await;
        }
    }

    /// Direction and register, watched together until both have spoken.
    async fn counting(&mut self, outlet: &Outlet) -> (Check, Check) {
        let mut evidence = Evidence::of(outlet);
        let began = self.board.now_ms();
        self.look_for(&mut evidence, outlet.number).await;
        let within_ms = evidence.steps_ms(outlet).min(LONGEST_COUNT_MS);
        if evidence.verdicts().is_none() {
            let (outlet, seconds) = (outlet.number.get(), within_ms.div_ceil(1000));
            self.installer.tell(Notice::Counting { outlet, seconds });
        }
        loop {
            if let Some(verdicts) = evidence.verdicts() {
                return verdicts;
            }
            if self.board.now_ms() - began > within_ms {
                return evidence.at_the_end(evidence.steps_ms(outlet) > LONGEST_COUNT_MS);
            }
            self.board.wait_ms(LOOK_EVERY_MS).await;
            self.look_for(&mut evidence, outlet.number).await;
        }
    }

    async fn look_for(&mut self, evidence: &mut Evidence, number: OutletNumber) {
        let seen = reading(&self.board.meters().await.outlets, number);
        let exported_wh = self.board.exported_wh(number).await;
        evidence.add(&seen, exported_wh);
    }

    /// After the breaker has opened: the current that its meter showed is gone.
    pub(super) async fn current_gone(&mut self, outlet: &Outlet, checks: &mut Vec<Check>) {
        let began = self.board.now_ms();
        let check = loop {
            let now = reading(&self.board.meters().await.outlets, outlet.number);
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

/// A meter that is misplaced or turned round would let the panel be overloaded. Other loads may hang on it too.
fn judge_main(idle: &Reading, loaded: &Reading) -> Check {
    let step = Step::MainSeesLoad;
    let (Ok(MilliAmps(idle_ma)), Ok(MilliAmps(ma))) = (idle.current, loaded.current) else {
        return Check::failed(step, Fault::MainSilent);
    };
    let rise_w = match (idle.power, loaded.power) {
        (Ok(Watts(idle)), Ok(Watts(now))) => now - idle,
        (_, _) => 0,
    };
    let check = if ma - idle_ma <= -LOAD_MA || rise_w <= MAIN_REVERSED_W {
        Check::failed(step, Fault::MainReversed)
    } else if ma - idle_ma < LOAD_MA {
        Check::failed(step, Fault::MainSeesNoLoad)
    } else {
        Check::passed(step)
    };
    check.with("current_ma", ma)
}
