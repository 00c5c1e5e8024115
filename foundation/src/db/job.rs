//! What waits for a database thread: a body to run, and whom to tell of it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use tokio::sync::oneshot;

use super::{Conn, DbError};

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
    /// Run a second time, it does the same: it may share a savepoint.
    pub(super) is_repeatable: bool,
}

trait Work: Send {
    fn run(&mut self, conn: Result<&mut Conn, DbError>) -> Written;
    fn answer(self: Box<Self>, committed: Result<(), DbError>);
}

/// A body with its latest outcome.
struct Waiting<F, T, E> {
    body: F,
    outcome: Option<thread::Result<Result<T, E>>>,
    caller: oneshot::Sender<Result<T, E>>,
}

impl Job {
    /// Runs the body, or has it refused where there is no connection.
    pub(super) fn run(&mut self, conn: Result<&mut Conn, DbError>) -> Written {
        self.work.run(conn)
    }

    /// Tells the caller, once the fate of what the body wrote is known.
    pub(super) fn answer(self, committed: Result<(), DbError>) {
        self.work.answer(committed);
    }

    pub(super) fn refuse(mut self, error: &DbError) {
        self.run(Err(error.clone()));
        self.answer(Err(error.clone()));
    }
}

impl<F, T, E> Work for Waiting<F, T, E>
where
    F: FnMut(&mut Conn) -> Result<T, E> + Send,
    T: Send,
    E: From<DbError> + Send,
{
    fn run(&mut self, conn: Result<&mut Conn, DbError>) -> Written {
        let outcome = match conn {
            Ok(conn) => catch_unwind(AssertUnwindSafe(|| (self.body)(conn))),
            Err(error) => Ok(Err(error.into())),
        };
        let stays = matches!(outcome, Ok(Ok(_)));
        self.outcome = Some(outcome);
        if stays { Written::Stays } else { Written::IsUndone }
    }

    fn answer(self: Box<Self>, committed: Result<(), DbError>) {
        let answer = match (committed, self.outcome) {
            // What it refused for may never have been.
            (Err(error @ DbError::Unavailable(_)), _) => Err(error.into()),
            (_, Some(Ok(Err(error)))) => Err(error),
            (Err(error), _) => Err(error.into()),
            (Ok(()), Some(Ok(Ok(value)))) => Ok(value),
            (Ok(()), Some(Err(_panic))) => Err(DbError::Commit("the operation panicked".into()).into()),
            (Ok(()), None) => Err(DbError::Stopped.into()),
        };
        // A caller that gave up waiting no longer listens.
        let _gone = self.caller.send(answer);
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
    let mut body = Some(body);
    let once = move |conn: &mut Conn| match body.take() {
        Some(body) => body(conn),
        None => Err(DbError::Stopped.into()),
    };
    send(jobs, once, false).await
}

/// The same for a body that may be run again.
pub(super) async fn run_repeatable<T, E>(
    jobs: &mpsc::Sender<Job>,
    body: impl FnMut(&mut Conn) -> Result<T, E> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<DbError> + Send + 'static,
{
    send(jobs, body, true).await
}

async fn send<T, E>(
    jobs: &mpsc::Sender<Job>,
    body: impl FnMut(&mut Conn) -> Result<T, E> + Send + 'static,
    is_repeatable: bool,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<DbError> + Send + 'static,
{
    let (caller, answer) = oneshot::channel();
    let work = Box::new(Waiting {
        body,
        outcome: None,
        caller,
    });
    let job = Job {
        work,
        since: Instant::now(),
        is_repeatable,
    };
    jobs.send(job).map_err(|_| DbError::Stopped)?;
    answer.await.map_err(|_| DbError::Stopped)?
}
