//! Work that a database which is away for a while must not undo: it is done again until it is done, within bounds.

use std::sync::Arc;
use std::time::Duration;

use api_spec::ocpp::{CallError, ErrorCode, Version};
use foundation::DbError;
use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;

use super::{Connection, Done};
use crate::context::{Context, Tx};
use crate::ocpp::actions::{self, Call, Store, Work};
use crate::operations::connect_station::Station;

/// Between two attempts.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a station waits for the answer to a call whose storing fails for the moment. Then its connection ends: what is
/// not answered it keeps and tells again, while an answer that says no might make it forget.
const LONGEST_MS: u64 = 60_000;

/// A station's call, kept to be handled again.
pub(super) struct Kept {
    pub(super) version: Version,
    pub(super) action: String,
    pub(super) payload: Box<RawValue>,
    pub(super) station: Arc<Station>,
    /// Microseconds.
    pub(super) received_at: i64,
}

/// What became of a call.
pub(super) enum Stored {
    Answer(Result<String, CallError>),
    /// Not stored for as long as a station can be kept waiting.
    Not,
}

impl Kept {
    /// What is to be done.
    pub(super) fn work(&self, context: &Context) -> Result<Work, CallError> {
        let call = Call {
            station: &self.station,
            payload: &self.payload,
            received_at: self.received_at,
            signs_certificates: context.signs_certificates,
        };
        actions::handle(self.version, &self.action, &call)
    }

    /// Stores; again while the database's trouble is one that passes.
    pub(super) async fn store(&self, context: &Context, stop: &CancellationToken, store: Store) -> Stored {
        let since_ms = context.clock.tick_ms();
        let mut store = store;
        loop {
            let stored = match store {
                Store::Once(body) => context.transact(body).await,
                Store::Report(report, answer) => context.transact_together(*report).await.map(answer),
            };
            let error = match stored {
                Ok(answer) => return Stored::Answer(Ok(answer)),
                Err(error) if error.is_transient() => error,
                Err(error) => return Stored::Answer(Err(not_stored(&error))),
            };
            tracing::warn!(%error, "a station's message cannot be stored yet");
            if context.clock.tick_ms().saturating_sub(since_ms) > LONGEST_MS {
                return Stored::Not;
            }
            tokio::select! {
                () = stop.cancelled() => return Stored::Not,
                () = context.clock.sleep(PAUSE) => {}
            }
            store = match self.work(context) {
                Ok(Work::Store(store)) => store,
                Ok(Work::Nothing(answer)) => return Stored::Answer(Ok(answer)),
                Err(error) => return Stored::Answer(Err(error)),
            };
        }
    }
}

/// Nothing was stored, so the station has to send it again.
fn not_stored(error: &DbError) -> CallError {
    tracing::error!(%error, "a station's message cannot be stored");
    CallError::new(ErrorCode::InternalError, "not stored, send it again")
}

/// Does it again while the database's trouble is one that passes, until the program stops.
pub(super) async fn surely<T, F>(
    context: &Context,
    stop: &CancellationToken,
    mut attempt: impl FnMut() -> F,
) -> Result<T, DbError>
where
    F: Future<Output = Result<T, DbError>>,
{
    loop {
        let error = match attempt().await {
            Err(error) if error.is_transient() => error,
            done => return done,
        };
        tracing::warn!(%error, "the database does not answer now; it is asked again");
        tokio::select! {
            () = stop.cancelled() => return Err(error),
            () = context.clock.sleep(PAUSE) => {}
        }
    }
}

impl Connection {
    /// Writes, also where the database is away for a while.
    pub(super) fn write(
        &mut self,
        body: impl Fn(&mut Tx<'_>) -> Result<(), DbError> + Clone + Send + 'static,
    ) {
        let (context, stop) = (self.context.clone(), self.stop.clone());
        self.working.push(Box::pin(async move {
            let write = surely(&context, &stop, || context.transact(body.clone()));
            if let Err(error) = write.await {
                tracing::error!(%error, "a station's state cannot be written");
            }
            Done::Written
        }));
    }

    /// Writes until it is written; `body` looks anew each time at what is so.
    pub(super) fn write_surely(
        &mut self,
        body: impl Fn(&mut Tx<'_>) -> Result<(), DbError> + Clone + Send + 'static,
    ) {
        let (context, stop) = (self.context.clone(), self.stop.clone());
        self.working.push(Box::pin(async move {
            while let Err(error) = context.transact(body.clone()).await {
                tracing::error!(%error, "a station's state cannot be written yet");
                tokio::select! {
                    // The next start of the program writes who is there.
                    () = stop.cancelled() => break,
                    () = context.clock.sleep(PAUSE) => {}
                }
            }
            Done::Written
        }));
    }
}
