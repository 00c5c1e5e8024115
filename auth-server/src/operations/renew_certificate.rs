//! A station's next certificate: it says what the one before it said.

use foundation::{Conn, Db};

use super::OperationError;
use super::create_enrolment::uri;
use super::issue_certificate::{How, IssuedCertificate, issue};
use crate::audit::Actor;
use crate::ca::{CertificateRequest, Policy, ShownCertificate, Subject};
use crate::store::certificates;
use crate::store::enrolments::Enrolment;

/// For whoever shows the certificate before it, which must not be revoked.
pub(crate) async fn by_certificate(
    db: &Db,
    policy: &Policy,
    shown: ShownCertificate,
    request: CertificateRequest,
    now_us: i64,
) -> Result<IssuedCertificate, OperationError> {
    let life_us = policy.life_us;
    db.write(move |conn| {
        let row = certificates::find(conn, &shown.serial)?.filter(|row| row.is_good(&shown, now_us));
        let subject = Subject {
            uri: shown.uri,
            tenant_id: row.ok_or(OperationError::CertificateRefused)?.tenant_id,
        };
        let actor = Actor::Station(subject.uri.station_id().to_owned());
        issue(conn, &request, &subject, (How::Renewed, actor), (life_us, now_us))
    })
    .await
}

/// For a client of ours that speaks for its stations. A station whose last certificate was revoked must be enrolled again.
pub(crate) async fn by_client(
    db: &Db,
    policy: &Policy,
    to: Enrolment,
    request: CertificateRequest,
    (client_id, now_us): (String, i64),
) -> Result<IssuedCertificate, OperationError> {
    let policy = policy.clone();
    db.write(move |conn| {
        let subject = subject(conn, &policy, to)?;
        let by = (How::Requested, Actor::Client(client_id));
        issue(conn, &request, &subject, by, (policy.life_us, now_us))
    })
    .await
}

/// What the last certificate said, or `to` for the first one.
fn subject(conn: &mut Conn, policy: &Policy, to: Enrolment) -> Result<Subject, OperationError> {
    let asked = uri(policy, &to)?;
    match certificates::find_last(conn, &to.station_id, &to.site_id)? {
        None => Ok(Subject {
            uri: asked,
            tenant_id: to.tenant_id,
        }),
        Some(last) if last.revoked_at_us.is_some() => Err(OperationError::CertificateRefused),
        Some(last) => Ok(Subject {
            uri: last.uri.parse().unwrap_or(asked),
            tenant_id: last.tenant_id,
        }),
    }
}
