//! Carries out commands. An answer leaves after its effect is on disk.

use std::sync::Arc;

use domain::ids::{OutletNumber, TransactionId};
use domain::limits::NewLimits;
use domain::outlet::{EndReason, Outlet, Refusal, Start};
use domain::units::MilliAmps;
use futures_util::future::OptionFuture;

use super::command::{Answer, Ask, Command, Refused, Which};
use super::{ControlLoop, Owed};

impl ControlLoop {
    pub(super) async fn obey(&mut self, command: Command) {
        self.pace.answered(true);
        // Whoever asked may have gone; what was done stays done.
        match command {
            Command::Start(ask, answer) => {
                let started = self.start(ask).await;
                let accepted = started.is_ok();
                self.painter.answered("start", &started);
                self.answer(answer, started);
                if accepted {
                    self.close_breakers();
                }
            }
            Command::Stop(which, answer) => {
                let done = self.stop(&which).await;
                self.painter.answered("stop", &done);
                let _gone = answer.send(done);
            }
            Command::Stopped(number, answer) => {
                let done = self.written_down(number).await;
                self.painter.answered("stop", &done);
                let _gone = answer.send(done);
            }
            Command::ChangeLimits(which, limits, answer) => {
                let done = self.change_limits(&which, limits).await;
                self.painter.answered("change_limits", &done);
                self.answer(answer, done);
            }
            Command::ClearFault(outlet, answer) => {
                let done = self.clear_fault(outlet).await;
                self.painter.answered("clear_fault", &done);
                self.answer(answer, done);
            }
            Command::SetRiseThreshold(outlet, threshold, answer) => {
                let done = self.set_rise_threshold(outlet, threshold).await;
                self.painter.answered("set_rise_threshold", &done);
                let _gone = answer.send(done);
            }
            Command::SetAvailable(outlet, available, answer) => {
                let done = self.set_available(outlet, available).await;
                self.painter.answered("set_available", &done);
                self.answer(answer, done);
            }
            Command::Reset(when) => self.begin_reset(when).await,
            Command::HoldStarts(held, answer) => {
                self.holds_starts = held;
                self.publish();
                let _gone = answer.send(Ok(()));
            }
            Command::Tell(outlet, form) => {
                // Looked at in its turn: a stop that comes after it does not wait for it.
                self.pace.request(outlet, form);
            }
        }
        self.publish();
    }

    /// What was taken back may still be on its way to the disk, and a restart would find it there: that it is refused is
    /// told when the disk has it so.
    fn answer<T: Send + 'static>(&mut self, to: Answer<T>, result: Result<T, Refused>) {
        let waits = matches!(result, Err(Refused::NotStored)) && self.ledger.is_writing();
        // Whoever asked may have gone.
        let tell = move || drop(to.send(result));
        if waits {
            let steps = self.ledger.steps_written();
            let tell = Box::new(tell);
            self.owed.push(Owed { steps, tell });
        } else {
            tell();
        }
    }

    async fn start(&mut self, ask: Ask) -> Result<TransactionId, Refused> {
        self.panel.outlet_mut(ask.outlet)?;
        // The same request has the same answer, also where its charge has ended since: the answer may have been lost, and
        // what the charge took is told by its reports.
        if let Some(transaction) = self.ledger.started(ask.outlet, ask.remote_start_id) {
            return Ok(transaction);
        }
        let limits = ask.limits.map_err(Refused::InvalidLimits)?;
        if self.reset.is_some() {
            return Err(Refused::Resetting);
        }
        if self.holds_starts {
            return Err(Refused::Installing);
        }
        if self.ledger.is_full() {
            return Err(Refused::JournalFull);
        }
        self.look_again(ask.outlet).await;
        let now = self.now();
        let outlet = self.panel.outlet_mut(ask.outlet)?;
        let before = outlet.clone();
        let transaction = TransactionId(foundation::ids::random_text());
        let start = Start {
            transaction: transaction.clone(),
            remote_start_id: ask.remote_start_id,
            id_token: ask.id_token,
            limits,
        };
        outlet.start(start, now)?;
        let book = self.ledger.begin(ask.outlet, ask.remote_start_id, &transaction);
        if !self.write_down().await {
            *self.panel.outlet_mut(ask.outlet)? = before;
            self.ledger.take_back(ask.outlet, book);
            return Err(Refused::NotStored);
        }
        Ok(transaction)
    }

    /// On a slow bus the last look may be too old to act on, and what the register has moved by now is nobody's.
    async fn look_again(&mut self, number: OutletNumber) {
        let (before, io) = (self.now(), Arc::clone(&self.io));
        let outlet = self.panel.outlet(number);
        let is_stale = outlet.is_some_and(|outlet| outlet.is_stale(before.tick));
        let looking = async move {
            let contacts = OptionFuture::from(is_stale.then(|| io.look_at(number)));
            tokio::join!(contacts, io.read_meter(number))
        };
        let (seen, reading) = self.attend(looking).await;
        let now = self.now();
        let mut reports = Vec::new();
        if let Some(seen) = seen {
            reports.extend(self.panel.step(&[(number, seen)], now));
        }
        reports.extend(self.panel.see_meter(number, (None, Some(reading)), now));
        self.ledger.note(&self.panel, reports, now);
    }

    async fn stop(&mut self, which: &Which) -> Result<(), Refused> {
        let number = self.begin_stopping(which)?;
        self.open_breakers();
        self.written_down(number).await
    }

    pub(super) fn begin_stopping(&mut self, which: &Which) -> Result<OutletNumber, Refused> {
        let transaction = self.name_of(which);
        Ok(self.panel.stop(&transaction, EndReason::Remote, self.now())?)
    }

    fn name_of(&self, which: &Which) -> TransactionId {
        let charges = || self.panel.outlets().filter_map(|(_, outlet)| outlet.charge());
        let by_start = || charges().find(|charge| Some(charge.remote_start_id) == which.remote_start_id);
        let found = charges()
            .find(|charge| charge.transaction == which.transaction)
            .or_else(by_start);
        found.map_or_else(|| which.transaction.clone(), |charge| charge.transaction.clone())
    }

    /// New limits are on disk before they are accepted (I3); an end that they mean now waits for nothing.
    async fn change_limits(&mut self, which: &Which, limits: NewLimits) -> Result<(), Refused> {
        let transaction = self.name_of(which);
        let runs = |outlet: &Outlet| {
            let charge = outlet.charge();
            charge.is_some_and(|charge| charge.transaction == transaction)
        };
        let found = self.panel.outlets().find(|(_, outlet)| runs(outlet));
        let (number, _) = found.ok_or(Refusal::UnknownTransaction)?;
        if limits.energy.is_some() {
            self.look_again(number).await;
        }
        let now = self.now();
        let outlet = self.panel.outlet_mut(number)?;
        let before = outlet.change_limits(&transaction, limits, now)?;
        self.open_breakers();
        if let Err(refused) = self.written_down(number).await {
            self.panel
                .outlet_mut(number)?
                .restore_limits(&transaction, before);
            self.ledger.touch(number);
            return Err(refused);
        }
        Ok(())
    }

    async fn clear_fault(&mut self, number: OutletNumber) -> Result<(), Refused> {
        let now = self.now();
        let outlet = self.panel.outlet_mut(number)?;
        let before = outlet.clone();
        let reports = outlet.clear_fault(now)?;
        if let Err(refused) = self.written_down(number).await {
            *self.panel.outlet_mut(number)? = before;
            self.ledger.touch(number);
            return Err(refused);
        }
        // Told only now: what is in the journal cannot be taken back.
        let reports = reports.into_iter().map(|report| (number, report)).collect();
        let now = self.now();
        self.ledger.note(&self.panel, reports, now);
        self.write_down().await;
        Ok(())
    }

    async fn set_rise_threshold(
        &mut self,
        number: OutletNumber,
        threshold: Option<MilliAmps>,
    ) -> Result<(), Refused> {
        let outlet = self.panel.outlet_mut(number)?;
        if outlet.saved().rise_threshold != threshold {
            outlet.set_rise_threshold(threshold);
            self.ledger.touch(number);
        }
        // One that was set before needs no disk; what else waits for it is no concern of whoever asks.
        if self.ledger.is_outlet_written(number) {
            return Ok(());
        }
        self.on_disk().await
    }

    async fn written_down(&mut self, number: OutletNumber) -> Result<(), Refused> {
        self.ledger.touch(number);
        self.on_disk().await
    }

    async fn on_disk(&mut self) -> Result<(), Refused> {
        if self.write_down().await {
            Ok(())
        } else {
            Err(Refused::NotStored)
        }
    }
}
