//! Makes a code by which one station gets its first certificate, once.

use api_spec::station_uri::StationUri;
use foundation::Db;
use foundation::secrets::SecretHash;
use jiff::Timestamp;
use serde::Serialize;

use super::OperationError;
use super::list_clients::timestamp;
use crate::audit::{self, Actor, Entry, Event};
use crate::ca::{self, Policy, SECOND_US};
use crate::store::authority;
use crate::store::enrolments::{self, Enrolment};

/// The only place where the code can be read. No `Debug`.
#[derive(Clone, Serialize)]
pub struct CreatedEnrolment {
    pub code: String,
    /// The URL of this server.
    pub server: String,
    /// What the certificate will say.
    pub uri: String,
    pub station_id: String,
    pub site_id: String,
    pub tenant_id: String,
    pub expires_at: Timestamp,
    /// SHA-256 of the authority's root in lower-case hexadecimal.
    pub fingerprint: String,
}

impl CreatedEnrolment {
    /// All that a controller must be told, in one line. What comes after `#` is never sent, so that no log holds it.
    pub fn link(&self) -> String {
        let (server, code, root) = (&self.server, &self.code, &self.fingerprint);
        format!("{server}/ca/enrolments#code={code}&root={root}")
    }
}

/// Codes made before for the same station end.
pub(crate) async fn run(
    db: &Db,
    policy: &Policy,
    to: Enrolment,
    valid_s: u32,
    (actor, now_us): (Actor, i64),
) -> Result<CreatedEnrolment, OperationError> {
    let uri = uri(policy, &to)?;
    let code = format!("dnr_en_{}", foundation::ids::random_text());
    let hash = SecretHash::of(&code);
    let server = policy.issuer.clone();
    let expires_at_us = now_us.saturating_add(i64::from(valid_s) * SECOND_US);
    db.write(move |conn| {
        let root = authority::root(conn)?.ok_or(OperationError::NoAuthority)?;
        enrolments::delete_open(conn, &to.station_id)?;
        enrolments::insert(conn, hash, &to, now_us, expires_at_us)?;
        let entry = Entry::success(Event::EnrolmentCreated, actor).station(&to.station_id);
        audit::append(conn, &entry, now_us)?;
        Ok(CreatedEnrolment {
            code,
            server,
            uri: uri.to_string(),
            station_id: to.station_id,
            site_id: to.site_id,
            tenant_id: to.tenant_id,
            expires_at: timestamp(expires_at_us),
            fingerprint: ca::fingerprint(&root)?,
        })
    })
    .await
}

const MAX_TENANT_BYTES: usize = 64;
/// Of an OCPP identity.
const MAX_STATION_BYTES: usize = 48;
const MAX_SITE_BYTES: usize = 64;

/// The identity of a station, all parts of which can stand in a certificate.
pub(super) fn uri(policy: &Policy, of: &Enrolment) -> Result<StationUri, OperationError> {
    let not = |what, problem| Err(OperationError::NotAllowed { what, problem });
    let tenant = of.tenant_id.strip_prefix("ten_").unwrap_or_default();
    let is_tenant = !tenant.is_empty() && tenant.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !is_tenant || of.tenant_id.len() > MAX_TENANT_BYTES {
        return not("tenant", "expected the id of a tenant, ten_…");
    }
    if of.station_id.len() > MAX_STATION_BYTES {
        return not("station", "expected 48 characters at most");
    }
    if of.site_id.len() > MAX_SITE_BYTES {
        return not("site", "expected 64 characters at most");
    }
    StationUri::new(&policy.domain, &of.site_id, &of.station_id).or_else(|_| {
        not(
            "station, site and the issuer's host",
            "expected letters, digits, - _ . in each",
        )
    })
}
