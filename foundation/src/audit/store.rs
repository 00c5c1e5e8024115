//! The tables `audit` and `audit_head`, alike in every program that has them.

use crate::{Conn, DbError, on};
use diesel::prelude::*;

diesel::table! {
    audit (sequence) {
        sequence -> BigInt,
        at_us -> BigInt,
        entry -> Text,
        hash -> Text,
    }
}

diesel::table! {
    audit_head (id) {
        id -> BigInt,
        sequence -> BigInt,
        hash -> Text,
    }
}

/// The one row of `audit_head`.
const ONLY: i64 = 1;

/// An entry: the text that was hashed.
#[derive(Clone, Debug, Queryable)]
pub struct AuditRow {
    pub sequence: i64,
    pub at_us: i64,
    pub entry: String,
    pub hash: String,
}

#[derive(Queryable)]
pub(super) struct Head {
    pub sequence: i64,
    pub hash: String,
}

/// The end of the chain, which nobody else can move before this transaction ends.
pub(super) fn lock_head(conn: &mut Conn) -> Result<Head, DbError> {
    // An update that changes nothing: it takes the row's lock on both databases.
    on!(conn, |c| diesel::update(audit_head::table.find(ONLY))
        .set(audit_head::id.eq(ONLY))
        .execute(c))?;
    head(conn)
}

pub(super) fn head(conn: &mut Conn) -> Result<Head, DbError> {
    Ok(on!(conn, |c| audit_head::table
        .find(ONLY)
        .select((audit_head::sequence, audit_head::hash))
        .first(c))?)
}

pub(super) fn update_head(conn: &mut Conn, sequence: i64, hash: &str) -> Result<(), DbError> {
    on!(conn, |c| diesel::update(audit_head::table.find(ONLY))
        .set((audit_head::sequence.eq(sequence), audit_head::hash.eq(hash)))
        .execute(c))?;
    Ok(())
}

pub(super) fn insert(conn: &mut Conn, row: &AuditRow) -> Result<(), DbError> {
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
pub(super) fn list_after(conn: &mut Conn, sequence: i64, limit: i64) -> Result<Vec<AuditRow>, DbError> {
    Ok(on!(conn, |c| audit::table
        .filter(audit::sequence.gt(sequence))
        .order(audit::sequence)
        .limit(limit)
        .load(c))?)
}

/// The last entries, the oldest first.
pub(super) fn list_last(conn: &mut Conn, limit: i64) -> Result<Vec<AuditRow>, DbError> {
    let mut rows: Vec<AuditRow> = on!(conn, |c| audit::table
        .order(audit::sequence.desc())
        .limit(limit)
        .load(c))?;
    rows.reverse();
    Ok(rows)
}

/// The entries with these numbers, the newest first.
///
/// # Errors
/// If the database cannot be used.
pub fn list(conn: &mut Conn, sequences: &[i64]) -> Result<Vec<AuditRow>, DbError> {
    Ok(on!(conn, |c| audit::table
        .filter(audit::sequence.eq_any(sequences))
        .order(audit::sequence.desc())
        .load(c))?)
}
