//! The bodies that share one commit. Each is undone alone; those that may be repeated share a savepoint until one fails.

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

    fn next_repeatable(&mut self) -> Option<Job> {
        let job = self.next()?;
        if job.is_repeatable {
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
        if job.is_repeatable {
            let room = MAX_GROUP.saturating_sub(done.len() + 1);
            let more = std::iter::from_fn(|| queue.next_repeatable()).take(room);
            let jobs = std::iter::once(job).chain(more).collect();
            run_together(conn, jobs, done)?;
        } else {
            run_alone(conn, job, done)?;
        }
        next = (done.len() < MAX_GROUP).then(|| queue.next()).flatten();
    }
    Ok(())
}

/// One savepoint for all. Where one of them fails, all are undone, and run again each in its own.
fn run_together(conn: &mut Conn, mut jobs: Vec<Job>, done: &mut Vec<Job>) -> Result<(), DbError> {
    let run_all = |conn: &mut Conn| {
        let all_stay = jobs.iter_mut().all(|job| job.run(Ok(conn)) == Written::Stays);
        if all_stay {
            Written::Stays
        } else {
            Written::IsUndone
        }
    };
    match in_savepoint(conn, run_all) {
        Ok(Written::Stays) => {
            done.append(&mut jobs);
            Ok(())
        }
        Ok(Written::IsUndone) => jobs.into_iter().try_for_each(|job| run_alone(conn, job, done)),
        Err(error) => {
            done.append(&mut jobs);
            Err(error)
        }
    }
}

fn run_alone(conn: &mut Conn, mut job: Job, done: &mut Vec<Job>) -> Result<(), DbError> {
    let ran = in_savepoint(conn, |conn| job.run(Ok(conn)));
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
