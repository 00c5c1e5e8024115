//! The tables `audit` and `audit_head`.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::{audit, audit_head};

/// The one row of `audit_head`.
const ONLY: i64 = 1;

#[derive(Clone, Debug, Queryable)]
pub(crate) struct AuditRow {
    pub(crate) sequence: i64,
    pub(crate) at_us: i64,
    pub(crate) entry: String,
    pub(crate) hash: String,
}

#[derive(Queryable)]
pub(crate) struct Head {
    pub(crate) sequence: i64,
    pub(crate) hash: String,
}

/// The end of the chain, which nobody else can move before this transaction ends.
pub(crate) fn lock_head(conn: &mut Conn) -> Result<Head, DbError> {
    // An update that changes nothing: it takes the row's lock on both databases.
    on!(conn, |c| diesel::update(audit_head::table.find(ONLY))
        .set(audit_head::id.eq(ONLY))
        .execute(c))?;
    head(conn)
}

pub(crate) fn head(conn: &mut Conn) -> Result<Head, DbError> {
    Ok(on!(conn, |c| audit_head::table
        .find(ONLY)
        .select((audit_head::sequence, audit_head::hash))
        .first(c))?)
}

pub(crate) fn update_head(conn: &mut Conn, sequence: i64, hash: &str) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(audit_head::table.find(ONLY))
        .set((audit_head::sequence.eq(sequence), audit_head::hash.eq(hash)))
        .execute(c))?;
    Ok(())
}

pub(crate) fn insert(conn: &mut Conn, row: &AuditRow) -> Result<(), DbError> {
    let values = (
        audit::sequence.eq(row.sequence),
        audit::at_us.eq(row.at_us),
        audit::entry.eq(&row.entry),
        audit::hash.eq(&row.hash),
    );
    on!(conn, |c| diesel::insert_into(audit::table)
        .values(values)
        .execute(c))?;
    Ok(())
}

/// The next entries after a sequence number, the oldest first.
pub(crate) fn list_after(conn: &mut Conn, sequence: i64, limit: i64) -> Result<Vec<AuditRow>, DbError> {
    Ok(on!(conn, |c| audit::table
        .filter(audit::sequence.gt(sequence))
        .order(audit::sequence)
        .limit(limit)
        .load(c))?)
}

/// The last entries, the oldest first.
pub(crate) fn list_last(conn: &mut Conn, limit: i64) -> Result<Vec<AuditRow>, DbError> {
    let mut rows: Vec<AuditRow> = on!(conn, |c| audit::table
        .order(audit::sequence.desc())
        .limit(limit)
        .load(c))?;
    rows.reverse();
    Ok(rows)
}
