//! What waits for a database thread: a body to run, and whom to tell of it.

mod in_set;

use std::any::{Any, TypeId};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::time::Instant;

use tokio::sync::oneshot;

use super::{Conn, DbError};

pub use in_set::Together;
pub(super) use in_set::run_together;

/// Whether what a body has written stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    Stays,
    IsUndone,
}

/// A body that waits.
pub(super) struct Job {
    work: Box<dyn Work>,
    pub(super) since: Instant,
    /// Those of one kind may be written as a set.
    pub(super) kind: Option<TypeId>,
}

trait Work: Any + Send {
    /// Runs it, before `others` of its kind that it is one set with.
    fn run(&mut self, conn: &mut Conn, others: &mut [Job]) -> Written;
    fn refuse(&mut self, error: DbError);
    fn answer(self: Box<Self>, committed: Result<(), DbError>);
}

/// A body with its outcome, and who waits for it.
struct Waiting<F, T, E> {
    body: Option<F>,
    outcome: Option<Result<T, E>>,
    caller: oneshot::Sender<Result<T, E>>,
}

impl Job {
    /// Runs the body.
    pub(super) fn run(&mut self, conn: &mut Conn) -> Written {
        self.work.run(conn, &mut [])
    }

    /// Runs the bodies of a set; what was undone has been undone for all.
    pub(super) fn run_set(set: &mut [Self], conn: &mut Conn) -> Written {
        match set.split_first_mut() {
            Some((first, others)) => first.work.run(conn, others),
            None => Written::Stays,
        }
    }

    /// Tells the caller, once the fate of what the body wrote is known.
    pub(super) fn answer(self, committed: Result<(), DbError>) {
        self.work.answer(committed);
    }

    pub(super) fn refuse(mut self, error: &DbError) {
        self.work.refuse(error.clone());
        self.answer(Err(error.clone()));
    }
}

impl<F, T, E> Work for Waiting<F, T, E>
where
    F: FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<DbError> + Send + 'static,
{
    fn run(&mut self, conn: &mut Conn, _: &mut [Job]) -> Written {
        let Some(body) = self.body.take() else {
            return Written::IsUndone;
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| body(conn)));
        let outcome = outcome.unwrap_or_else(|_| Err(panicked().into()));
        let stays = outcome.is_ok();
        self.outcome = Some(outcome);
        if stays { Written::Stays } else { Written::IsUndone }
    }

    fn refuse(&mut self, error: DbError) {
        self.outcome = Some(Err(error.into()));
    }

    fn answer(self: Box<Self>, committed: Result<(), DbError>) {
        // A caller that gave up waiting no longer listens.
        let _gone = self.caller.send(settled(committed, self.outcome));
    }
}

fn panicked() -> DbError {
    DbError::Commit("the operation panicked".into())
}

/// What the caller hears.
fn settled<T, E: From<DbError>>(
    committed: Result<(), DbError>,
    outcome: Option<Result<T, E>>,
) -> Result<T, E> {
    match (committed, outcome) {
        // What it refused for may never have been.
        (Err(error @ DbError::Unavailable(_)), _) => Err(error.into()),
        (_, Some(Err(error))) => Err(error),
        (Err(error), _) => Err(error.into()),
        (Ok(()), Some(Ok(value))) => Ok(value),
        (Ok(()), None) => Err(DbError::Stopped.into()),
    }
}

/// Has `body` run by the thread behind `jobs`, and waits for its answer.
pub(super) async fn run<T, E>(
    jobs: &mpsc::Sender<Job>,
    body: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<DbError> + Send + 'static,
{
    let (caller, answer) = oneshot::channel();
    let work = Box::new(Waiting {
        body: Some(body),
        outcome: None,
        caller,
    });
    let job = Job {
        work,
        since: Instant::now(),
        kind: None,
    };
    jobs.send(job).map_err(|_| DbError::Stopped)?;
    answer.await.map_err(|_| DbError::Stopped)?
}
