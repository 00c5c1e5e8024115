//! All certificates that were issued, as people and programs may see them.

use foundation::Db;
use jiff::Timestamp;
use serde::Serialize;

use super::OperationError;
use super::list_clients::timestamp;
use crate::store::certificates::{self, CertificateRow};

#[derive(Clone, Debug, Serialize)]
pub struct ListedCertificate {
    /// Lower-case hexadecimal.
    pub serial: String,
    pub uri: String,
    pub station_id: String,
    pub site_id: String,
    pub tenant_id: String,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    pub issued_at: Timestamp,
    /// `enrolled`, `renewed`, `requested` by the event-server, or at the `host`.
    pub how: String,
    pub revoked_at: Option<Timestamp>,
}

/// The newest first.
pub(crate) async fn run(db: &Db) -> Result<Vec<ListedCertificate>, OperationError> {
    let rows = db
        .read(|conn| Ok::<_, OperationError>(certificates::list(conn)?))
        .await?;
    Ok(rows.into_iter().map(ListedCertificate::from).collect())
}

/// The serial numbers of those that were revoked and have not expired.
pub(crate) async fn revoked(db: &Db, now_us: i64) -> Result<Vec<String>, OperationError> {
    db.read(move |conn| Ok(certificates::list_revoked(conn, now_us)?))
        .await
}

impl From<CertificateRow> for ListedCertificate {
    fn from(row: CertificateRow) -> Self {
        Self {
            serial: row.serial,
            uri: row.uri,
            station_id: row.station_id,
            site_id: row.site_id,
            tenant_id: row.tenant_id,
            not_before: timestamp(row.not_before_us),
            not_after: timestamp(row.not_after_us),
            issued_at: timestamp(row.issued_at_us),
            how: row.how,
            revoked_at: row.revoked_at_us.map(timestamp),
        }
    }
}
