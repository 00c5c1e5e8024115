//! Walks an installer through a panel: is every breaker, contact and meter where its file says?

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::ids::OutletNumber;
use domain::observation::{Observation, Position};
use domain::outlet::Wanted;

use super::protocol::{Check, Fault, OutletChecks, Protocol, Step, UnitChecks};
use crate::modbus::panel::{Command, Outlet, Unit};
use board::{Board, Said};
use installer::{Installer, Notice, Question, Reply};

pub(crate) mod board;
mod evidence;
pub(crate) mod installer;
mod load;
mod movement;
mod outlet;
pub(crate) mod real;
mod times;
mod trip;

/// The installer wants no more, or is gone.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Quit;

/// What the walk goes through.
pub(crate) struct Walk<'a, B, I> {
    pub(crate) board: &'a mut B,
    pub(crate) installer: &'a mut I,
    /// Filled as the walk goes on, so that a walk that is cut off has its protocol too.
    pub(crate) protocol: &'a mut Protocol,
    /// For what is said of checks that are done.
    pub(crate) lang: super::lang::Lang,
    /// Of each outlet: the `[breaker.NAME]`.
    pub(crate) kinds: &'a BTreeMap<u8, String>,
    /// Of each outlet: the longest movement that was seen.
    pub(crate) longest_ms: BTreeMap<u8, u64>,
}

impl<B: Board, I: Installer> Walk<'_, B, I> {
    /// Units, then every outlet, then everything OFF once more.
    ///
    /// # Errors
    /// [`Quit`]; the caller opens all breakers.
    pub(crate) async fn run(&mut self) -> Result<(), Quit> {
        self.go(Question::Begin).await?;
        self.all_off().await;
        self.units().await;
        let outlets: Vec<Outlet> = self.board.panel().outlets.clone();
        for outlet in &outlets {
            loop {
                let checks = self.outlet(outlet).await?;
                let failed = checks.iter().any(Check::has_failed);
                let again = failed && self.wants_again(outlet.number).await?;
                if !again {
                    let outlet = outlet.number.get();
                    self.protocol.outlets.push(OutletChecks { outlet, checks });
                    break;
                }
            }
        }
        self.propose_times(&outlets).await?;
        self.protocol.finished = true;
        Ok(())
    }

    /// Tells every breaker to open; whether it did is checked at each outlet.
    async fn all_off(&mut self) {
        self.installer.tell(Notice::AllOff);
        let numbers: Vec<OutletNumber> = self
            .board
            .panel()
            .outlets
            .iter()
            .map(|outlet| outlet.number)
            .collect();
        for number in &numbers {
            // Refused or unheard: the outlet's first check says so.
            let _unheard = self.board.switch(*number, Wanted::Open).await;
        }
        let limit_ms = self.board.panel().longest_move_ms();
        let began = self.board.now_ms();
        while self.board.now_ms() - began <= limit_ms {
            let all_open = self
                .board
                .look()
                .await
                .iter()
                .all(|(_, seen)| seen.position == Position::Open);
            if all_open {
                return;
            }
            self.board.wait_ms(movement::LOOK_EVERY_MS).await;
        }
    }

    async fn units(&mut self) {
        let mut serials: BTreeMap<(String, String), String> = BTreeMap::new();
        for unit in units_of(self.board) {
            let said = self.board.unit(&unit).await;
            let mut checks = vec![match &said {
                Said::Nothing => Check::failed(Step::UnitAnswers, Fault::NoAnswer),
                Said::Answers | Said::NoSerial | Said::Serial(_) => Check::passed(Step::UnitAnswers),
            }];
            checks.extend(match said {
                Said::Nothing | Said::Answers => None,
                Said::NoSerial => Some(Check::failed(Step::SerialNumber, Fault::NoSerialNumber)),
                Said::Serial(serial) => Some(
                    match serials.insert((unit.device.id.clone(), serial.clone()), unit.name.clone()) {
                        Some(also) => Check::failed(Step::SerialNumber, Fault::SerialNumberTwice { also }),
                        None => Check::passed(Step::SerialNumber),
                    }
                    .with_read(serial),
                ),
            });
            for check in &checks {
                self.installer
                    .done(&format!("{}: {}", unit.name, check.line(self.lang)));
            }
            let buses = self
                .board
                .panel()
                .buses()
                .nth(unit.bus)
                .unwrap_or_default()
                .to_owned();
            self.protocol.units.push(UnitChecks {
                unit: unit.name.clone(),
                bus: buses,
                id: unit.id,
                device: unit.device.id.clone(),
                checks,
            });
        }
    }

    async fn wants_again(&mut self, outlet: OutletNumber) -> Result<bool, Quit> {
        match self.installer.ask(Question::Failed(outlet.get())).await {
            Reply::Again => Ok(true),
            Reply::Quit => Err(Quit),
            Reply::Go | Reply::Skip(_) | Reply::Keep => Ok(false),
        }
    }

    async fn go(&mut self, question: Question) -> Result<Option<String>, Quit> {
        match self.installer.ask(question).await {
            Reply::Quit => Err(Quit),
            Reply::Skip(reason) => Ok(Some(reason)),
            Reply::Go | Reply::Again | Reply::Keep => Ok(None),
        }
    }

    fn note(&mut self, outlet: OutletNumber, checks: &mut Vec<Check>, check: Check) {
        self.installer
            .done(&format!("{outlet}: {}", check.line(self.lang)));
        checks.push(check);
    }
}

/// Every unit of the panel once, in the order of buses and ids.
fn units_of(board: &impl Board) -> Vec<Arc<Unit>> {
    let panel = board.panel();
    let reads = panel
        .plan
        .fast
        .iter()
        .chain(&panel.plan.slow)
        .map(|read| &read.unit);
    let outputs = panel.outlets.iter().map(|outlet| output_unit(&outlet.command));
    let units: BTreeMap<(usize, u8), Arc<Unit>> = reads
        .chain(outputs)
        .map(|unit| ((unit.bus, unit.id), Arc::clone(unit)))
        .collect();
    units.into_values().collect()
}

fn output_unit(command: &Command) -> &Arc<Unit> {
    match command {
        Command::Maintained { open, .. } | Command::OrderBits { open, .. } => &open.place.unit,
        Command::Pulse { open, .. } => &open.press.place.unit,
    }
}

fn seen_at(look: &[(OutletNumber, Observation)], outlet: OutletNumber) -> Observation {
    look.iter()
        .find(|(number, _)| *number == outlet)
        .map(|(_, seen)| *seen)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
