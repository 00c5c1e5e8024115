//! One program at a time on a panel.

use std::fs::File;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

pub(crate) use foundation::lock::{Held, LockError, unless_held};
use foundation::lock::{file, hold};

const OTHERS: &str = "another program works with it: the controller, or a commissioning";
const FILE: &str = "lock";

/// A panel file; it is only read.
///
/// # Errors
/// [`LockError`].
pub(crate) fn panel_file(path: &Path) -> Result<Held, LockError> {
    hold(path, File::open(path), OTHERS)
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
    hold(path, file(&path.join(FILE)), OTHERS)
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
        assert!(matches!(panel_file(&panel), Err(LockError::Held(..))));
        assert!(matches!(data_dir(&folder), Err(LockError::Held(..))));
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
