//! The disk as a SQLite file; every write is synced before it is answered.

use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use diesel::prelude::*;
use foundation::db::{DatabaseUrl, Migrations, SyncMode, Tuning};
use foundation::{Conn, Db, DbError};

use super::schema::counters;
use super::time_note::{self, NoteFile};
use super::{
    Answered, Depth, Disk, Entry, Found, Step, StoreError, TimeNote, Usage, aside, journal, outlets, rescue,
    thinning,
};

pub(super) const FILE: &str = "controller.db";
pub(super) const EVENTS: &str = "event_id";
pub(super) const JOURNAL: &str = "journal_id";
/// 1 after a part of what was saved was lost, until that is told.
pub(super) const LOST: &str = "lost";
const MIGRATIONS: diesel_migrations::EmbeddedMigrations =
    diesel_migrations::embed_migrations!("../migrations/outlet-controller/sqlite");
/// All that is read is a row here and there, but for the samples that are thinned.
const CACHE_KIB: u32 = 1 << 10;

#[derive(Debug)]
pub(super) struct Sqlite {
    db: Db,
    /// For a sign to the next start that the file is broken.
    data_dir: PathBuf,
    notes: NoteFile,
}

impl Sqlite {
    pub(super) fn open(data_dir: &Path, sync: SyncMode) -> Result<Self, DbError> {
        let problem = |error: std::io::Error| DbError::Open(format!("{}: {error}", data_dir.display()));
        let mut directory = std::fs::DirBuilder::new();
        directory
            .recursive(true)
            .mode(0o700)
            .create(data_dir)
            .map_err(problem)?;
        let tuning = tuning(sync);
        rescue::mended(data_dir, tuning)?;
        let url = DatabaseUrl::sqlite(data_dir.join(FILE));
        let db = Db::open_with(&url, migrations(), tuning)?;
        // SQLite deletes the rollback journal of its first steps without syncing that: it must never come back.
        std::fs::File::open(data_dir)
            .and_then(|folder| folder.sync_all())
            .map_err(problem)?;
        let notes = NoteFile::new(data_dir.join(time_note::FILE));
        Ok(Self {
            db,
            data_dir: data_dir.to_owned(),
            notes,
        })
    }

    async fn write<T: Send + 'static>(
        &self,
        body: impl FnOnce(&mut Conn) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.watched(self.db.write(body).await)
    }

    async fn read<T: Send + 'static>(
        &self,
        body: impl FnOnce(&mut Conn) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.watched(self.db.read(body).await)
    }

    /// A file that is found broken is put aside at the next start: nobody may hold it open then.
    fn watched<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if result.as_ref().is_err_and(StoreError::is_damage) {
            rescue::mark(&self.data_dir);
        }
        result
    }
}

fn tuning(sync: SyncMode) -> Tuning {
    Tuning {
        sync,
        cache_kib: CACHE_KIB,
        readers: 1,
    }
}

pub(super) fn migrations() -> Migrations {
    Migrations::sqlite_only(MIGRATIONS)
}

#[async_trait]
impl Disk for Sqlite {
    async fn load(&self) -> Result<Found, StoreError> {
        let time = self.notes.last();
        let (found, unreadable) = self.read(move |conn| load(conn, time)).await?;
        if !unreadable.is_empty() {
            self.write(move |conn| put_aside(conn, &unreadable)).await?;
        }
        Ok(found)
    }

    async fn write(&self, step: Step) -> Result<Usage, StoreError> {
        self.write(move |conn| write_step(conn, &step)).await
    }

    async fn oldest(&self, answered: Answered) -> Result<Option<Entry>, StoreError> {
        loop {
            let (id, problem) = match self.read(move |conn| journal::oldest(conn, answered)).await {
                Err(StoreError::Message { id, problem }) => (id, problem),
                other => return other,
            };
            tracing::error!(
                id,
                problem,
                "a message of the journal cannot be read: it is set aside"
            );
            self.write(move |conn| aside::put_unreadable(conn, id, &problem))
                .await?;
        }
    }

    async fn delivered(&self, answered: Answered) -> Result<(), StoreError> {
        self.write(move |conn| journal::delete(conn, answered)).await
    }

    async fn refused(&self, id: i64, why: String, set_aside: bool) -> Result<(), StoreError> {
        self.write(move |conn| journal::refuse(conn, id, &why, set_aside))
            .await
    }

    async fn depth(&self) -> Result<Depth, StoreError> {
        self.read(journal::depth).await
    }

    async fn note_time(&self, note: TimeNote) -> Result<(), StoreError> {
        Ok(self.notes.write(note).await?)
    }

    async fn has_lost(&self) -> Result<bool, StoreError> {
        Ok(self.read(|conn| counter(conn, LOST, 0)).await? > 0)
    }

    async fn owes(&self) -> Result<bool, StoreError> {
        self.read(aside::owes).await
    }

    async fn try_again(&self, before: Option<i64>) -> Result<Option<i64>, StoreError> {
        self.write(move |conn| aside::try_again(conn, before)).await
    }
}

fn load(conn: &mut Conn, time: Option<TimeNote>) -> Result<(Found, Vec<outlets::Unreadable>), StoreError> {
    let (outlets, unreadable) = outlets::all(conn)?;
    let found = Found {
        time,
        outlets,
        next_event_id: counter(conn, EVENTS, 1)?,
        journal_id: counter(conn, JOURNAL, 0)?,
    };
    Ok((found, unreadable))
}

fn put_aside(conn: &mut Conn, unreadable: &[outlets::Unreadable]) -> Result<(), StoreError> {
    for row in unreadable {
        tracing::error!(
            outlet = row.0,
            problem = row.1,
            "what was saved of an outlet cannot be read: it begins anew"
        );
        outlets::put_aside(conn, row)?;
    }
    set_counter(conn, LOST, 1)
}

fn write_step(conn: &mut Conn, step: &Step) -> Result<Usage, StoreError> {
    for row in &step.outlets {
        outlets::save(conn, row)?;
    }
    if step.thin {
        thinning::thin(conn)?;
    }
    if !step.messages.is_empty() {
        journal::append(conn, &step.messages)?;
        set_counter(conn, EVENTS, step.next_event_id)?;
    }
    if step.tells_loss {
        set_counter(conn, LOST, 0)?;
    }
    Ok(Usage {
        bytes: bytes_taken(conn)?,
        thinnable: thinning::is_possible(conn)?,
    })
}

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    bytes: i64,
}

/// The pages in use; free ones inside the file are filled before it grows.
fn bytes_taken(conn: &mut Conn) -> Result<u64, StoreError> {
    const QUERY: &str = "SELECT (page_count - freelist_count) * page_size AS bytes \
         FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
    let taken: Taken = diesel::sql_query(QUERY).get_result(conn.sqlite()?)?;
    Ok(u64::try_from(taken.bytes).unwrap_or(0))
}

pub(super) fn counter(conn: &mut Conn, name: &str, first: i64) -> Result<i64, StoreError> {
    let found = counters::table.find(name).select(counters::value);
    Ok(found.get_result(conn.sqlite()?).optional()?.unwrap_or(first))
}

pub(super) fn set_counter(conn: &mut Conn, name: &str, value: i64) -> Result<(), StoreError> {
    diesel::replace_into(counters::table)
        .values((counters::name.eq(name), counters::value.eq(value)))
        .execute(conn.sqlite()?)?;
    Ok(())
}
