//! The table `certificates`: every certificate that the authority has signed.

use diesel::prelude::*;
use foundation::{Conn, DbError, on};

use super::schema::certificates;
use crate::ca::ShownCertificate;

/// A certificate, without its key.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub(crate) struct CertificateRow {
    /// Lower-case hexadecimal.
    pub(crate) serial: String,
    /// The only name in it.
    pub(crate) uri: String,
    pub(crate) station_id: String,
    pub(crate) site_id: String,
    pub(crate) tenant_id: String,
    pub(crate) not_before_us: i64,
    pub(crate) not_after_us: i64,
    pub(crate) issued_at_us: i64,
    pub(crate) how: String,
    pub(crate) revoked_at_us: Option<i64>,
}

impl CertificateRow {
    /// Whether it is the certificate that was shown, and good at this moment.
    pub(crate) fn is_good(&self, shown: &ShownCertificate, now_us: i64) -> bool {
        self.uri == shown.uri.to_string() && self.revoked_at_us.is_none() && now_us < self.not_after_us
    }
}

pub(crate) fn insert(conn: &mut Conn, row: &CertificateRow) -> Result<(), DbError> {
    let row = (
        certificates::serial.eq(&row.serial),
        certificates::uri.eq(&row.uri),
        certificates::station_id.eq(&row.station_id),
        certificates::site_id.eq(&row.site_id),
        certificates::tenant_id.eq(&row.tenant_id),
        certificates::not_before_us.eq(row.not_before_us),
        certificates::not_after_us.eq(row.not_after_us),
        certificates::issued_at_us.eq(row.issued_at_us),
        certificates::how.eq(&row.how),
        certificates::revoked_at_us.eq(row.revoked_at_us),
    );
    on!(conn, |c| diesel::insert_into(certificates::table)
        .values(row)
        .execute(c))?;
    Ok(())
}

pub(crate) fn find(conn: &mut Conn, serial: &str) -> Result<Option<CertificateRow>, DbError> {
    Ok(on!(conn, |c| certificates::table
        .find(serial)
        .first(c)
        .optional())?)
}

/// The one that was issued last to a station at a site.
pub(crate) fn find_last(
    conn: &mut Conn,
    station_id: &str,
    site_id: &str,
) -> Result<Option<CertificateRow>, DbError> {
    Ok(on!(conn, |c| certificates::table
        .filter(certificates::station_id.eq(station_id))
        .filter(certificates::site_id.eq(site_id))
        .order((certificates::issued_at_us.desc(), certificates::serial))
        .first(c)
        .optional())?)
}

/// All, the newest first.
pub(crate) fn list(conn: &mut Conn) -> Result<Vec<CertificateRow>, DbError> {
    Ok(on!(conn, |c| certificates::table
        .order((certificates::issued_at_us.desc(), certificates::serial))
        .load(c))?)
}

/// The serial numbers of those that were revoked and have not expired.
pub(crate) fn list_revoked(conn: &mut Conn, now_us: i64) -> Result<Vec<String>, DbError> {
    Ok(on!(conn, |c| certificates::table
        .filter(certificates::revoked_at_us.is_not_null())
        .filter(certificates::not_after_us.gt(now_us))
        .order(certificates::serial)
        .select(certificates::serial)
        .load(c))?)
}

/// Revokes those of a station that have not expired; answers the serial numbers of those that were not revoked before.
pub(crate) fn revoke_of_station(
    conn: &mut Conn,
    station_id: &str,
    now_us: i64,
) -> Result<Vec<String>, DbError> {
    let good = certificates::table
        .filter(certificates::station_id.eq(station_id))
        .filter(certificates::not_after_us.gt(now_us))
        .filter(certificates::revoked_at_us.is_null());
    Ok(on!(conn, |c| diesel::update(good)
        .set(certificates::revoked_at_us.eq(now_us))
        .returning(certificates::serial)
        .load(c))?)
}

/// Revokes one; false if it is unknown or was revoked before.
pub(crate) fn revoke(conn: &mut Conn, serial: &str, now_us: i64) -> Result<bool, DbError> {
    let good = certificates::table
        .filter(certificates::serial.eq(serial))
        .filter(certificates::revoked_at_us.is_null());
    let revoked = on!(conn, |c| diesel::update(good)
        .set(certificates::revoked_at_us.eq(now_us))
        .execute(c))?;
    Ok(revoked == 1)
}
