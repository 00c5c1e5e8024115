//! Takes certificates back: one, or all of a station, with the codes it has not used.

use foundation::{Conn, Db};

use super::OperationError;
use crate::audit::{self, Actor, Entry, Event};
use crate::store::{certificates, enrolments};

/// By its serial number, in hexadecimal. Revoking one again changes nothing.
pub(crate) async fn run(db: &Db, serial: &str, actor: Actor, now_us: i64) -> Result<(), OperationError> {
    let serial = serial.to_ascii_lowercase();
    db.write(move |conn| {
        let row = certificates::find(conn, &serial)?;
        let row = row.ok_or_else(|| OperationError::NoSuchCertificate(serial.clone()))?;
        if certificates::revoke(conn, &serial, now_us)? {
            note(conn, actor, (&row.station_id, &serial), now_us)?;
        }
        Ok(())
    })
    .await
}

/// Answers the serial numbers of those that were good until now.
pub(crate) async fn run_for_station(
    db: &Db,
    station_id: &str,
    actor: Actor,
    now_us: i64,
) -> Result<Vec<String>, OperationError> {
    let station_id = station_id.to_owned();
    db.write(move |conn| {
        enrolments::delete_open(conn, &station_id)?;
        let serials = certificates::revoke_of_station(conn, &station_id, now_us)?;
        for serial in &serials {
            note(conn, actor.clone(), (&station_id, serial), now_us)?;
        }
        Ok(serials)
    })
    .await
}

fn note(
    conn: &mut Conn,
    actor: Actor,
    (station_id, serial): (&str, &str),
    now_us: i64,
) -> Result<(), OperationError> {
    let entry = Entry::success(Event::CertificateRevoked, actor);
    let entry = entry.station(station_id).certificate(serial);
    Ok(audit::append(conn, &entry, now_us)?)
}
