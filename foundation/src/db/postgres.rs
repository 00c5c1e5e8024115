//! What PostgreSQL needs beside queries: one writing transaction at a time, bounded waits, and the fate of a lost commit.

use diesel::connection::{Connection, SimpleConnection};
use diesel::pg::PgConnection;
use diesel::query_dsl::RunQueryDsl;
use diesel::result::{ConnectionResult, QueryResult};
use diesel::sql_types::{Nullable, Text};

/// The connection gives up a peer that is silent; libpq waits for hours by itself.
const WAITS: [&str; 5] = [
    "connect_timeout=5",
    "keepalives_idle=10",
    "keepalives_interval=5",
    "keepalives_count=3",
    "tcp_user_timeout=15000",
];

/// A node that stands still inside a transaction must not hold up the others for longer.
const LIMITS: &str = "SET idle_in_transaction_session_timeout = '10s'; SET lock_timeout = '10s'; \
    SET statement_timeout = '30s'; \
    SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED";

/// Waits for whoever writes, in this process or another, and names this transaction.
const TAKE_TURN: &str = "SELECT pg_current_xact_id()::text AS text \
    FROM pg_advisory_xact_lock(hashtext('denro writes'), hashtext(current_schema()))";

const MIGRATE_ALONE: &str = "SELECT pg_advisory_lock(hashtext('denro migrates'), hashtext(current_schema()))";
const MIGRATED: &str = "SELECT pg_advisory_unlock(hashtext('denro migrates'), hashtext(current_schema()))";

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = Nullable<Text>)]
    text: Option<String>,
}

/// Opens a connection that waits for nothing without end, except where the URL says otherwise.
pub(super) fn establish(url: &str) -> ConnectionResult<PgConnection> {
    PgConnection::establish(&with_waits(url))
}

fn with_waits(url: &str) -> String {
    let mut text = url.to_owned();
    for wait in WAITS {
        let name = wait.split('=').next().unwrap_or(wait);
        if !url.contains(name) {
            text.push(if text.contains('?') { '&' } else { '?' });
            text.push_str(wait);
        }
    }
    text
}

/// For connections of the threads; migrations may take their time.
pub(super) fn limit(conn: &mut PgConnection) -> QueryResult<()> {
    conn.batch_execute(LIMITS)
}

/// Takes this transaction's turn to write; answers with its name.
pub(super) fn take_turn(conn: &mut PgConnection) -> QueryResult<String> {
    let row: Row = diesel::sql_query(TAKE_TURN).get_result(conn)?;
    Ok(row.text.unwrap_or_default())
}

/// Keeps other processes from migrating the same schema meanwhile.
pub(super) fn migrate_alone<T>(
    conn: &mut PgConnection,
    migrate: impl FnOnce(&mut PgConnection) -> T,
) -> QueryResult<T> {
    conn.batch_execute(MIGRATE_ALONE)?;
    let migrated = migrate(conn);
    conn.batch_execute(MIGRATED)?;
    Ok(migrated)
}

/// Whether a transaction whose commit was not answered was committed; `None` while it is open.
pub(super) fn was_committed(conn: &mut PgConnection, transaction: &str) -> QueryResult<Option<bool>> {
    let query = "SELECT pg_xact_status($1::xid8) AS text";
    let row: Row = diesel::sql_query(query)
        .bind::<Text, _>(transaction)
        .get_result(conn)?;
    Ok(match row.text.as_deref() {
        Some("committed") => Some(true),
        Some("in progress") => None,
        _ => Some(false),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_gets_the_waits_that_it_does_not_name_itself() {
        let plain = with_waits("postgres://me@host/db");
        assert!(
            plain.starts_with("postgres://me@host/db?connect_timeout=5&keepalives_idle=10&"),
            "{plain}"
        );
        let named = with_waits("postgres://me@host/db?connect_timeout=1&sslmode=require");
        assert!(named.ends_with("&tcp_user_timeout=15000"), "{named}");
        assert_eq!(named.matches("connect_timeout").count(), 1);
    }
}
