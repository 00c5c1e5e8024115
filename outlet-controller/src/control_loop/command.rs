//! What the control loop can be told, and its answers.

use domain::ids::{OutletNumber, TransactionId};
use domain::limits::{BadWish, Limits, NewLimits};
use domain::outlet::Refusal;
use domain::units::MilliAmps;
use tokio::sync::{mpsc, oneshot};

/// Why a command had no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error(transparent)]
    Rules(#[from] Refusal),
    #[error("{0:?}")]
    InvalidLimits(BadWish),
    /// Nothing is done that would be forgotten by a restart.
    #[error("the controller cannot write to its disk")]
    NotStored,
    #[error("the journal is full: nothing begins until the server has taken what waits")]
    JournalFull,
    #[error("the controller is about to start anew")]
    Resetting,
    #[error("the controller is stopping")]
    Stopping,
}

/// A request to start.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) outlet: OutletNumber,
    pub(crate) remote_start_id: i64,
    pub(crate) id_token: String,
    /// Or why there can be none: that matters to a start that is new.
    pub(crate) limits: Result<Limits, BadWish>,
}

/// The charge that is meant: by its name, or by its start where the server has not been told the name yet.
#[derive(Clone, Debug)]
pub(crate) struct Which {
    pub(crate) transaction: TransactionId,
    pub(crate) remote_start_id: Option<i64>,
}

/// As what a requested status is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As a reading of the meter.
    Reading,
    /// As a part of the running transaction.
    Transaction,
}

/// When the program ends, to be started anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResetWhen {
    /// Once no charge runs any more.
    OnIdle,
    /// Charges are ended.
    Immediate,
}

pub(super) type Answer<T> = oneshot::Sender<Result<T, Refused>>;

pub(super) enum Command {
    Start(Ask, Answer<TransactionId>),
    Stop(Which, Answer<()>),
    ChangeLimits(Which, NewLimits, Answer<()>),
    /// A stop whose breaker was opened already; its answer still waits for the disk.
    Stopped(OutletNumber, Answer<()>),
    ClearFault(OutletNumber, Answer<()>),
    SetRiseThreshold(OutletNumber, Option<MilliAmps>, Answer<()>),
    /// `None`: all outlets.
    SetAvailable(Option<OutletNumber>, bool, Answer<()>),
    Reset(ResetWhen),
    /// `None`: all outlets and the main circuit.
    Tell(Option<OutletNumber>, Form),
}

/// The door to the control loop. What is answered with `Ok` survives a restart.
#[derive(Clone, Debug)]
pub(crate) struct Commands(mpsc::Sender<Command>);

impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Command")
    }
}

impl Commands {
    pub(super) fn new(sender: mpsc::Sender<Command>) -> Self {
        Self(sender)
    }

    pub(crate) async fn start(&self, ask: Ask) -> Result<TransactionId, Refused> {
        self.ask(|answer| Command::Start(ask, answer)).await
    }

    pub(crate) async fn stop(&self, which: Which) -> Result<(), Refused> {
        self.ask(|answer| Command::Stop(which, answer)).await
    }

    pub(crate) async fn change_limits(&self, which: Which, limits: NewLimits) -> Result<(), Refused> {
        self.ask(|answer| Command::ChangeLimits(which, limits, answer))
            .await
    }

    pub(crate) async fn clear_fault(&self, outlet: OutletNumber) -> Result<(), Refused> {
        self.ask(|answer| Command::ClearFault(outlet, answer)).await
    }

    pub(crate) async fn set_rise_threshold(
        &self,
        outlet: OutletNumber,
        threshold: Option<MilliAmps>,
    ) -> Result<(), Refused> {
        self.ask(|answer| Command::SetRiseThreshold(outlet, threshold, answer))
            .await
    }

    /// `None`: all outlets.
    pub(crate) async fn set_available(
        &self,
        outlet: Option<OutletNumber>,
        available: bool,
    ) -> Result<(), Refused> {
        self.ask(|answer| Command::SetAvailable(outlet, available, answer))
            .await
    }

    pub(crate) async fn reset(&self, when: ResetWhen) {
        // A loop that has stopped is on its way already.
        let _stopped = self.0.send(Command::Reset(when)).await;
    }

    /// Reads anew and journals what was read.
    pub(crate) async fn tell(&self, outlet: Option<OutletNumber>, form: Form) {
        // A loop that has stopped reads nothing any more.
        let _stopped = self.0.send(Command::Tell(outlet, form)).await;
    }

    async fn ask<T>(&self, command: impl FnOnce(Answer<T>) -> Command) -> Result<T, Refused> {
        let (answer, answered) = oneshot::channel();
        self.0
            .send(command(answer))
            .await
            .map_err(|_| Refused::Stopping)?;
        answered.await.map_err(|_| Refused::Stopping)?
    }
}
