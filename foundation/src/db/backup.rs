//! Copies of a SQLite database: made while it is used, checked, whole or not there; and put back.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::conn::create_private;
use super::{Conn, DatabaseUrl, DbError, Tuning};

/// How many copies made before migrations are kept.
const KEPT: usize = 3;
/// What SQLite keeps beside a database that is in use.
const COMPANIONS: [&str; 2] = ["-wal", "-shm"];

/// Why there is no copy, or nothing is put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{0} is there already; nothing is overwritten: name another file, or move it away")]
    Exists(PathBuf),
    #[error("{0} is not there")]
    Missing(PathBuf),
    #[error(
        "a PostgreSQL database is copied by pg_dump and put back by pg_restore; see docs/how-to/back-up-and-restore.md"
    )]
    NotHere,
    #[error("{0} is no whole database: {1}")]
    Damaged(PathBuf, String),
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
    #[error(transparent)]
    Database(#[from] DbError),
}

impl From<diesel::result::Error> for BackupError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}

impl DatabaseUrl {
    /// Copies the database into the new file `copy`, while others use it.
    ///
    /// # Errors
    /// [`BackupError`]; then there is no `copy`.
    pub fn back_up(&self, copy: &Path) -> Result<(), BackupError> {
        let file = self.file()?;
        if !file.exists() {
            return Err(BackupError::Missing(file.to_owned()));
        }
        finish(copy, |part| {
            let mut conn = Conn::open_with(self, Tuning::default())?;
            let vacuum = diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(part.to_string_lossy());
            vacuum.execute(conn.sqlite()?)?;
            Ok(())
        })
    }

    /// Whether there is a copy, and nothing where the database belongs.
    ///
    /// # Errors
    /// [`BackupError`].
    pub fn may_restore(&self, copy: &Path) -> Result<(), BackupError> {
        let file = self.file()?;
        if !copy.exists() {
            return Err(BackupError::Missing(copy.to_owned()));
        }
        let places = COMPANIONS.iter().map(|end| with_end(file, end));
        places
            .chain([file.to_owned()])
            .try_for_each(|place| refuse_existing(&place))
    }

    /// Puts the copy back where the database belongs, and where nothing may be.
    ///
    /// # Errors
    /// [`BackupError`]; then there is no database.
    pub fn restore(&self, copy: &Path) -> Result<(), BackupError> {
        self.may_restore(copy)?;
        finish(self.file()?, |part| {
            let copied = fs::copy(copy, part).and_then(|_| private(part));
            copied.map_err(|error| BackupError::Io(copy.to_owned(), error))
        })
    }

    fn file(&self) -> Result<&Path, BackupError> {
        match self {
            Self::Sqlite(path) => Ok(path),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Err(BackupError::NotHere),
        }
    }
}

/// Copies a database that is about to be migrated, and forgets all but the newest such copies.
pub(super) fn before_migration(url: &DatabaseUrl) -> Result<(), BackupError> {
    let file = match url {
        DatabaseUrl::Sqlite(file) => file,
        #[cfg(feature = "postgres")]
        DatabaseUrl::Postgres(_) => return Ok(()),
    };
    let stem = with_end(file, ".before-");
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S%3fZ");
    let copy = with_end(&stem, &format!("{}-{now}", env!("CARGO_PKG_VERSION")));
    url.back_up(&copy)?;
    tracing::info!(copy = %copy.display(), "the database is copied before its schema changes");
    forget_the_oldest(&stem).map_err(|error| BackupError::Io(stem.clone(), error))
}

fn forget_the_oldest(stem: &Path) -> io::Result<()> {
    let folder = folder_of(stem);
    let start = stem
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let mut copies = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(&start) {
            copies.push((entry.metadata()?.modified()?, entry.path()));
        }
    }
    copies.sort();
    let many = copies.len().saturating_sub(KEPT);
    copies
        .iter()
        .take(many)
        .try_for_each(|(_, copy)| fs::remove_file(copy))
}

/// Has `make` write a file beside `whole`, checks it, and gives it its name once it is on disk.
fn finish(whole: &Path, make: impl FnOnce(&Path) -> Result<(), BackupError>) -> Result<(), BackupError> {
    refuse_existing(whole)?;
    let part = with_end(whole, ".part");
    let done = (|| {
        remove(&part)?;
        create_private(&part)?;
        make(&part)?;
        check(&part)?;
        let named = fs::File::open(&part)
            .and_then(|file| file.sync_all())
            // Unlike a rename, this never takes the place of a file that has come meanwhile.
            .and_then(|()| fs::hard_link(&part, whole))
            .and_then(|()| fs::File::open(folder_of(whole))?.sync_all());
        named.map_err(|error| match error.kind() == io::ErrorKind::AlreadyExists {
            true => BackupError::Exists(whole.to_owned()),
            false => BackupError::Io(whole.to_owned(), error),
        })
    })();
    let removed = remove(&part);
    done.and(removed)
}

/// Whether every page and every index of the file is as it should be.
fn check(file: &Path) -> Result<(), BackupError> {
    #[derive(QueryableByName)]
    struct Verdict {
        #[diesel(sql_type = Text)]
        integrity_check: String,
    }
    let damaged = |text: String| BackupError::Damaged(file.to_owned(), text);
    let mut conn =
        SqliteConnection::establish(&file.to_string_lossy()).map_err(|error| damaged(error.to_string()))?;
    let found = diesel::sql_query("PRAGMA integrity_check(1)").load::<Verdict>(&mut conn);
    let found = found.map_err(|error| damaged(error.to_string()))?;
    match found.into_iter().find(|row| row.integrity_check != "ok") {
        None => Ok(()),
        Some(bad) => Err(damaged(bad.integrity_check)),
    }
}

fn refuse_existing(file: &Path) -> Result<(), BackupError> {
    match file.exists() {
        true => Err(BackupError::Exists(file.to_owned())),
        false => Ok(()),
    }
}

fn remove(part: &Path) -> Result<(), BackupError> {
    for end in ["", "-wal", "-shm", "-journal"] {
        let file = with_end(part, end);
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(BackupError::Io(file, error));
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

/// A copy may have come with other rights.
fn private(file: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o600))
}

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        Some(_) | None => Path::new("."),
    }
}

fn with_end(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    name.into()
}
