//! What is kept: clients, people, hashes of whatever proves them, signing keys, the audit log.

pub(crate) mod attempts;
pub(crate) mod authority;
pub(crate) mod authorization_requests;
pub(crate) mod certificates;
mod client_cache;
mod client_keys;
pub(crate) mod clients;
pub(crate) mod consents;
pub(crate) mod enrolments;
pub(crate) mod invitations;
pub(crate) mod known_browsers;
pub(crate) mod login_sessions;
pub(crate) mod mails;
pub(crate) mod passkeys;
pub(crate) mod people;
pub(crate) mod revoked_tokens;
mod schema;
pub(crate) mod sign_in_links;
pub(crate) mod signing_keys;
pub(crate) mod token_families;
pub(crate) mod used_assertions;
pub(crate) mod used_proofs;

pub(crate) use client_cache::ClientCache;

use foundation::db::{DatabaseUrl, Migrations};
use foundation::{Conn, Db, DbError};

const SQLITE: diesel_migrations::EmbeddedMigrations =
    diesel_migrations::embed_migrations!("../migrations/auth-server/sqlite");
#[cfg(feature = "postgres")]
const POSTGRES: diesel_migrations::EmbeddedMigrations =
    diesel_migrations::embed_migrations!("../migrations/auth-server/postgres");

/// Opens the database and brings its schema up to date.
pub(crate) fn open(url: &DatabaseUrl) -> Result<Db, DbError> {
    let migrations = Migrations {
        sqlite: SQLITE,
        #[cfg(feature = "postgres")]
        postgres: POSTGRES,
    };
    Db::open(url, migrations)
}

/// Whether there surely is no authority; looks, and makes nothing.
pub(crate) fn lacks_authority(url: &DatabaseUrl) -> bool {
    if url.is_missing() {
        return true;
    }
    let found = Conn::open(url).and_then(|mut conn| authority::root(&mut conn));
    matches!(found, Ok(None))
}

/// A value in a row that this program would never have written.
fn unreadable(column: &'static str) -> DbError {
    diesel::result::Error::DeserializationError(format!("column {column} holds an unknown value").into())
        .into()
}

/// Whether the database answers.
pub(crate) async fn ping(db: &Db) -> Result<(), DbError> {
    use diesel::prelude::*;
    let one = diesel::select(diesel::dsl::sql::<diesel::sql_types::Integer>("1"));
    db.read(move |conn| Ok(foundation::on!(conn, |c| one.execute(c)).map(|_| ())?))
        .await
}
