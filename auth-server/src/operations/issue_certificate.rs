//! Signs a certificate and keeps its row, in one transaction with whatever gave the right to it.

use foundation::secrets::SecretHash;
use foundation::{Conn, Db};
use jiff::Timestamp;
use serde::Serialize;

use super::OperationError;
use super::create_enrolment::uri;
use super::list_clients::timestamp;
use crate::audit::{self, Actor, Entry, Event};
use crate::ca::{Authority, CertificateRequest, Policy, Subject, Validity};
use crate::store::authority;
use crate::store::certificates::{self, CertificateRow};
use crate::store::enrolments::{self, Enrolment};

/// A certificate just signed, for its station.
#[derive(Clone, Debug, Serialize)]
pub struct IssuedCertificate {
    /// PEM, the station's certificate first.
    pub certificate_chain: String,
    /// PEM
    pub root: String,
    /// From two thirds of its life on.
    pub renew_from: Timestamp,
    pub not_after: Timestamp,
}

/// What gave the right to a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// An enrolment code.
    Enrolled,
    /// The certificate before it.
    Renewed,
    /// The event-server, for a station that has asked it.
    Requested,
    /// Somebody at the host.
    Host,
}

impl How {
    fn name(self) -> &'static str {
        match self {
            Self::Enrolled => "enrolled",
            Self::Renewed => "renewed",
            Self::Requested => "requested",
            Self::Host => "host",
        }
    }

    fn event(self) -> Event {
        match self {
            Self::Enrolled | Self::Host => Event::CertificateIssued,
            Self::Renewed | Self::Requested => Event::CertificateRenewed,
        }
    }
}

/// For whoever shows a code: taken by one statement, so that of many at once one gets a certificate.
pub(crate) async fn by_code(
    db: &Db,
    policy: &Policy,
    code: SecretHash,
    request: CertificateRequest,
    now_us: i64,
) -> Result<IssuedCertificate, OperationError> {
    let policy = policy.clone();
    db.write(move |conn| {
        let to = enrolments::take(conn, code, now_us)?.ok_or(OperationError::NoSuchCode)?;
        let actor = Actor::Station(to.station_id.clone());
        let subject = subject(&policy, to)?;
        issue(
            conn,
            &request,
            &subject,
            (How::Enrolled, actor),
            (policy.life_us, now_us),
        )
    })
    .await
}

/// For somebody at the host, who says whom it is for.
pub(crate) async fn by_host(
    db: &Db,
    policy: &Policy,
    to: Enrolment,
    request: CertificateRequest,
    (actor, now_us): (Actor, i64),
) -> Result<IssuedCertificate, OperationError> {
    let (subject, life_us) = (subject(policy, to)?, policy.life_us);
    db.write(move |conn| issue(conn, &request, &subject, (How::Host, actor), (life_us, now_us)))
        .await
}

fn subject(policy: &Policy, to: Enrolment) -> Result<Subject, OperationError> {
    Ok(Subject {
        uri: uri(policy, &to)?,
        tenant_id: to.tenant_id,
    })
}

/// The last step of every way to a certificate.
pub(super) fn issue(
    conn: &mut Conn,
    request: &CertificateRequest,
    subject: &Subject,
    (how, actor): (How, Actor),
    (life_us, now_us): (i64, i64),
) -> Result<IssuedCertificate, OperationError> {
    let row = authority::find(conn)?.ok_or(OperationError::NoAuthority)?;
    let authority = Authority::from_row(&row)?;
    let validity = Validity::from_now(now_us, life_us);
    let signed = authority.sign(request, subject, validity)?;
    let (station_id, site_id) = (subject.uri.station_id(), subject.uri.site_id());
    let entry = Entry::success(how.event(), actor)
        .station(station_id)
        .certificate(&signed.serial);
    let row = CertificateRow {
        serial: signed.serial,
        uri: subject.uri.to_string(),
        station_id: station_id.to_owned(),
        site_id: site_id.to_owned(),
        tenant_id: subject.tenant_id.clone(),
        not_before_us: validity.not_before_us,
        not_after_us: validity.not_after_us,
        issued_at_us: now_us,
        how: how.name().to_owned(),
        revoked_at_us: None,
    };
    certificates::insert(conn, &row)?;
    audit::append(conn, &entry, now_us)?;
    Ok(IssuedCertificate {
        certificate_chain: signed.chain,
        root: authority.root,
        renew_from: timestamp(validity.renew_from_us()),
        not_after: timestamp(validity.not_after_us),
    })
}
