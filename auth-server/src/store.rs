//! What is kept: clients, the hashes of their secrets, signing keys.

mod client_cache;
pub(crate) mod clients;
mod schema;
pub(crate) mod signing_keys;

pub(crate) use client_cache::ClientCache;

use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use foundation::db::{DatabaseUrl, Migrations};
use foundation::{Db, DbError};

const SQLITE: diesel_migrations::EmbeddedMigrations =
    diesel_migrations::embed_migrations!("../migrations/auth-server/sqlite");
#[cfg(feature = "postgres")]
const POSTGRES: diesel_migrations::EmbeddedMigrations =
    diesel_migrations::embed_migrations!("../migrations/auth-server/postgres");

/// Opens the database and brings its schema up to date.
pub(crate) fn open(url: &DatabaseUrl) -> Result<Db, DbError> {
    match url {
        DatabaseUrl::Sqlite(path) => create_private(path)?,
        #[cfg(feature = "postgres")]
        DatabaseUrl::Postgres(_) => {}
    }
    let migrations = Migrations {
        sqlite: SQLITE,
        #[cfg(feature = "postgres")]
        postgres: POSTGRES,
    };
    Db::open(url, migrations)
}

/// The file holds the signing keys, so others must not read it; SQLite gives its companions the same mode.
fn create_private(path: &Path) -> Result<(), DbError> {
    let mut options = std::fs::OpenOptions::new();
    match options.write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(DbError::Open(format!("{}: {error}", path.display()))),
    }
}

/// Whether the database answers.
pub(crate) async fn ping(db: &Db) -> Result<(), DbError> {
    use diesel::prelude::*;
    let one = diesel::select(diesel::dsl::sql::<diesel::sql_types::Integer>("1"));
    db.read(move |conn| Ok(foundation::on!(conn, |c| one.execute(c)).map(|_| ())?))
        .await
}
