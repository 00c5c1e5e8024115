//! Reads the audit log of a tenant, the newest entry first.

use api_spec::rest::{AuditEntry, Time};
use diesel::result::Error::DeserializationError;
use foundation::audit::store::{self, AuditRow};
use foundation::{Conn, DbError};

use crate::audit::Kept;
use crate::store::audit_subjects::{self, Which};

/// Entries before one, each with its number.
pub(crate) fn list_audit(
    conn: &mut Conn,
    which: &Which,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<(i64, AuditEntry)>, DbError> {
    let numbers = audit_subjects::list(conn, which, before, limit)?;
    let rows = store::list(conn, &numbers)?;
    rows.into_iter()
        .map(|row| Ok((row.sequence, resource(row)?)))
        .collect()
}

fn resource(row: AuditRow) -> Result<AuditEntry, DbError> {
    let kept: Kept = serde_json::from_str(&row.entry).map_err(|error| DeserializationError(error.into()))?;
    Ok(AuditEntry {
        id: kept.id,
        at: Time(row.at_us),
        actor: kept.actor,
        scope: kept.scope,
        action: kept.action,
        resource: kept.resource,
        command_id: kept.command_id,
        changes: kept.changes,
        request_id: kept.request_id,
        trace_id: kept.trace_id,
        hash: row.hash,
    })
}
