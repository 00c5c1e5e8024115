//! The bodies that share one commit. Each is undone alone; those of one kind are a set until one of them fails.

use std::any::TypeId;
use std::sync::mpsc;

use super::job::{Job, Written};
use super::{Conn, DbError};

/// At most this many bodies share one commit, which bounds how long the first of them waits.
const MAX_GROUP: usize = 512;

/// The jobs that wait, and one that was looked at already.
pub(super) struct Queue<'a> {
    jobs: &'a mpsc::Receiver<Job>,
    ahead: Option<Job>,
}

impl<'a> Queue<'a> {
    pub(super) fn new(jobs: &'a mpsc::Receiver<Job>) -> Self {
        Self { jobs, ahead: None }
    }

    /// Waits for one; `None` once nobody can send any more.
    pub(super) fn wait(&mut self) -> Option<Job> {
        self.ahead.take().or_else(|| self.jobs.recv().ok())
    }

    /// One that waits.
    pub(super) fn next(&mut self) -> Option<Job> {
        self.ahead.take().or_else(|| self.jobs.try_recv().ok())
    }

    fn next_of(&mut self, kind: TypeId) -> Option<Job> {
        let job = self.next()?;
        if job.kind == Some(kind) {
            return Some(job);
        }
        self.ahead = Some(job);
        None
    }
}

/// Runs jobs until there are no more, or the connection fails; then the rest stays where it is. `done`: all that were run.
pub(super) fn run_group(
    conn: &mut Conn,
    first: Job,
    queue: &mut Queue<'_>,
    done: &mut Vec<Job>,
) -> Result<(), DbError> {
    let mut next = Some(first);
    while let Some(job) = next {
        if let Some(kind) = job.kind {
            let room = MAX_GROUP.saturating_sub(done.len() + 1);
            let more = std::iter::from_fn(|| queue.next_of(kind)).take(room);
            let set = std::iter::once(job).chain(more).collect();
            run_set(conn, set, done)?;
        } else {
            run_alone(conn, job, done)?;
        }
        next = (done.len() < MAX_GROUP).then(|| queue.next()).flatten();
    }
    Ok(())
}

/// One savepoint for all. Where one of them fails, all are undone, and run again each in its own.
fn run_set(conn: &mut Conn, mut set: Vec<Job>, done: &mut Vec<Job>) -> Result<(), DbError> {
    let ran = in_savepoint(conn, |conn| Job::run_set(&mut set, conn));
    match ran {
        Ok(Written::IsUndone) if set.len() > 1 => {
            set.into_iter().try_for_each(|job| run_alone(conn, job, done))
        }
        Ok(_) | Err(_) => {
            done.append(&mut set);
            ran.map(|_| ())
        }
    }
}

fn run_alone(conn: &mut Conn, mut job: Job, done: &mut Vec<Job>) -> Result<(), DbError> {
    let ran = in_savepoint(conn, |conn| job.run(conn));
    done.push(job);
    ran.map(|_| ())
}

/// `Err` where the connection itself failed, so that the whole group must be given up.
fn in_savepoint(conn: &mut Conn, run: impl FnOnce(&mut Conn) -> Written) -> Result<Written, DbError> {
    conn.begin_savepoint()?;
    let written = run(conn);
    match written {
        Written::Stays => conn.release_savepoint()?,
        Written::IsUndone => conn.undo_savepoint()?,
    }
    Ok(written)
}
