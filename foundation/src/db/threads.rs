//! The threads that own connections: one writer with group commit, a few readers. A server that went away is waited for.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::{Conn, DatabaseUrl, DbError, DbFigures, Tuning};

/// At most this many bodies share one commit, which bounds how long the first of them waits.
const MAX_GROUP: usize = 512;
/// How long a body waits for a server that is away.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the fate of a commit is asked for that was not answered.
const FATE_PATIENCE: Duration = Duration::from_secs(10);
/// Between attempts to reach the server: at first, and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(500));

/// Tells the caller; called once the group's fate is known.
type Answer = Box<dyn FnOnce(Result<(), DbError>) + Send>;
/// Runs a body, or has it refused where there is no connection; `Err` holds the answer of a body that must be undone.
type Body = Box<dyn FnOnce(Result<&mut Conn, DbError>) -> Result<Answer, Answer> + Send>;

/// A body that waits.
struct Job {
    body: Body,
    since: Instant,
}

impl Job {
    fn refuse(self, error: &DbError) {
        let (Ok(answer) | Err(answer)) = (self.body)(Err(error.clone()));
        answer(Err(error.clone()));
    }
}

#[derive(Clone, Debug)]
pub(super) struct Writer(mpsc::Sender<Job>);

impl Writer {
    pub(super) fn start(
        mut conn: Conn,
        url: DatabaseUrl,
        tuning: Tuning,
        figures: Arc<DbFigures>,
    ) -> Result<Self, DbError> {
        let (sender, receiver) = mpsc::channel();
        conn.limit()?;
        let place = Place {
            url,
            tuning,
            open: Conn::open_writer,
        };
        spawn("db-writer", move || {
            write_groups(conn, &place, &receiver, &figures);
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
            let place = Place {
                url,
                tuning,
                open: Conn::open_read_only,
            };
            spawn("db-reader", move || read_each(conn, &place, &receiver))?;
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
    let body: Body = Box::new(move |conn| {
        let outcome = match conn {
            Ok(conn) => catch_unwind(AssertUnwindSafe(|| body(conn))),
            Err(error) => Ok(Err(error.into())),
        };
        let undo = !matches!(outcome, Ok(Ok(_)));
        // A caller that gave up waiting no longer listens.
        let answer: Answer = Box::new(move |committed| {
            let _gone = sender.send(match (committed, outcome) {
                // What it refused for may never have been.
                (Err(error @ DbError::Unavailable(_)), _) => Err(error.into()),
                (_, Ok(Err(error))) => Err(error),
                (Err(error), _) => Err(error.into()),
                (Ok(()), Ok(Ok(value))) => Ok(value),
                (Ok(()), Err(_panic)) => Err(DbError::Commit("the operation panicked".into()).into()),
            });
        });
        if undo { Err(answer) } else { Ok(answer) }
    });
    let since = Instant::now();
    jobs.send(Job { body, since }).map_err(|_| DbError::Stopped)?;
    receiver.await.map_err(|_| DbError::Stopped)?
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), DbError> {
    let spawned = thread::Builder::new().name(name.into()).spawn(body);
    spawned.map(|_| ()).map_err(|e| DbError::Open(e.to_string()))
}

/// How a connection is opened again.
struct Place {
    url: DatabaseUrl,
    tuning: Tuning,
    open: fn(&DatabaseUrl, Tuning) -> Result<Conn, DbError>,
}

impl Place {
    fn open(&self) -> Result<Conn, DbError> {
        (self.open)(&self.url, self.tuning)
    }

    /// Begins on `conn`, or on a new connection in its place: at once where the old one is merely dead, again and again
    /// until `since` is long ago where the server is away.
    fn begin<T>(
        &self,
        conn: &mut Conn,
        since: Instant,
        begin: impl Fn(&mut Conn) -> Result<T, diesel::result::Error>,
    ) -> Result<T, DbError> {
        let (mut pause, longest) = PAUSES;
        loop {
            let error = match begin(conn) {
                Ok(begun) => return Ok(begun),
                Err(error) => DbError::from(error),
            };
            let reopened = self.open();
            let trouble = reopened.as_ref().err().unwrap_or(&error).to_string();
            if let Ok(fresh) = reopened {
                *conn = fresh;
            }
            if !conn.is_remote() {
                return Err(error);
            }
            if since.elapsed() >= PATIENCE {
                tracing::error!(error = trouble, "the database is not there");
                return Err(DbError::Unavailable(trouble));
            }
            thread::sleep(pause);
            pause = longest.min(pause * 2);
        }
    }

    /// What became of a commit that was not answered.
    fn fate_of(&self, conn: &mut Conn, transaction: Option<&str>, error: DbError) -> Result<(), DbError> {
        let Some(transaction) = transaction else {
            return Err(error);
        };
        let asked = Instant::now();
        while asked.elapsed() < FATE_PATIENCE {
            if let Ok(fresh) = self.open() {
                *conn = fresh;
                match conn.was_committed(transaction) {
                    Ok(Some(true)) => return Ok(()),
                    Ok(Some(false)) => return Err(error),
                    Ok(None) | Err(_) => {}
                }
            }
            thread::sleep(PAUSES.1);
        }
        tracing::error!(transaction, "nobody can tell whether a commit was made");
        Err(error)
    }
}

/// What is said of a group that is lost.
fn lost(conn: &Conn, error: DbError) -> DbError {
    match conn.is_remote() {
        true => DbError::Unavailable(error.to_string()),
        false => error,
    }
}

fn write_groups(mut conn: Conn, place: &Place, jobs: &mpsc::Receiver<Job>, figures: &DbFigures) {
    while let Ok(first) = jobs.recv() {
        let transaction = match place.begin(&mut conn, first.since, Conn::begin_write) {
            Ok(transaction) => transaction,
            Err(error) => {
                figures.failures.add([]);
                first.refuse(&error);
                jobs.try_iter().for_each(|job| job.refuse(&error));
                continue;
            }
        };
        let group = std::iter::once(first).chain(jobs.try_iter().take(MAX_GROUP - 1));
        let mut answers = Vec::new();
        let outcome = match run_group(&mut conn, group, &mut answers) {
            Ok(()) => match timed_commit(&mut conn, figures) {
                Ok(()) => Ok(()),
                Err(error) => {
                    let error = lost(&conn, DbError::Commit(error.to_string()));
                    place.fate_of(&mut conn, transaction.as_deref(), error)
                }
            },
            Err(error) => Err(lost(&conn, error)),
        };
        if outcome.is_err() {
            figures.failures.add([]);
            conn = recovered(conn, place);
        }
        for answer in answers {
            answer(outcome.clone());
        }
    }
}

fn timed_commit(conn: &mut Conn, figures: &DbFigures) -> Result<(), diesel::result::Error> {
    let begun = Instant::now();
    let committed = conn.commit();
    figures.commits.add(begun.elapsed());
    committed
}

/// Runs bodies until there are no more, or the connection fails; then the rest stays where it is.
fn run_group(
    conn: &mut Conn,
    group: impl Iterator<Item = Job>,
    answers: &mut Vec<Answer>,
) -> Result<(), DbError> {
    for job in group {
        match run_in_savepoint(conn, job) {
            Ok(answer) => answers.push(answer),
            Err((answer, error)) => {
                answers.push(answer);
                return Err(error);
            }
        }
    }
    Ok(())
}

/// `Err` where the connection itself failed, so that the whole group must be given up.
fn run_in_savepoint(conn: &mut Conn, job: Job) -> Result<Answer, (Answer, DbError)> {
    if let Err(error) = conn.begin_savepoint() {
        let error = DbError::from(error);
        let (Ok(answer) | Err(answer)) = (job.body)(Err(error.clone()));
        return Err((answer, error));
    }
    match (job.body)(Ok(&mut *conn)) {
        Ok(answer) => match conn.release_savepoint() {
            Ok(()) => Ok(answer),
            Err(error) => Err((answer, error.into())),
        },
        Err(answer) => match conn.undo_savepoint() {
            Ok(()) => Ok(answer),
            Err(error) => Err((answer, error.into())),
        },
    }
}

/// After a failed group: undoes what is open; a connection that cannot even do that is opened anew.
fn recovered(mut conn: Conn, place: &Place) -> Conn {
    while crate::on!(&mut conn, |c| depth(c)) > 0 {
        if conn.rollback().is_err() {
            break;
        }
    }
    match place.open() {
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

fn locked(jobs: &Mutex<mpsc::Receiver<Job>>) -> MutexGuard<'_, mpsc::Receiver<Job>> {
    jobs.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read_each(mut conn: Conn, place: &Place, jobs: &Mutex<mpsc::Receiver<Job>>) {
    loop {
        let job = match locked(jobs).recv() {
            Ok(job) => job,
            Err(_) => return,
        };
        if let Err(error) = place.begin(&mut conn, job.since, Conn::begin) {
            job.refuse(&error);
            // Only what is there already: the other readers wait for the lock.
            locked(jobs).try_iter().for_each(|job| job.refuse(&error));
            continue;
        }
        let (Ok(answer) | Err(answer)) = (job.body)(Ok(&mut conn));
        let outcome = conn.commit().map_err(|error| lost(&conn, error.into()));
        if outcome.is_err()
            && let Ok(fresh) = place.open()
        {
            conn = fresh;
        }
        answer(outcome);
    }
}
