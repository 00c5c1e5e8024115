//! Carries out commands. An answer leaves after its effect is on disk.

use domain::ids::{OutletNumber, TransactionId};
use domain::outlet::{EndReason, Start};
use domain::units::MilliAmps;

use super::ControlLoop;
use super::command::{Ask, Command, Refused, Which};
use super::see::{Look, see};

impl ControlLoop {
    pub(super) async fn obey(&mut self, command: Command) {
        self.pace.answered(true);
        // Whoever asked may have gone; what was done stays done.
        match command {
            Command::Start(ask, answer) => {
                let started = self.start(ask).await;
                let accepted = started.is_ok();
                let _gone = answer.send(started);
                if accepted {
                    self.close_breakers().await;
                }
            }
            Command::Stop(which, answer) => {
                let _gone = answer.send(self.stop(&which).await);
            }
            Command::ClearFault(outlet, answer) => {
                let _gone = answer.send(self.clear_fault(outlet).await);
            }
            Command::SetRiseThreshold(outlet, threshold, answer) => {
                let _gone = answer.send(self.set_rise_threshold(outlet, threshold).await);
            }
            Command::Tell(outlet, form) => {
                let seen = see(&self.io, &self.panel, Look::Requested(outlet, form)).await;
                self.take_in(seen).await;
            }
        }
        self.publish();
    }

    async fn start(&mut self, ask: Ask) -> Result<TransactionId, Refused> {
        let now = self.now();
        let outlet = self.panel.outlet_mut(ask.outlet)?;
        if let Some(transaction) = self.ledger.started(ask.outlet, ask.remote_start_id) {
            let runs = outlet
                .charge()
                .is_some_and(|charge| charge.transaction == transaction);
            return if runs {
                Ok(transaction)
            } else {
                Err(Refused::AlreadyEnded)
            };
        }
        let before = outlet.clone();
        let transaction = TransactionId(foundation::ids::random_text());
        let start = Start {
            transaction: transaction.clone(),
            remote_start_id: ask.remote_start_id,
            id_token: ask.id_token,
            limits: ask.limits,
        };
        outlet.start(start, now)?;
        let book = self.ledger.begin(ask.outlet, ask.remote_start_id, &transaction);
        if !self.ledger.write_down(&self.panel, now).await {
            *self.panel.outlet_mut(ask.outlet)? = before;
            self.ledger.take_back(ask.outlet, book);
            return Err(Refused::NotStored);
        }
        Ok(transaction)
    }

    async fn stop(&mut self, which: &Which) -> Result<(), Refused> {
        let charges = || self.panel.outlets().filter_map(|(_, outlet)| outlet.charge());
        let by_start = || charges().find(|charge| Some(charge.remote_start_id) == which.remote_start_id);
        let found = charges()
            .find(|charge| charge.transaction == which.transaction)
            .or_else(by_start);
        let transaction =
            found.map_or_else(|| which.transaction.clone(), |charge| charge.transaction.clone());
        let number = self.panel.stop(&transaction, EndReason::Remote, self.now())?;
        self.open_breakers().await;
        self.written_down(number).await
    }

    async fn clear_fault(&mut self, number: OutletNumber) -> Result<(), Refused> {
        let reports = self.panel.outlet_mut(number)?.clear_fault()?;
        let reports = reports.into_iter().map(|report| (number, report)).collect();
        self.ledger.note(&self.panel, reports, self.now());
        self.written_down(number).await
    }

    async fn set_rise_threshold(
        &mut self,
        number: OutletNumber,
        threshold: Option<MilliAmps>,
    ) -> Result<(), Refused> {
        self.panel.outlet_mut(number)?.set_rise_threshold(threshold);
        self.written_down(number).await
    }

    async fn written_down(&mut self, number: OutletNumber) -> Result<(), Refused> {
        self.ledger.touch(number);
        let now = self.now();
        if self.ledger.write_down(&self.panel, now).await {
            Ok(())
        } else {
            Err(Refused::NotStored)
        }
    }
}
