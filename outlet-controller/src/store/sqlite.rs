//! The disk as a SQLite file; every write is synced before it is answered.

use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use async_trait::async_trait;
use diesel::prelude::*;
use foundation::db::{DatabaseUrl, Migrations, SyncMode};
use foundation::{Conn, Db, DbError};

use super::schema::counters;
use super::time_note::{self, NoteFile};
use super::{
    Answered, Depth, Disk, Entry, Found, Step, StoreError, TimeNote, Usage, journal, outlets, thinning,
};

pub(super) const FILE: &str = "controller.db";
const EVENTS: &str = "event_id";
const JOURNAL: &str = "journal_id";
const MIGRATIONS: diesel_migrations::EmbeddedMigrations =
    diesel_migrations::embed_migrations!("../migrations/outlet-controller/sqlite");

#[derive(Debug)]
pub(super) struct Sqlite {
    db: Db,
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
        let url = DatabaseUrl::sqlite(data_dir.join(FILE));
        let migrations = Migrations::sqlite_only(MIGRATIONS);
        let db = Db::open_with(&url, migrations, sync)?;
        // SQLite deletes the rollback journal of its first steps without syncing that: it must never come back.
        std::fs::File::open(data_dir)
            .and_then(|folder| folder.sync_all())
            .map_err(problem)?;
        let notes = NoteFile::new(data_dir.join(time_note::FILE));
        Ok(Self { db, notes })
    }
}

#[async_trait]
impl Disk for Sqlite {
    async fn load(&self) -> Result<Found, StoreError> {
        let time = self.notes.last();
        let found = self.db.read(|conn| {
            Ok::<_, StoreError>(Found {
                time,
                outlets: outlets::all(conn)?,
                next_event_id: counter(conn, EVENTS, 1)?,
                journal_id: counter(conn, JOURNAL, 0)?,
            })
        });
        found.await
    }

    async fn write(&self, step: Step) -> Result<Usage, StoreError> {
        self.db.write(move |conn| write_step(conn, &step)).await
    }

    async fn oldest(&self, answered: Answered) -> Result<Option<Entry>, StoreError> {
        self.db.read(move |conn| journal::oldest(conn, answered)).await
    }

    async fn delivered(&self, answered: Answered) -> Result<(), StoreError> {
        self.db.write(move |conn| journal::delete(conn, answered)).await
    }

    async fn refused(&self, id: i64, why: String, set_aside: bool) -> Result<(), StoreError> {
        self.db
            .write(move |conn| journal::refuse(conn, id, &why, set_aside))
            .await
    }

    async fn depth(&self) -> Result<Depth, StoreError> {
        self.db.read(journal::depth).await
    }

    async fn note_time(&self, note: TimeNote) -> Result<(), StoreError> {
        Ok(self.notes.write(note).await?)
    }
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
