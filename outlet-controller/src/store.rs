//! What survives a restart: the journal and one row per outlet, on a disk of the controller's own.

mod aside;
mod beside;
mod count;
mod journal;
mod outlets;
mod packing;
mod rescue;
mod salvage;
mod schema;
mod sqlite;
mod thinning;
mod time_note;

use std::fmt;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use foundation::DbError;
use foundation::db::SyncMode;

pub(crate) use aside::Aside;
pub(crate) use beside::Beside;
pub use journal::{Answered, Depth, Entry, FIRST_SAMPLE, MAX_REFUSALS, Message, Rank};
pub use outlets::OutletRow;
use sqlite::Sqlite;
pub use time_note::TimeNote;

/// Why the controller's own disk is of no use.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("disk: {0}")]
    Disk(#[from] std::io::Error),
    #[error("database: outlet {number}: what was saved cannot be read: {problem}")]
    Outlet { number: i32, problem: String },
    #[error("database: message {id} cannot be read: {problem}")]
    Message { id: i64, problem: String },
}

impl StoreError {
    /// Whether the file itself is broken: only a new start, which puts it aside, can help.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Db(error) if error.is_damage())
    }
}

impl From<diesel::result::Error> for StoreError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Db(error.into())
    }
}

/// What one step of the panel leaves behind; written whole or not at all.
#[derive(Clone, Debug, Default)]
pub struct Step {
    pub outlets: Vec<OutletRow>,
    pub messages: Vec<Message>,
    /// Kept where there are messages.
    pub next_event_id: i64,
    /// Makes room: a portion of the samples that wait is thinned.
    pub thin: bool,
    /// Its messages say that a part of what was saved is lost.
    pub tells_loss: bool,
}

/// How much of the disk is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub bytes: u64,
    /// Whether samples wait of which some can go.
    pub thinnable: bool,
}

/// What was found at start.
#[derive(Debug)]
pub struct Found {
    pub outlets: Vec<OutletRow>,
    pub next_event_id: i64,
    /// Tells this journal from one that was there before it.
    pub journal_id: i64,
    /// The last moment that was noted while a charge ran.
    pub time: Option<TimeNote>,
}

/// What keeps the state and the journal. What it has answered with `Ok` survives a power cut.
#[async_trait]
pub trait Disk: fmt::Debug + Send + Sync {
    async fn load(&self) -> Result<Found, StoreError>;

    /// Writes a step; each message gets an id above all that its rank ever had.
    async fn write(&self, step: Step) -> Result<Usage, StoreError>;

    /// The oldest report behind those answered, or else the oldest sample.
    async fn oldest(&self, answered: Answered) -> Result<Option<Entry>, StoreError>;

    /// The server has answered these: they are not kept any longer.
    async fn delivered(&self, answered: Answered) -> Result<(), StoreError>;

    /// The server has refused this message; `set_aside` keeps it out of the others' way from now on.
    async fn refused(&self, id: i64, why: String, set_aside: bool) -> Result<(), StoreError>;

    async fn depth(&self) -> Result<Depth, StoreError>;

    /// Whether a part of what was saved is lost, and no step has told of it yet.
    async fn has_lost(&self) -> Result<bool, StoreError> {
        Ok(false)
    }

    /// Whether reports of charges are set aside.
    async fn owes(&self) -> Result<bool, StoreError> {
        Ok(false)
    }

    /// Puts a portion of the reports of charges that are set aside back into the journal, behind all others. Begins with
    /// `None`; gives back what goes on with the same pass, while there may be more.
    async fn try_again(&self, _before: Option<i64>) -> Result<Option<i64>, StoreError> {
        Ok(None)
    }

    /// Notes that a boot still runs, in place of what was noted last.
    async fn note_time(&self, note: TimeNote) -> Result<(), StoreError>;
}

/// A handle to the disk; clones share it.
#[derive(Clone, Debug)]
pub struct Store {
    disk: Arc<dyn Disk>,
    max_bytes: u64,
}

impl Store {
    /// Opens the SQLite file in `data_dir`, which is made where it is missing, and brings its schema up to date. A broken
    /// one is put aside, and what can be read of it goes on in a new one.
    ///
    /// # Errors
    /// If it cannot be opened, or is of a newer program.
    pub fn open(data_dir: &Path) -> Result<Self, DbError> {
        Self::open_with(data_dir, SyncMode::Full)
    }

    /// As [`Store::open`]; anything but [`SyncMode::Full`] is for tests that must find out what is lost then.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_with(data_dir: &Path, sync: SyncMode) -> Result<Self, DbError> {
        Ok(Self::on(Arc::new(Sqlite::open(data_dir, sync)?)))
    }

    /// What the SQLite file in `data_dir` and its write-ahead log occupy.
    pub(crate) fn size_bytes(data_dir: &Path) -> Option<u64> {
        let file = data_dir.join(sqlite::FILE);
        let log = file.with_extension("db-wal");
        let size = |path: &Path| std::fs::metadata(path).map(|found| found.len());
        Some(size(&file).ok()? + size(&log).unwrap_or(0))
    }

    /// A disk without a limit.
    pub fn on(disk: Arc<dyn Disk>) -> Self {
        Self {
            disk,
            max_bytes: u64::MAX,
        }
    }

    /// What is taken beyond is to be thinned.
    #[must_use]
    pub fn limited_to(self, max_bytes: u64) -> Self {
        Self { max_bytes, ..self }
    }

    pub fn max_bytes(&self) -> u64 {
        self.max_bytes
    }
}

impl Deref for Store {
    type Target = dyn Disk;

    fn deref(&self) -> &Self::Target {
        self.disk.as_ref()
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_aside;
#[cfg(test)]
mod tests_damage;
