//! What survives a restart: the journal and one row per outlet, in a SQLite file of the controller's own.

pub(crate) mod journal;
pub(crate) mod outlets;
mod schema;

use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use diesel::prelude::*;
use foundation::db::{DatabaseUrl, Migrations};
use foundation::{Conn, Db, DbError};

pub(crate) use journal::{Entry, Message};
pub(crate) use outlets::OutletRow;

const FILE: &str = "controller.db";
const EVENTS: &str = "event_id";
const SQLITE: diesel_migrations::EmbeddedMigrations =
    diesel_migrations::embed_migrations!("../migrations/outlet-controller/sqlite");

/// Why the controller's own file is of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("database: outlet {number}: what was saved cannot be read: {problem}")]
    Outlet { number: i32, problem: String },
}

impl From<diesel::result::Error> for StoreError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Db(error.into())
    }
}

/// What one step of the panel leaves behind; written whole or not at all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Step {
    pub(crate) outlets: Vec<OutletRow>,
    pub(crate) messages: Vec<Message>,
    pub(crate) next_event_id: i64,
}

/// What was found at start.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) outlets: Vec<OutletRow>,
    pub(crate) next_event_id: i64,
}

/// A handle to the file; clones share it.
#[derive(Clone, Debug)]
pub struct Store {
    db: Db,
}

impl Store {
    /// Opens the file in `data_dir`, which is made where it is missing, and brings its schema up to date.
    pub(crate) fn open(data_dir: &Path) -> Result<Self, DbError> {
        let problem = |error: std::io::Error| DbError::Open(format!("{}: {error}", data_dir.display()));
        let mut directory = std::fs::DirBuilder::new();
        directory
            .recursive(true)
            .mode(0o700)
            .create(data_dir)
            .map_err(problem)?;
        let file = data_dir.join(FILE);
        let migrations = Migrations::sqlite_only(SQLITE);
        Ok(Self {
            db: Db::open(&DatabaseUrl::sqlite(file), migrations)?,
        })
    }

    pub(crate) async fn load(&self) -> Result<Found, StoreError> {
        self.db
            .read(|conn| {
                Ok(Found {
                    outlets: outlets::all(conn)?,
                    next_event_id: next_event_id(conn)?,
                })
            })
            .await
    }

    /// Writes a step; on disk when this returns.
    pub(crate) async fn write(&self, step: Step) -> Result<(), StoreError> {
        self.db.write(move |conn| write_step(conn, &step)).await
    }

    /// The oldest message behind `answered`, leaving out those that were set aside.
    pub(crate) async fn oldest(&self, answered: i64) -> Result<Option<Entry>, StoreError> {
        self.db.read(move |conn| journal::oldest(conn, answered)).await
    }

    /// The server has answered this message.
    pub(crate) async fn delivered(&self, id: i64) -> Result<(), StoreError> {
        self.db.write(move |conn| journal::delete(conn, id)).await
    }

    /// The server has refused this message; `set_aside` keeps it out of the others' way from now on.
    pub(crate) async fn refused(&self, id: i64, why: String, set_aside: bool) -> Result<(), StoreError> {
        self.db
            .write(move |conn| journal::refuse(conn, id, &why, set_aside))
            .await
    }
}

fn write_step(conn: &mut Conn, step: &Step) -> Result<(), StoreError> {
    for row in &step.outlets {
        outlets::save(conn, row)?;
    }
    if step.messages.is_empty() {
        return Ok(());
    }
    journal::append(conn, &step.messages)?;
    let c = conn.sqlite()?;
    diesel::replace_into(schema::counters::table)
        .values((
            schema::counters::name.eq(EVENTS),
            schema::counters::value.eq(step.next_event_id),
        ))
        .execute(c)?;
    Ok(())
}

fn next_event_id(conn: &mut Conn) -> Result<i64, StoreError> {
    use schema::counters;
    let found = counters::table
        .find(EVENTS)
        .select(counters::value)
        .first(conn.sqlite()?)
        .optional()?;
    Ok(found.unwrap_or(1))
}

#[cfg(test)]
mod tests;
