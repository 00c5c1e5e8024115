//! A database file that is broken: what can be read of it goes on in a new one, and it is kept beside that.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use foundation::db::{DatabaseUrl, Tuning};
use foundation::{Conn, DbError};

use super::sqlite::{FILE, LOST, migrations, set_counter};
use super::{StoreError, salvage};

/// A file up to this size is looked through at each start; of a larger one only what a start needs.
const CHECKED_WHOLE: u64 = 16 << 20;
/// So many broken files are kept.
const KEPT: usize = 3;
/// What belongs to a database file, by the end of its name.
const COMPANIONS: [&str; 3] = ["", "-wal", "-shm"];

/// The file that says that a run has found the database broken.
fn sign(data_dir: &Path) -> PathBuf {
    data_dir.join("controller.db.is-broken")
}

/// Tells the next start that the file is broken: it may not find out by itself.
pub(super) fn mark(data_dir: &Path) {
    if let Err(error) = fs::write(sign(data_dir), "") {
        tracing::error!(%error, "the database is broken, and that cannot be noted");
    }
}

/// Sees to it that there is a sound file, or none yet.
pub(super) fn mended(data_dir: &Path, tuning: Tuning) -> Result<(), DbError> {
    let (file, fresh) = (data_dir.join(FILE), data_dir.join(format!("{FILE}.new")));
    let io = |error: io::Error| DbError::Open(format!("{}: {error}", data_dir.display()));
    if fresh.exists() && !file.exists() {
        // A rescue was cut off at its last steps. The old log must never be taken for the new file's.
        remove(&with_end(&file, "-wal")).map_err(io)?;
        remove(&with_end(&file, "-shm")).map_err(io)?;
        fs::rename(&fresh, &file).map_err(io)?;
    }
    let why = match examine(&file, tuning) {
        // A sector that cannot be read is as good as a broken one.
        Err(error) if error.is_damage() || error.to_string().contains("disk I/O error") => error.to_string(),
        Err(other) => return Err(other),
        Ok(()) if sign(data_dir).exists() => "it was found broken by the last run".to_owned(),
        Ok(()) => return Ok(()),
    };
    let saved = replace(data_dir, (&file, &fresh), tuning)?;
    tracing::error!(
        why,
        outlets = saved.outlets,
        messages = saved.messages,
        "the database is broken: it is put aside, and what could be read of it goes on"
    );
    Ok(())
}

fn examine(file: &Path, tuning: Tuning) -> Result<(), DbError> {
    let size = fs::metadata(file).map_or(0, |found| found.len());
    if size == 0 {
        return Ok(());
    }
    let mut conn = Conn::open_with(&DatabaseUrl::sqlite(file), tuning)?;
    if size <= CHECKED_WHOLE {
        return check(&mut conn, "PRAGMA quick_check(1)");
    }
    check(&mut conn, "PRAGMA quick_check(outlets)")?;
    check(&mut conn, "PRAGMA quick_check(counters)")
}

fn check(conn: &mut Conn, query: &str) -> Result<(), DbError> {
    #[derive(QueryableByName)]
    struct Verdict {
        #[diesel(sql_type = diesel::sql_types::Text)]
        quick_check: String,
    }
    let found: Vec<Verdict> = diesel::sql_query(query).load(conn.sqlite()?)?;
    match found.into_iter().find(|row| row.quick_check != "ok") {
        None => Ok(()),
        Some(bad) => Err(DbError::Open(format!(
            "database disk image is malformed: {}",
            bad.quick_check
        ))),
    }
}

/// The new file is whole before the old one is touched, so that this may be cut off anywhere.
fn replace(
    data_dir: &Path,
    (file, fresh): (&Path, &Path),
    tuning: Tuning,
) -> Result<salvage::Saved, DbError> {
    let io = |error: io::Error| DbError::Open(format!("{}: {error}", data_dir.display()));
    for end in COMPANIONS {
        remove(&with_end(fresh, end)).map_err(io)?;
    }
    let saved = filled(file, fresh, tuning)?;
    let aside = data_dir.join(format!("{FILE}.corrupt-{}", seconds()));
    for end in COMPANIONS {
        rename(&with_end(file, end), &with_end(&aside, end)).map_err(io)?;
    }
    fs::rename(fresh, file).map_err(io)?;
    remove(&sign(data_dir)).map_err(io)?;
    let synced = fs::File::open(data_dir).and_then(|folder| folder.sync_all());
    synced.map_err(io)?;
    forget_the_oldest(data_dir);
    Ok(saved)
}

/// A new file, whole and closed, with what can be read of the old one.
fn filled(file: &Path, fresh: &Path, tuning: Tuning) -> Result<salvage::Saved, DbError> {
    let mut new = Conn::open_with(&DatabaseUrl::sqlite(fresh), tuning)?;
    migrations().run(&mut new)?;
    // A statement that meets a bad sector must take no other with it; synced once, at the end.
    new.sqlite()?.batch_execute("PRAGMA synchronous = OFF")?;
    let saved = fill(&mut new, file, tuning).map_err(|error| DbError::Open(error.to_string()))?;
    // Nothing may be left in a log of its own: that would not move with it.
    new.sqlite()?.batch_execute("PRAGMA journal_mode = DELETE")?;
    drop(new);
    let closed = match with_end(fresh, "-wal").exists() {
        true => Err(io::Error::other("cannot be closed")),
        false => fs::File::open(fresh).and_then(|file| file.sync_all()),
    };
    closed.map_err(|error| DbError::Open(format!("{}: {error}", fresh.display())))?;
    Ok(saved)
}

fn fill(new: &mut Conn, file: &Path, tuning: Tuning) -> Result<salvage::Saved, StoreError> {
    let saved = match attached(new, file, tuning) {
        Ok(mut old) => {
            let saved = salvage::copy(&mut old, new)?;
            new.sqlite()?.batch_execute(&format!("DETACH {}", salvage::OLD))?;
            saved
        }
        Err(error) => {
            tracing::error!(%error, "nothing of the database can be read");
            salvage::Saved::default()
        }
    };
    set_counter(new, LOST, 1)?;
    Ok(saved)
}

/// The old file, with a connection of its own and attached to the new one; an error where it is no database at all.
fn attached(new: &mut Conn, file: &Path, tuning: Tuning) -> Result<Conn, DbError> {
    let old = Conn::open_with(&DatabaseUrl::sqlite(file), tuning)?;
    diesel::sql_query(format!("ATTACH ? AS {}", salvage::OLD))
        .bind::<diesel::sql_types::Text, _>(file.to_string_lossy())
        .execute(new.sqlite()?)?;
    Ok(old)
}

fn with_end(file: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(end);
    name.into()
}

fn rename(from: &Path, to: &Path) -> io::Result<()> {
    missing_is_fine(fs::rename(from, to))
}

fn remove(file: &Path) -> io::Result<()> {
    missing_is_fine(fs::remove_file(file))
}

fn missing_is_fine(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Broken files must not fill the disk either.
fn forget_the_oldest(data_dir: &Path) {
    let Ok(entries) = fs::read_dir(data_dir) else {
        return;
    };
    let prefix = format!("{FILE}.corrupt-");
    let is_main =
        |name: &String| name.starts_with(&prefix) && !name.ends_with("-wal") && !name.ends_with("-shm");
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(is_main).collect();
    names.sort();
    let surplus = names.len().saturating_sub(KEPT);
    for name in names.iter().take(surplus) {
        for end in COMPANIONS {
            // What stays takes room and does no other harm.
            let _stays = remove(&with_end(&data_dir.join(name), end));
        }
    }
}

fn seconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
