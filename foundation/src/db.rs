//! Diesel on threads of its own: one writer that commits in groups, a few readers; SQLite, or PostgreSQL by feature.

mod backup;
mod conn;
mod group;
mod job;
mod migrate;
#[cfg(feature = "postgres")]
mod postgres;
mod threads;

pub use backup::BackupError;
pub use conn::{Conn, DatabaseUrl, SyncMode, Tuning};
pub use job::Together;
pub use migrate::Migrations;

use std::sync::Arc;

use crate::metrics::{Counts, Durations, Text};
use threads::{Readers, Writer};

/// Why the database could not do what was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DbError {
    #[error("database: {0}")]
    Query(Arc<diesel::result::Error>),
    #[error("database: cannot be opened: {0}")]
    Open(String),
    #[error("database: migration failed: {0}")]
    Migration(String),
    #[error(
        "database: schema is newer than this program: unknown migrations {0}; install the newer version again"
    )]
    NewerSchema(String),
    #[error("database: the commit failed, nothing was stored: {0}")]
    Commit(String),
    /// Nothing was stored, as far as can be told; the same may be asked again in a moment.
    #[error("database: not there: {0}")]
    Unavailable(String),
    #[error("database: stopped")]
    Stopped,
}

impl DbError {
    /// Whether the SQLite file itself is broken, so that trying again is of no use.
    pub fn is_damage(&self) -> bool {
        // Diesel keeps SQLite's words, not its codes: SQLITE_CORRUPT and SQLITE_NOTADB.
        let text = self.to_string();
        text.contains("database disk image is malformed") || text.contains("file is not a database")
    }

    /// Whether the disk takes no more, or fails.
    pub fn is_of_disk(&self) -> bool {
        // SQLITE_FULL and SQLITE_IOERR in its words, and what PostgreSQL hears from the system.
        let texts = [
            "database or disk is full",
            "disk I/O error",
            "No space left on device",
        ];
        let text = self.to_string();
        texts.iter().any(|known| text.contains(known))
    }

    /// Whether the same may well succeed in a moment: the server is away, the disk is full, or others were in the way.
    pub fn is_transient(&self) -> bool {
        use diesel::result::{DatabaseErrorKind as Kind, Error};
        if self.is_of_disk() {
            return true;
        }
        let error = match self {
            Self::Query(error) => error.as_ref(),
            Self::Unavailable(_) => return true,
            Self::Open(_) | Self::Migration(_) | Self::NewerSchema(_) | Self::Commit(_) | Self::Stopped => {
                return false;
            }
        };
        let Error::DatabaseError(kind, info) = error else {
            return matches!(error, Error::BrokenTransactionManager);
        };
        // Diesel has no kinds for these two.
        let unnamed = ["deadlock detected", "database is locked"];
        matches!(kind, Kind::SerializationFailure | Kind::ClosedConnection)
            || unnamed.iter().any(|text| info.message().contains(text))
    }
}

impl From<diesel::result::Error> for DbError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Query(Arc::new(error))
    }
}

/// A handle to the database threads; clones share them. The threads end when the last handle is dropped.
#[derive(Clone, Debug)]
pub struct Db {
    writer: Writer,
    readers: Readers,
    figures: Arc<DbFigures>,
}

/// What the writer has done so far.
#[derive(Debug)]
pub struct DbFigures {
    /// Until a group was on disk.
    commits: Durations,
    failures: Counts<0>,
}

impl Default for DbFigures {
    fn default() -> Self {
        Self {
            commits: Durations::default(),
            failures: Counts::new([]).with(&[[]]),
        }
    }
}

impl DbFigures {
    /// How many groups of writes have failed so far.
    pub fn failures(&self) -> u64 {
        self.failures.sum()
    }

    /// Their families.
    pub fn write(&self, text: &mut Text) {
        self.commits.write(
            text,
            "denro_db_commit_duration_seconds",
            "Until what was written together was on disk.",
        );
        let help = "Groups of writes that failed and changed nothing.";
        self.failures.write(text, "denro_db_failures_total", help);
    }
}

impl Db {
    /// Opens the database, migrates it forward, starts the threads. A SQLite file that is not new is copied before.
    ///
    /// # Errors
    /// [`DbError::Open`], [`DbError::Migration`], [`DbError::NewerSchema`].
    pub fn open(url: &DatabaseUrl, migrations: Migrations) -> Result<Self, DbError> {
        Self::open_with(url, migrations, Tuning::default())
    }

    /// As [`Db::open`].
    ///
    /// # Errors
    /// As [`Db::open`].
    pub fn open_with(url: &DatabaseUrl, migrations: Migrations, tuning: Tuning) -> Result<Self, DbError> {
        let mut conn = Conn::open_with(url, tuning)?;
        if migrations.change_something(&mut conn)? {
            let copied = backup::before_migration(url);
            copied.map_err(|error| DbError::Migration(format!("no copy could be made before: {error}")))?;
        }
        migrations.run(&mut conn)?;
        url.warn_if_others_may_read();
        let figures = Arc::<DbFigures>::default();
        Ok(Self {
            writer: Writer::start(conn, url.clone(), tuning, figures.clone())?,
            readers: Readers::start(url, tuning)?,
            figures,
        })
    }

    /// What has been written so far, for Prometheus.
    pub fn figures(&self) -> &DbFigures {
        &self.figures
    }

    /// Runs `body` inside a transaction on the writer thread and answers **after the commit is on disk**.
    /// Whatever waits is committed together; an `Err` undoes this body alone. A server that is away is waited for a few
    /// seconds, but a body is never run twice.
    ///
    /// # Errors
    /// What `body` returned, or a [`DbError`].
    pub async fn write<T, E>(
        &self,
        body: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.writer.run(body).await
    }

    /// As [`Db::write`], for what comes often: those of one kind that wait one behind the other are handed over as a set,
    /// which can be written in fewer statements. Where one of a set fails, each of it is written alone.
    ///
    /// # Errors
    /// What writing it returned, or a [`DbError`].
    pub async fn write_together<B: Together>(&self, body: B) -> Result<B::Answer, DbError> {
        self.writer.run_together(body).await
    }

    /// Runs `body` inside a read transaction on a reader thread.
    ///
    /// # Errors
    /// What `body` returned, or a [`DbError`].
    pub async fn read<T, E>(
        &self,
        body: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.readers.run(body).await
    }
}

/// Runs the same query body on whichever backend `$conn` is; the body is checked against both.
/// The calling crate needs a feature `postgres` that switches on `foundation/postgres`.
#[macro_export]
macro_rules! on {
    ($conn:expr, |$c:ident| $body:expr) => {
        match $conn {
            $crate::db::Conn::Sqlite($c) => $body,
            #[cfg(feature = "postgres")]
            $crate::db::Conn::Postgres($c) => $body,
        }
    };
}

#[cfg(test)]
mod backup_tests;
#[cfg(test)]
mod tests;
