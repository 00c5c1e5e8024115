//! One program at a time on a panel: locks that end with the process, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

/// Why a panel is not to be touched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LockError {
    #[error("{0}: another program works with it: the controller, or a commissioning")]
    Held(String),
    #[error("{0}: cannot be locked")]
    Io(String, #[source] std::io::Error),
}

/// Held until it is dropped.
#[derive(Debug)]
pub(crate) struct Held(#[expect(dead_code, reason = "the lock ends with the file")] File);

const FILE: &str = "lock";

/// A panel file; it is only read.
///
/// # Errors
/// [`LockError`].
pub(crate) fn panel_file(path: &Path) -> Result<Held, LockError> {
    hold(path, File::open(path))
}

/// A directory with the state of a controller; made where it is missing.
///
/// # Errors
/// [`LockError`].
pub(crate) fn data_dir(path: &Path) -> Result<Held, LockError> {
    // What goes wrong here goes wrong with the file too.
    let _made = std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path);
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path.join(FILE));
    hold(path, file)
}

/// A panel file, and the state of the controller that works with it: where none has ever run, there is none.
///
/// # Errors
/// [`LockError`].
pub(crate) fn panel(file: &Path, state: Option<&Path>) -> Result<Vec<Held>, LockError> {
    let mut locks = vec![panel_file(file)?];
    locks.extend(state.filter(|dir| dir.exists()).map(data_dir).transpose()?);
    Ok(locks)
}

/// A lock that cannot be had for another reason than somebody else holds up nothing: the state's own disk speaks up.
///
/// # Errors
/// [`LockError::Held`].
pub(crate) fn unless_held(lock: Result<Held, LockError>) -> Result<Option<Held>, LockError> {
    match lock {
        Ok(held) => Ok(Some(held)),
        Err(LockError::Io(..)) => Ok(None),
        Err(held @ LockError::Held(_)) => Err(held),
    }
}

fn hold(path: &Path, file: std::io::Result<File>) -> Result<Held, LockError> {
    let named = || path.display().to_string();
    let file = file.map_err(|error| LockError::Io(named(), error))?;
    match file.try_lock() {
        Ok(()) => Ok(Held(file)),
        Err(TryLockError::WouldBlock) => Err(LockError::Held(named())),
        Err(TryLockError::Error(error)) => Err(LockError::Io(named(), error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_holds_a_panel_and_a_dropped_lock_is_free() {
        let folder = std::env::temp_dir().join(foundation::ids::id("lock"));
        std::fs::create_dir(&folder).unwrap();
        let panel = folder.join("panel.toml");
        std::fs::write(&panel, "").unwrap();
        let held = (panel_file(&panel).unwrap(), data_dir(&folder).unwrap());
        assert!(matches!(panel_file(&panel), Err(LockError::Held(_))));
        assert!(matches!(data_dir(&folder), Err(LockError::Held(_))));
        drop(held);
        assert!(panel_file(&panel).is_ok() && data_dir(&folder).is_ok());
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_is_not_there_cannot_be_locked() {
        assert!(matches!(
            panel_file(Path::new("/nowhere")),
            Err(LockError::Io(..))
        ));
    }
}
