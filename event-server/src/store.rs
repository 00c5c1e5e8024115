//! What is kept: one module per table, queries only, no rules.
//!
//! Where a key names one row at most it is read by `get_result`: `first` binds a LIMIT, for which SQLite prepares the
//! statement anew each time.

pub(crate) mod alarms;
pub(crate) mod audit_subjects;
pub(crate) mod browser_sessions;
mod cached;
pub(crate) mod circuits;
pub(crate) mod commands;
pub(crate) mod connections;
pub(crate) mod consents;
pub(crate) mod controller_buses;
pub(crate) mod controller_problems;
pub(crate) mod controllers;
pub(crate) mod deliveries;
pub(crate) mod delivery_attempts;
pub(crate) mod drivers;
pub(crate) mod ended_sessions;
pub(crate) mod endpoint_owners;
pub(crate) mod events;
pub(crate) mod fault_reports;
pub(crate) mod figures;
pub(crate) mod gathering;
pub(crate) mod idempotency_keys;
pub(crate) mod label_batches;
pub(crate) mod label_checks;
pub(crate) mod lane_gaps;
pub(crate) mod mails;
pub(crate) mod nodes;
pub(crate) mod notices;
pub(crate) mod outlet_current;
pub(crate) mod outlets;
pub(crate) mod packed;
pub(crate) mod places;
pub(crate) mod presence;
pub(crate) mod reading_days;
pub(crate) mod readings;
pub(crate) mod reservations;
pub(crate) mod schema;
pub(crate) mod session_notes;
pub(crate) mod sessions;
pub(crate) mod sites;
pub(crate) mod statement_changes;
pub(crate) mod statement_corrections;
pub(crate) mod statement_layouts;
pub(crate) mod statement_lines;
pub(crate) mod statements;
pub(crate) mod tariffs;
pub(crate) mod tenants;
mod text;
#[cfg(feature = "postgres")]
mod unnested;
pub(crate) mod usage;
pub(crate) mod webhook_endpoints;

pub(crate) use text::{name, parse};

use foundation::db::{DatabaseUrl, Migrations};
use foundation::{Conn, Db, DbError};

const SQLITE: diesel_migrations::EmbeddedMigrations =
    diesel_migrations::embed_migrations!("../migrations/event-server/sqlite");
#[cfg(feature = "postgres")]
const POSTGRES: diesel_migrations::EmbeddedMigrations =
    diesel_migrations::embed_migrations!("../migrations/event-server/postgres");

/// Opens the database and brings its schema up to date.
pub(crate) fn open(url: &DatabaseUrl) -> Result<Db, DbError> {
    let migrations = Migrations {
        sqlite: SQLITE,
        #[cfg(feature = "postgres")]
        postgres: POSTGRES,
    };
    Db::open(url, migrations)
}

/// Whether the database answers.
pub(crate) async fn ping(db: &Db) -> Result<(), DbError> {
    use diesel::prelude::*;
    let one = diesel::select(diesel::dsl::sql::<diesel::sql_types::Integer>("1"));
    db.read(move |conn| Ok(foundation::on!(conn, |c| one.execute(c)).map(|_| ())?))
        .await
}

/// Writes something, so that the disk is asked as well.
pub(crate) fn probe(conn: &mut Conn) -> Result<(), DbError> {
    use diesel::prelude::*;
    use schema::counters::{name, table, value};
    let first = (name.eq("probes"), value.eq(1_i64));
    let probe = diesel::insert_into(table).values(first);
    let probe = probe.on_conflict(name).do_update().set(value.eq(value + 1));
    Ok(foundation::on!(conn, |c| probe.execute(c)).map(|_| ())?)
}
