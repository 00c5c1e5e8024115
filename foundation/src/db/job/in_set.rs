//! Bodies of one kind, which are handed over as a set where several wait.

use std::any::{Any, TypeId};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::time::Instant;

use tokio::sync::oneshot;

use super::{Job, Work, Written, panicked, settled};
use crate::db::{Conn, DbError};

/// One of many of a kind, with no effect but on the database: it may be written a second time, after the first was undone.
pub trait Together: Send + Sized + 'static {
    type Answer: Send + 'static;

    /// Writes all of a set, in order, and answers each.
    ///
    /// # Errors
    /// Undoes the whole set; then each of it is written as a set of its own.
    fn write(conn: &mut Conn, set: &mut [&mut Self]) -> Result<Vec<Self::Answer>, DbError>;
}

/// One of a set, and who waits for it.
struct InSet<B: Together> {
    body: B,
    outcome: Option<Result<B::Answer, DbError>>,
    caller: oneshot::Sender<Result<B::Answer, DbError>>,
}

impl<B: Together> Work for InSet<B> {
    fn run(&mut self, conn: &mut Conn, others: &mut [Job]) -> Written {
        let others = others.iter_mut().filter_map(Self::of);
        let mut all: Vec<&mut Self> = std::iter::once(self).chain(others).collect();
        let mut set: Vec<&mut B> = all.iter_mut().map(|one| &mut one.body).collect();
        let written = catch_unwind(AssertUnwindSafe(|| B::write(conn, &mut set)));
        match written.unwrap_or_else(|_| Err(panicked())) {
            Ok(answers) => {
                for (one, answer) in all.into_iter().zip(answers) {
                    one.outcome = Some(Ok(answer));
                }
                Written::Stays
            }
            Err(error) => {
                all.into_iter().for_each(|one| one.refuse(error.clone()));
                Written::IsUndone
            }
        }
    }

    fn refuse(&mut self, error: DbError) {
        self.outcome = Some(Err(error));
    }

    fn answer(self: Box<Self>, committed: Result<(), DbError>) {
        // A caller that gave up waiting no longer listens.
        let _gone = self.caller.send(settled(committed, self.outcome));
    }
}

impl<B: Together> InSet<B> {
    fn of(job: &mut Job) -> Option<&mut Self> {
        let work: &mut dyn Any = job.work.as_mut();
        work.downcast_mut()
    }
}

/// Has `body` written by the thread behind `jobs`, with those of its kind that wait beside it, and waits for its answer.
pub(in crate::db) async fn run_together<B: Together>(
    jobs: &mpsc::Sender<Job>,
    body: B,
) -> Result<B::Answer, DbError> {
    let (caller, answer) = oneshot::channel();
    let work = Box::new(InSet {
        body,
        outcome: None,
        caller,
    });
    let job = Job {
        work,
        since: Instant::now(),
        kind: Some(TypeId::of::<B>()),
    };
    jobs.send(job).map_err(|_| DbError::Stopped)?;
    answer.await.map_err(|_| DbError::Stopped)?
}
