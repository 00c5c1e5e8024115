//! The last moment at which a boot was known to run: one small file, written in place, each second while a charge runs.
//!
//! It has two slots that are written in turn, so that a torn write leaves the note before it; its size never changes, so
//! that a note is one block of the disk and needs no room.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use domain::units::{Now, Tick, Timestamp};

pub(super) const FILE: &str = "last-seen";
const SLOT: usize = 256;
/// Each slot has a block of its own.
const APART: u64 = 4096;

/// A boot ran at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeNote {
    pub boot_id: String,
    pub at: Now,
}

/// The file of the notes; clones share it.
#[derive(Clone, Debug)]
pub(super) struct NoteFile {
    path: PathBuf,
    open: Arc<Mutex<Option<Open>>>,
}

#[derive(Debug)]
struct Open {
    file: File,
    serial: u64,
}

impl NoteFile {
    /// Touches nothing yet.
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            open: Arc::default(),
        }
    }

    /// The last note that is whole. A file that cannot be read says nothing: what is left is in the outlets' rows too.
    pub(super) fn last(&self) -> Option<TimeNote> {
        let file = File::open(&self.path).ok()?;
        newest(&file).map(|(_, note)| note)
    }

    /// Answers when the note is on the disk.
    pub(super) async fn write(&self, note: TimeNote) -> io::Result<()> {
        let notes = self.clone();
        let written = tokio::task::spawn_blocking(move || notes.write_now(&note));
        written.await.map_err(io::Error::other)?
    }

    fn write_now(&self, note: &TimeNote) -> io::Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.is_none() {
            *open = Some(Open::at(&self.path)?);
        }
        let Some(Open { file, serial }) = open.as_mut() else {
            return Ok(());
        };
        let next = serial.saturating_add(1);
        file.write_all_at(&encode(next, note), place(next))?;
        file.sync_data()?;
        *serial = next;
        Ok(())
    }
}

impl Open {
    /// Makes the file in its full size, where it is missing, before anything rests on it.
    fn at(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)?;
        if file.metadata()?.len() != 2 * APART {
            file.set_len(2 * APART)?;
            file.write_all_at(&[b' '; 2 * APART as usize], 0)?;
            file.sync_all()?;
            if let Some(folder) = path.parent() {
                File::open(folder)?.sync_all()?;
            }
        }
        let serial = newest(&file).map_or(0, |(serial, _)| serial);
        Ok(Self { file, serial })
    }
}

fn place(serial: u64) -> u64 {
    (serial % 2) * APART
}

fn newest(file: &File) -> Option<(u64, TimeNote)> {
    let read = |slot: u64| {
        let mut bytes = [0; SLOT];
        file.read_exact_at(&mut bytes, place(slot)).ok()?;
        decode(&bytes)
    };
    let slots = [read(0), read(1)];
    slots.into_iter().flatten().max_by_key(|(serial, _)| *serial)
}

/// A line of text, filled up with blanks.
fn encode(serial: u64, note: &TimeNote) -> Vec<u8> {
    let (tick, wall) = (note.at.tick.0, note.at.wall.0);
    let text = format!("{serial} {tick} {wall} {}", note.boot_id);
    let mut line = format!("{:016x} {text}\n", checksum(text.as_bytes())).into_bytes();
    line.resize(SLOT, b' ');
    line
}

fn decode(bytes: &[u8]) -> Option<(u64, TimeNote)> {
    let line = std::str::from_utf8(bytes).ok()?.lines().next()?;
    let (sum, text) = line.split_once(' ')?;
    if u64::from_str_radix(sum, 16).ok()? != checksum(text.as_bytes()) {
        return None;
    }
    let mut words = text.splitn(4, ' ');
    let mut next = || words.next();
    let (serial, tick, wall, boot_id) = (next()?, next()?, next()?, next()?);
    let at = Now {
        tick: Tick(tick.parse().ok()?),
        wall: Timestamp(wall.parse().ok()?),
    };
    let boot_id = boot_id.to_owned();
    Some((serial.parse().ok()?, TimeNote { boot_id, at }))
}

/// FNV-1a: tells a whole slot from a torn one.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(tick: u64) -> TimeNote {
        TimeNote {
            boot_id: "3f0d1c9a-boot".into(),
            at: Now {
                tick: Tick(tick),
                wall: Timestamp(-5),
            },
        }
    }

    fn file() -> NoteFile {
        NoteFile::new(std::env::temp_dir().join(foundation::ids::id("denro-note-test")))
    }

    #[tokio::test]
    async fn the_last_note_is_found_again_and_the_file_keeps_its_size() {
        let notes = file();
        assert_eq!(notes.last(), None);
        for tick in 1..=5 {
            notes.write(note(tick)).await.unwrap();
            assert_eq!(NoteFile::new(notes.path.clone()).last(), Some(note(tick)));
        }
        let again = NoteFile::new(notes.path.clone());
        again.write(note(6)).await.unwrap();
        assert_eq!(again.last(), Some(note(6)));
        assert_eq!(std::fs::metadata(&notes.path).unwrap().len(), 2 * APART);
    }

    #[tokio::test]
    async fn a_torn_note_leaves_the_one_before_it() {
        let notes = file();
        for tick in [100, 200] {
            notes.write(note(tick)).await.unwrap();
        }
        let torn = OpenOptions::new().write(true).open(&notes.path).unwrap();
        for length in 0..40 {
            torn.write_all_at(&encode(3, &note(300)), place(3)).unwrap();
            torn.write_all_at(&vec![b'#'; SLOT - length], place(3) + length as u64)
                .unwrap();
            assert_eq!(notes.last(), Some(note(200)), "{length}");
        }
        std::fs::write(&notes.path, "short").unwrap();
        assert_eq!(notes.last(), None);
        let mended = NoteFile::new(notes.path.clone());
        mended.write(note(400)).await.unwrap();
        assert_eq!(mended.last(), Some(note(400)));
    }
}
