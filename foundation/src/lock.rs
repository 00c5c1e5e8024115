//! One program at a time on a thing: locks that end with the process, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use crate::db::DatabaseUrl;

/// Why a thing is not to be touched.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// The thing, and who works with it.
    #[error("{0}: {1}")]
    Held(String, &'static str),
    #[error("{0}: cannot be locked")]
    Io(String, #[source] io::Error),
}

/// Held until it is dropped.
#[derive(Debug)]
pub struct Held(#[expect(dead_code, reason = "the lock ends with the file")] File);

/// Locks a file that was opened. `path`: the thing that it stands for; `others`: who may be at work with it.
///
/// # Errors
/// [`LockError`].
pub fn hold(path: &Path, file: io::Result<File>, others: &'static str) -> Result<Held, LockError> {
    let named = || path.display().to_string();
    let file = file.map_err(|error| LockError::Io(named(), error))?;
    match file.try_lock() {
        Ok(()) => Ok(Held(file)),
        Err(TryLockError::WouldBlock) => Err(LockError::Held(named(), others)),
        Err(TryLockError::Error(error)) => Err(LockError::Io(named(), error)),
    }
}

/// The file that a lock lives in where the thing itself cannot carry one; made where it is missing.
///
/// # Errors
/// If it cannot be opened.
pub fn file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
}

/// The one server on a SQLite database. Commands work beside it, and PostgreSQL has room for several.
///
/// # Errors
/// [`LockError::Held`].
pub fn database(url: &DatabaseUrl, others: &'static str) -> Result<Option<Held>, LockError> {
    match url {
        DatabaseUrl::Sqlite(path) => {
            // Whatever path leads there. Not the file itself: closing it would end SQLite's own locks.
            let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.clone());
            let mut beside = real.into_os_string();
            beside.push(".lock");
            unless_held(hold(path, file(Path::new(&beside)), others))
        }
        #[cfg(feature = "postgres")]
        DatabaseUrl::Postgres(_) => Ok(None),
    }
}

/// A lock that cannot be had for another reason than somebody else holds up nothing: the thing itself speaks up.
///
/// # Errors
/// [`LockError::Held`].
pub fn unless_held(lock: Result<Held, LockError>) -> Result<Option<Held>, LockError> {
    match lock {
        Ok(held) => Ok(Some(held)),
        Err(LockError::Io(..)) => Ok(None),
        Err(held @ LockError::Held(..)) => Err(held),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_server_works_with_a_database_by_whatever_path() {
        let folder = std::env::temp_dir().join(crate::ids::id("lock"));
        std::fs::create_dir(&folder).unwrap();
        let (path, link) = (folder.join("event.db"), folder.join("link.db"));
        std::fs::write(&path, "").unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let lock = |path| database(&DatabaseUrl::sqlite(path), "another server works with it");
        let held = lock(&path).unwrap().unwrap();
        let refused = lock(&link).unwrap_err().to_string();
        assert_eq!(
            refused,
            format!("{}: another server works with it", link.display())
        );
        drop(held);
        assert!(lock(&link).unwrap().is_some());
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_lock_that_cannot_be_written_holds_up_nothing() {
        let nowhere = DatabaseUrl::sqlite("/nowhere/event.db");
        assert!(database(&nowhere, "another").unwrap().is_none());
    }
}
