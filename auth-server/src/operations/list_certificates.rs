//! All certificates that were issued, as people and programs may see them.

use foundation::Db;
use jiff::Timestamp;
use serde::Serialize;

use super::OperationError;
use super::timestamp;
use crate::store::authority;
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
    /// The authority that signed it was replaced, and nobody trusts it any more.
    pub is_issuer_replaced: bool,
}

/// The newest first.
pub(crate) async fn run(db: &Db) -> Result<Vec<ListedCertificate>, OperationError> {
    let read = db.read(|conn| {
        let authority_us = authority::created_at_us(conn)?;
        Ok::<_, OperationError>((certificates::list(conn)?, authority_us))
    });
    let (rows, authority_us) = read.await?;
    Ok(rows.into_iter().map(|row| listed(row, authority_us)).collect())
}

/// The serial numbers of those that were revoked and have not expired.
pub(crate) async fn revoked(db: &Db, now_us: i64) -> Result<Vec<String>, OperationError> {
    db.read(move |conn| Ok(certificates::list_revoked(conn, now_us)?))
        .await
}

/// `authority_us`: when the present authority was made.
fn listed(row: CertificateRow, authority_us: Option<i64>) -> ListedCertificate {
    ListedCertificate {
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
        is_issuer_replaced: authority_us.is_none_or(|made_us| row.issued_at_us < made_us),
    }
}
