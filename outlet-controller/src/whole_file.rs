//! Small files that are there whole or not at all, and on disk when they are said to be.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

const OWNER_ONLY: u32 = 0o600;

/// For its owner alone.
pub(crate) fn write(path: &Path, text: &str) -> io::Result<()> {
    let fresh = path.with_extension("new");
    remove_if_there(&fresh)?;
    let mut file = create(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    rename(&fresh, path)
}

/// A file that was not there; for its owner alone.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    let mut open = OpenOptions::new();
    open.write(true).create_new(true).mode(OWNER_ONLY).open(path)
}

pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to).and_then(|()| sync_folder_of(to))
}

pub(crate) fn remove(path: &Path) -> io::Result<()> {
    if !path.exists() {
        return Ok(());
    }
    remove_if_there(path).and_then(|()| sync_folder_of(path))
}

pub(crate) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn sync_folder_of(path: &Path) -> io::Result<()> {
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}
