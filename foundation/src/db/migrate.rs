//! Forward-only migrations, embedded in the programs.

use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};

use super::{Conn, DbError};

/// A program's migrations for each backend.
pub struct Migrations {
    pub sqlite: EmbeddedMigrations,
    #[cfg(feature = "postgres")]
    pub postgres: EmbeddedMigrations,
}

impl std::fmt::Debug for Migrations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Migrations")
    }
}

impl Migrations {
    /// For programs that keep a SQLite file of their own, whatever the others use.
    pub fn sqlite_only(sqlite: EmbeddedMigrations) -> Self {
        Self {
            sqlite,
            #[cfg(feature = "postgres")]
            postgres: EmbeddedMigrations::new(&[]),
        }
    }

    /// Whether [`Migrations::run`] would change a schema that is there already.
    ///
    /// # Errors
    /// [`DbError::Migration`], or [`DbError::Open`] where that schema is another program's.
    pub(super) fn change_something(&self, conn: &mut Conn) -> Result<bool, DbError> {
        match conn {
            Conn::Sqlite(c) => change_something(c, &self.sqlite),
            #[cfg(feature = "postgres")]
            Conn::Postgres(_) => Ok(false),
        }
    }

    /// Brings the schema behind `conn` up to date.
    ///
    /// # Errors
    /// [`DbError::Migration`], [`DbError::NewerSchema`].
    pub fn run(self, conn: &mut Conn) -> Result<(), DbError> {
        match conn {
            Conn::Sqlite(c) => run(c, self.sqlite),
            #[cfg(feature = "postgres")]
            Conn::Postgres(c) => super::postgres::migrate_alone(c, |c| run(c, self.postgres))?,
        }
    }
}

fn change_something<DB, C>(conn: &mut C, source: &EmbeddedMigrations) -> Result<bool, DbError>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB>,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let failed = |e: Box<dyn std::error::Error + Send + Sync>| DbError::Migration(e.to_string());
    let applied = conn.applied_migrations().map_err(failed)?;
    let known: Vec<Box<dyn Migration<DB>>> = source.migrations().map_err(failed)?;
    let mut versions = known.iter().map(|migration| migration.name().version());
    let changes = !applied.is_empty() && versions.any(|version| !applied.contains(&version.as_owned()));
    let known: Vec<_> = known.iter().map(|migration| migration.name().version()).collect();
    // A newer schema has all of ours, and more.
    if changes && applied.iter().any(|version| !known.contains(version)) {
        return Err(DbError::Open("it is another program's database".into()));
    }
    Ok(changes)
}

fn run<DB, C>(conn: &mut C, source: EmbeddedMigrations) -> Result<(), DbError>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB>,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let failed = |e: Box<dyn std::error::Error + Send + Sync>| DbError::Migration(e.to_string());
    let known: Vec<Box<dyn Migration<DB>>> = source.migrations().map_err(failed)?;
    let known: Vec<MigrationVersion<'_>> = known.iter().map(|m| m.name().version().as_owned()).collect();
    let unknown: Vec<String> = conn
        .applied_migrations()
        .map_err(failed)?
        .into_iter()
        .filter(|applied| !known.contains(applied))
        .map(|version| version.to_string())
        .collect();
    if !unknown.is_empty() {
        return Err(DbError::NewerSchema(unknown.join(", ")));
    }
    conn.run_pending_migrations(source).map(|_| ()).map_err(failed)
}
