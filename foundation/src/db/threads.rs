//! The threads that own connections: one writer with group commit, a few readers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Instant;

use tokio::sync::oneshot;

use super::{Conn, DatabaseUrl, DbError, DbFigures, Tuning};

/// At most this many bodies share one commit, which bounds how long the first of them waits.
const MAX_GROUP: usize = 512;

/// Tells the caller; called once the group's fate is known.
type Answer = Box<dyn FnOnce(Result<(), DbError>) + Send>;
/// Runs a body; `Err` holds the answer of a body that must be undone.
type Job = Box<dyn FnOnce(&mut Conn) -> Result<Answer, Answer> + Send>;

#[derive(Clone, Debug)]
pub(super) struct Writer(mpsc::Sender<Job>);

impl Writer {
    pub(super) fn start(
        conn: Conn,
        url: DatabaseUrl,
        tuning: Tuning,
        figures: Arc<DbFigures>,
    ) -> Result<Self, DbError> {
        let (sender, receiver) = mpsc::channel();
        spawn("db-writer", move || {
            write_groups(conn, (&url, tuning), &receiver, &figures);
        })?;
        Ok(Self(sender))
    }

    pub(super) async fn run<T, E>(
        &self,
        body: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        run(&self.0, body).await
    }
}

#[derive(Clone, Debug)]
pub(super) struct Readers(mpsc::Sender<Job>);

impl Readers {
    pub(super) fn start(url: &DatabaseUrl, tuning: Tuning) -> Result<Self, DbError> {
        let (sender, receiver) = mpsc::channel();
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..tuning.readers.max(1) {
            let conn = Conn::open_read_only(url, tuning)?;
            let (url, receiver) = (url.clone(), receiver.clone());
            spawn("db-reader", move || read_each(conn, (&url, tuning), &receiver))?;
        }
        Ok(Self(sender))
    }

    pub(super) async fn run<T, E>(
        &self,
        body: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        run(&self.0, body).await
    }
}

async fn run<T, E>(
    jobs: &mpsc::Sender<Job>,
    body: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<DbError> + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let job: Job = Box::new(move |conn| {
        let outcome = catch_unwind(AssertUnwindSafe(|| body(conn)));
        let undo = !matches!(outcome, Ok(Ok(_)));
        // A caller that gave up waiting no longer listens.
        let answer: Answer = Box::new(move |committed| {
            let _gone = sender.send(match (committed, outcome) {
                (_, Ok(Err(error))) => Err(error),
                (Err(error), _) => Err(error.into()),
                (Ok(()), Ok(Ok(value))) => Ok(value),
                (Ok(()), Err(_panic)) => Err(DbError::Commit("the operation panicked".into()).into()),
            });
        });
        if undo { Err(answer) } else { Ok(answer) }
    });
    jobs.send(job).map_err(|_| DbError::Stopped)?;
    receiver.await.map_err(|_| DbError::Stopped)?
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), DbError> {
    let spawned = thread::Builder::new().name(name.into()).spawn(body);
    spawned.map(|_| ()).map_err(|e| DbError::Open(e.to_string()))
}

fn write_groups(
    mut conn: Conn,
    place: (&DatabaseUrl, Tuning),
    jobs: &mpsc::Receiver<Job>,
    figures: &DbFigures,
) {
    while let Ok(first) = jobs.recv() {
        let group = std::iter::once(first).chain(jobs.try_iter().take(MAX_GROUP - 1));
        let mut answers = Vec::new();
        let outcome = run_group(&mut conn, group, &mut answers, figures);
        if outcome.is_err() {
            figures.failures.add([]);
            conn = recovered(conn, place);
        }
        for answer in answers {
            answer(outcome.clone());
        }
    }
}

fn run_group(
    conn: &mut Conn,
    group: impl Iterator<Item = Job>,
    answers: &mut Vec<Answer>,
    figures: &DbFigures,
) -> Result<(), DbError> {
    let mut broken = conn.begin_write().map_err(DbError::from);
    for job in group {
        match &broken {
            Ok(()) => match run_in_savepoint(conn, job) {
                Ok(answer) => answers.push(answer),
                Err((answer, error)) => {
                    answers.extend(answer);
                    broken = Err(error);
                }
            },
            Err(_) => drop(job),
        }
    }
    broken?;
    let begun = Instant::now();
    let committed = conn.commit().map_err(|e| DbError::Commit(e.to_string()));
    figures.commits.add(begun.elapsed());
    committed
}

/// `Err` where the connection itself failed, so that the whole group must be given up.
fn run_in_savepoint(conn: &mut Conn, job: Job) -> Result<Answer, (Option<Answer>, DbError)> {
    conn.begin_savepoint().map_err(|e| (None, e.into()))?;
    let (ended, answer) = match job(conn) {
        Ok(answer) => (conn.release_savepoint(), answer),
        Err(answer) => (conn.undo_savepoint(), answer),
    };
    match ended {
        Ok(()) => Ok(answer),
        Err(e) => Err((Some(answer), e.into())),
    }
}

/// After a failed group: undoes what is open; a connection that cannot even do that is opened anew.
fn recovered(mut conn: Conn, (url, tuning): (&DatabaseUrl, Tuning)) -> Conn {
    while crate::on!(&mut conn, |c| depth(c)) > 0 {
        if conn.rollback().is_err() {
            break;
        }
    }
    match Conn::open_with(url, tuning) {
        Ok(fresh) => fresh,
        Err(error) => {
            tracing::error!(%error, "the database cannot be opened again");
            conn
        }
    }
}

fn depth<C>(conn: &mut C) -> u32
where
    C: diesel::Connection<TransactionManager = diesel::connection::AnsiTransactionManager>,
{
    use diesel::connection::{AnsiTransactionManager, TransactionManager};
    match AnsiTransactionManager::transaction_manager_status_mut(conn).transaction_depth() {
        Ok(depth) => depth.map_or(0, Into::into),
        Err(_) => 0,
    }
}

fn read_each(mut conn: Conn, (url, tuning): (&DatabaseUrl, Tuning), jobs: &Mutex<mpsc::Receiver<Job>>) {
    loop {
        let job = match jobs.lock().unwrap_or_else(PoisonError::into_inner).recv() {
            Ok(job) => job,
            Err(_) => return,
        };
        let (outcome, answer) = read_one(&mut conn, job);
        if outcome.is_err() {
            conn = match Conn::open_read_only(url, tuning) {
                Ok(fresh) => fresh,
                Err(_) => conn,
            };
        }
        if let Some(answer) = answer {
            answer(outcome);
        }
    }
}

fn read_one(conn: &mut Conn, job: Job) -> (Result<(), DbError>, Option<Answer>) {
    if let Err(error) = conn.begin() {
        drop(job);
        return (Err(error.into()), None);
    }
    let answer = match job(conn) {
        Ok(answer) | Err(answer) => answer,
    };
    (conn.commit().map_err(DbError::from), Some(answer))
}
