//! The audit log, for whoever keeps the host: its last entries, and whether it is whole.

use foundation::Db;

use super::OperationError;
use crate::audit::{self, ChainReport, Record};
use crate::store;

/// The last `count` entries, the oldest first.
pub(crate) async fn tail(db: &Db, count: u32) -> Result<Vec<Record>, OperationError> {
    let rows = db.read(move |conn| Ok::<_, OperationError>(store::audit::list_last(conn, i64::from(count))?));
    Ok(rows.await?.into_iter().map(Record::from).collect())
}

/// `noted` is the hash of an entry that must be there.
pub(crate) async fn verify(db: &Db, noted: Option<String>) -> Result<ChainReport, OperationError> {
    db.read(move |conn| Ok(audit::verify(conn, noted.as_deref())?))
        .await
}
