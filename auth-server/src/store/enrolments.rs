//! The table `enrolments`: codes for a first certificate, by their hashes.

use diesel::prelude::*;
use foundation::secrets::SecretHash;
use foundation::{Conn, DbError, on};

use super::schema::enrolments;

/// Whom a certificate, and a code for one, is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// The station's identity in OCPP.
    pub station_id: String,
    /// Where its panel is, `sit_…`.
    pub site_id: String,
    /// Whose panel it is, `ten_…`.
    pub tenant_id: String,
}

pub(crate) fn insert(
    conn: &mut Conn,
    code: SecretHash,
    enrolment: &Enrolment,
    created_at_us: i64,
    expires_at_us: i64,
) -> Result<(), DbError> {
    let row = (
        enrolments::hash.eq(code.to_text()),
        enrolments::station_id.eq(&enrolment.station_id),
        enrolments::site_id.eq(&enrolment.site_id),
        enrolments::tenant_id.eq(&enrolment.tenant_id),
        enrolments::created_at_us.eq(created_at_us),
        enrolments::expires_at_us.eq(expires_at_us),
    );
    on!(conn, |c| diesel::insert_into(enrolments::table)
        .values(row)
        .execute(c))?;
    Ok(())
}

/// Takes a code that is good at this moment, in one statement: of many at once one gets it.
pub(crate) fn take(conn: &mut Conn, code: SecretHash, now_us: i64) -> Result<Option<Enrolment>, DbError> {
    let open = enrolments::table
        .filter(enrolments::hash.eq(code.to_text()))
        .filter(enrolments::used_at_us.is_null())
        .filter(enrolments::expires_at_us.gt(now_us));
    let taken: Option<(String, String, String)> = on!(conn, |c| diesel::update(open)
        .set(enrolments::used_at_us.eq(now_us))
        .returning((enrolments::station_id, enrolments::site_id, enrolments::tenant_id))
        .get_result(c)
        .optional())?;
    Ok(taken.map(|(station_id, site_id, tenant_id)| Enrolment {
        station_id,
        site_id,
        tenant_id,
    }))
}

/// Ends a station's codes that were not used: only the newest is good.
pub(crate) fn delete_open(conn: &mut Conn, station_id: &str) -> Result<(), DbError> {
    let open = enrolments::table
        .filter(enrolments::station_id.eq(station_id))
        .filter(enrolments::used_at_us.is_null());
    on!(conn, |c| diesel::delete(open).execute(c))?;
    Ok(())
}

/// Ends all codes: they were handed out with another root's fingerprint.
pub(crate) fn delete_all(conn: &mut Conn) -> Result<(), DbError> {
    on!(conn, |c| diesel::delete(enrolments::table).execute(c))?;
    Ok(())
}

/// Forgets codes that are good no more.
pub(crate) fn delete_expired(conn: &mut Conn, now_us: i64) -> Result<(), DbError> {
    let expired = enrolments::table.filter(enrolments::expires_at_us.lt(now_us));
    on!(conn, |c| diesel::delete(expired).execute(c))?;
    Ok(())
}
