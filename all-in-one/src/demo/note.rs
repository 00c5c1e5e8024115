//! Where a running demo leaves what it says, for `denro listen` and `denro trigger` of the same person.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use foundation::lock::{self, Held, hold};

use crate::developer::target::demo_file;

/// A demo's own file, gone at its end.
pub(super) struct Note {
    file: PathBuf,
    /// `None` where another demo of the same person holds the usual place.
    lock: Option<Held>,
}

impl Note {
    /// At the usual place, or in the demo's own `folder` while another demo has left its note there; `None` where there is no
    /// usual place.
    pub(super) fn open(folder: &Path) -> Option<Self> {
        // Whoever is told of it may be in another folder.
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        Some(Self::open_at(demo_file()?, &folder))
    }

    fn open_at(usual: PathBuf, folder: &Path) -> Self {
        let made = usual.parent().map_or(Ok(()), std::fs::create_dir_all);
        let mut beside: OsString = usual.clone().into_os_string();
        beside.push(".lock");
        let file = made.and_then(|()| lock::file(Path::new(&beside)));
        match hold(&usual, file, "another demo has left its note there") {
            Ok(held) => Self {
                file: usual,
                lock: Some(held),
            },
            Err(_taken) => Self {
                file: folder.join("note.json"),
                lock: None,
            },
        }
    }

    /// A new file that its owner alone reads, because a secret is in it.
    pub(super) fn write(&self, text: &str) {
        if let Err(error) = self.try_write(text) {
            tracing::warn!(%error, file = %self.file.display(), "`denro listen` will not find this demo");
        }
    }

    fn try_write(&self, text: &str) -> std::io::Result<()> {
        let _there_was_none = std::fs::remove_file(&self.file);
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        options.open(&self.file)?.write_all(text.as_bytes())
    }

    /// What a command must begin with to find this demo.
    pub(super) fn prefix(&self) -> String {
        match self.lock {
            Some(_) => String::new(),
            None => format!("DENRO_DEMO_FILE='{}' ", self.file.display()),
        }
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        let _gone_already = std::fs::remove_file(&self.file);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_demo_leaves_the_first_one_s_note_alone_and_says_where_its_own_is() {
        let folder = std::env::temp_dir().join(foundation::ids::id("note"));
        std::fs::create_dir(&folder).unwrap();
        let usual = folder.join("cache/demo.json");
        let first = Note::open_at(usual.clone(), &folder);
        first.write("first");
        let second = Note::open_at(usual.clone(), &folder);
        second.write("second");
        let read = |file: &Path| std::fs::read_to_string(file).ok();
        assert_eq!(
            (first.prefix().as_str(), read(&usual).as_deref()),
            ("", Some("first"))
        );
        let own = folder.join("note.json");
        assert_eq!(second.prefix(), format!("DENRO_DEMO_FILE='{}' ", own.display()));
        assert_eq!(read(&own).as_deref(), Some("second"));
        drop(second);
        assert_eq!((read(&usual).as_deref(), read(&own)), (Some("first"), None));
        drop(first);
        assert_eq!(read(&usual), None);
        assert_eq!(
            Note::open_at(usual, &folder).prefix(),
            "",
            "the place is free again"
        );
        std::fs::remove_dir_all(folder).unwrap();
    }
}
