//! The threads that own connections: one writer with group commit, a few readers. A server that went away is waited for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use super::group::{Queue, run_group};
use super::job::{Job, Together, run, run_together};
use super::{Conn, DatabaseUrl, DbError, DbFigures, Tuning};

/// How long a body waits for a server that is away.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the fate of a commit is asked for that was not answered.
const FATE_PATIENCE: Duration = Duration::from_secs(10);
/// Between attempts to reach the server: at first, and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(500));

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

    pub(super) async fn run_together<B: Together>(&self, body: B) -> Result<B::Answer, DbError> {
        run_together(&self.0, body).await
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
    let mut queue = Queue::new(jobs);
    while let Some(first) = queue.wait() {
        let transaction = match place.begin(&mut conn, first.since, Conn::begin_write) {
            Ok(transaction) => transaction,
            Err(error) => {
                figures.failures.add([]);
                first.refuse(&error);
                std::iter::from_fn(|| queue.next()).for_each(|job| job.refuse(&error));
                continue;
            }
        };
        let mut done = Vec::new();
        let outcome = match run_group(&mut conn, first, &mut queue, &mut done) {
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
        for job in done {
            job.answer(outcome.clone());
        }
    }
}

fn timed_commit(conn: &mut Conn, figures: &DbFigures) -> Result<(), diesel::result::Error> {
    let begun = Instant::now();
    let committed = conn.commit();
    figures.commits.add(begun.elapsed());
    committed
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
        let mut job = match locked(jobs).recv() {
            Ok(job) => job,
            Err(_) => return,
        };
        if let Err(error) = place.begin(&mut conn, job.since, Conn::begin) {
            job.refuse(&error);
            // Only what is there already: the other readers wait for the lock.
            locked(jobs).try_iter().for_each(|job| job.refuse(&error));
            continue;
        }
        job.run(&mut conn);
        let outcome = conn.commit().map_err(|error| lost(&conn, error.into()));
        if outcome.is_err()
            && let Ok(fresh) = place.open()
        {
            conn = fresh;
        }
        job.answer(outcome);
    }
}
