//! One connection to either database, and its transactions.

use std::fmt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use diesel::connection::{AnsiTransactionManager, Connection, SimpleConnection, TransactionManager};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::query_dsl::RunQueryDsl;
use diesel::sqlite::{Sqlite, SqliteConnection};
use serde::Deserialize;

use super::DbError;
use crate::config::BadValue;
use crate::secret_file::is_open_to_others;

/// `sqlite:PATH`, or `postgres://…` where the program was built with the feature `postgres`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum DatabaseUrl {
    Sqlite(PathBuf),
    #[cfg(feature = "postgres")]
    Postgres(String),
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => write!(f, "postgres://…"),
        }
    }
}

impl DatabaseUrl {
    /// A SQLite file.
    pub fn sqlite(path: impl AsRef<Path>) -> Self {
        Self::Sqlite(path.as_ref().to_owned())
    }
}

impl DatabaseUrl {
    /// Whether it names a file, and there is none.
    pub fn is_missing(&self) -> bool {
        match self {
            Self::Sqlite(path) => !path.exists(),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => false,
        }
    }

    /// The same, by a path that begins where the program was started.
    pub fn is_missing_here(&self) -> bool {
        match self {
            Self::Sqlite(path) => path.is_relative() && self.is_missing(),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => false,
        }
    }
}

impl DatabaseUrl {
    /// Refuses a file whose folder is not there; the file itself is made where it is missing.
    ///
    /// # Errors
    /// [`BadValue`].
    pub fn check(&self) -> Result<(), BadValue> {
        let folder = match self {
            Self::Sqlite(path) => path.parent().unwrap_or(Path::new("")),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Path::new(""),
        };
        if folder.as_os_str().is_empty() || folder.is_dir() {
            return Ok(());
        }
        let problem = format!("{}: there is no such folder", folder.display());
        let key = "database.url";
        Err(BadValue { key, problem })
    }

    /// Secrets are in it.
    pub(super) fn warn_if_others_may_read(&self) {
        let path = match self {
            Self::Sqlite(path) => path,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => return,
        };
        if is_open_to_others(path) {
            let file = path.display();
            tracing::warn!(target: "security", %file, "others on this machine may read the database: chmod 600");
        }
    }
}

impl TryFrom<String> for DatabaseUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("sqlite:").filter(|path| !path.is_empty()) {
            return Ok(Self::Sqlite(path.into()));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            #[cfg(feature = "postgres")]
            return Ok(Self::Postgres(text));
            #[cfg(not(feature = "postgres"))]
            return Err(
                "this build has no PostgreSQL; build with --features postgres, or use sqlite:PATH".into(),
            );
        }
        Err("expected sqlite:PATH or postgres://USER@HOST/DATABASE".into())
    }
}

/// A connection to either backend; [`crate::on!`] runs a body on it.
pub enum Conn {
    Sqlite(SqliteConnection),
    #[cfg(feature = "postgres")]
    Postgres(diesel::pg::PgConnection),
}

impl fmt::Debug for Conn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite(_) => "Sqlite",
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => "Postgres",
        })
    }
}

/// When SQLite syncs its log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SyncMode {
    /// At every commit: durable before answered.
    #[default]
    Full,
    /// At checkpoints only: a power cut loses commits. For tests that must find that out.
    Normal,
}

/// How SQLite is opened; PostgreSQL takes nothing of it but the readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuning {
    pub sync: SyncMode,
    /// What each connection may keep of the file in memory.
    pub cache_kib: u32,
    /// Threads that read, each with a connection of its own.
    pub readers: u8,
}

impl Default for Tuning {
    /// For a server.
    fn default() -> Self {
        Self {
            sync: SyncMode::Full,
            cache_kib: 32 << 10,
            readers: 2,
        }
    }
}

impl Tuning {
    // What savepoints would put back stays in memory, in small pieces.
    fn pragmas(self) -> String {
        let Self { sync, cache_kib, .. } = self;
        format!(
            "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; \
             PRAGMA cache_size = -{cache_kib}; PRAGMA temp_store = MEMORY; {}",
            sync.pragma()
        )
    }
}

impl SyncMode {
    fn pragma(self) -> &'static str {
        match self {
            Self::Full => "PRAGMA synchronous = FULL",
            Self::Normal => "PRAGMA synchronous = NORMAL",
        }
    }
}

impl Conn {
    /// Opens a connection for writing.
    ///
    /// # Errors
    /// [`DbError::Open`].
    pub fn open(url: &DatabaseUrl) -> Result<Self, DbError> {
        Self::open_with(url, Tuning::default())
    }

    /// As [`Conn::open`].
    ///
    /// # Errors
    /// As [`Conn::open`].
    pub fn open_with(url: &DatabaseUrl, tuning: Tuning) -> Result<Self, DbError> {
        let open = |e: diesel::ConnectionError| DbError::Open(format!("{url:?}: {e}"));
        match url {
            DatabaseUrl::Sqlite(path) => {
                create_private(path)?;
                let mut c = SqliteConnection::establish(&path.to_string_lossy()).map_err(open)?;
                let set = c.batch_execute(&tuning.pragmas()).map_err(DbError::from);
                set.map_err(|error| match error {
                    error if error.is_damage() => DbError::Open(format!("{url:?}: {error}")),
                    error => error,
                })?;
                Ok(Self::Sqlite(c))
            }
            #[cfg(feature = "postgres")]
            DatabaseUrl::Postgres(url) => super::postgres::establish(url).map(Self::Postgres).map_err(open),
        }
    }

    /// Opens a connection for the thread that writes.
    pub(super) fn open_writer(url: &DatabaseUrl, tuning: Tuning) -> Result<Self, DbError> {
        let mut conn = Self::open_with(url, tuning)?;
        conn.limit()?;
        Ok(conn)
    }

    /// Bounds how long a statement of a thread may wait.
    pub(super) fn limit(&mut self) -> Result<(), DbError> {
        match self {
            Self::Sqlite(_) => Ok(()),
            #[cfg(feature = "postgres")]
            Self::Postgres(c) => Ok(super::postgres::limit(c)?),
        }
    }

    /// Whether the database is a server that may be away and come back.
    pub fn is_remote(&self) -> bool {
        !matches!(self, Self::Sqlite(_))
    }

    /// Opens a connection that cannot write.
    pub(super) fn open_read_only(url: &DatabaseUrl, tuning: Tuning) -> Result<Self, DbError> {
        let mut conn = Self::open_writer(url, tuning)?;
        match &mut conn {
            Self::Sqlite(c) => c.batch_execute("PRAGMA query_only = ON")?,
            #[cfg(feature = "postgres")]
            Self::Postgres(c) => c.batch_execute("SET default_transaction_read_only = on")?,
        }
        Ok(conn)
    }

    /// The SQLite connection, for programs that keep their own file.
    ///
    /// # Errors
    /// [`DbError::Open`] on any other backend.
    pub fn sqlite(&mut self) -> Result<&mut SqliteConnection, DbError> {
        match self {
            Self::Sqlite(c) => Ok(c),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Err(DbError::Open("this program keeps its state in SQLite".into())),
        }
    }

    /// Begins the outermost transaction; on SQLite IMMEDIATE, so that a later write can never meet BUSY. On PostgreSQL it
    /// has a name, by which its fate can be asked for.
    pub(super) fn begin_write(&mut self) -> Result<Option<String>, diesel::result::Error> {
        match self {
            Self::Sqlite(c) => {
                AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE").map(|()| None)
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(c) => {
                AnsiTransactionManager::begin_transaction(c)?;
                super::postgres::take_turn(c).map(Some)
            }
        }
    }

    /// Whether a named transaction was committed; `None` while that is open.
    pub(super) fn was_committed(&mut self, transaction: &str) -> Result<Option<bool>, diesel::result::Error> {
        match self {
            Self::Sqlite(_) => {
                let _has_no_names = transaction;
                Ok(Some(false))
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(c) => super::postgres::was_committed(c, transaction),
        }
    }

    /// Begins a transaction, or a savepoint inside one.
    pub(super) fn begin(&mut self) -> Result<(), diesel::result::Error> {
        crate::on!(self, |c| AnsiTransactionManager::begin_transaction(c))
    }

    /// Begins a part of a group. On SQLite by a statement that is prepared once: Diesel's own is parsed each time.
    pub(super) fn begin_savepoint(&mut self) -> Result<(), diesel::result::Error> {
        match self {
            Self::Sqlite(c) => Fixed::<Begin>::execute(c),
            #[cfg(feature = "postgres")]
            Self::Postgres(c) => AnsiTransactionManager::begin_transaction(c),
        }
    }

    pub(super) fn release_savepoint(&mut self) -> Result<(), diesel::result::Error> {
        match self {
            Self::Sqlite(c) => Fixed::<Release>::execute(c),
            #[cfg(feature = "postgres")]
            Self::Postgres(c) => AnsiTransactionManager::commit_transaction(c),
        }
    }

    pub(super) fn undo_savepoint(&mut self) -> Result<(), diesel::result::Error> {
        match self {
            Self::Sqlite(c) => c.batch_execute("ROLLBACK TO part; RELEASE part"),
            #[cfg(feature = "postgres")]
            Self::Postgres(c) => AnsiTransactionManager::rollback_transaction(c),
        }
    }

    pub(super) fn commit(&mut self) -> Result<(), diesel::result::Error> {
        crate::on!(self, |c| AnsiTransactionManager::commit_transaction(c))
    }

    pub(super) fn rollback(&mut self) -> Result<(), diesel::result::Error> {
        crate::on!(self, |c| AnsiTransactionManager::rollback_transaction(c))
    }
}

/// A statement without parameters, prepared once per connection.
struct Fixed<Text>(std::marker::PhantomData<Text>);

trait Statement: 'static {
    const SQL: &'static str;
}

struct Begin;
struct Release;

impl Statement for Begin {
    const SQL: &'static str = "SAVEPOINT part";
}

impl Statement for Release {
    const SQL: &'static str = "RELEASE part";
}

impl<Text: Statement> Fixed<Text> {
    fn execute(conn: &mut SqliteConnection) -> Result<(), diesel::result::Error> {
        RunQueryDsl::execute(Self(std::marker::PhantomData), conn).map(|_| ())
    }
}

impl<Text: Statement> QueryId for Fixed<Text> {
    type QueryId = Self;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<Text: Statement> QueryFragment<Sqlite> for Fixed<Text> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> diesel::QueryResult<()> {
        pass.push_sql(Text::SQL);
        Ok(())
    }
}

impl<Text: Statement> RunQueryDsl<SqliteConnection> for Fixed<Text> {}

/// The file may hold keys and secrets, so others must not read it; SQLite gives its companions the same mode.
pub(super) fn create_private(path: &Path) -> Result<(), DbError> {
    let mut options = std::fs::OpenOptions::new();
    match options.write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(DbError::Open(format!("{}: {error}", path.display()))),
    }
}
