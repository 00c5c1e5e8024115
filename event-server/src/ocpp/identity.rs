//! Who a station's certificate says it is (OCPP security profile 3).

use api_spec::station_uri::StationUri;
use foundation::certificate::Certificate;
use foundation::client_certificate::ClientCertificate;
use jiff::Timestamp;

use super::revoked::Revoked;

/// Whose identities are honoured, and which certificates no more. A cheap handle; clones share everything.
#[derive(Clone, Debug)]
pub(crate) struct Identities {
    domain: String,
    revoked: Revoked,
}

/// What a verified certificate says.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) uri: StationUri,
    /// The certificate's number.
    pub(super) serial: String,
    pub(super) ends_at: Timestamp,
}

impl Identities {
    pub(crate) fn new(domain: String, revoked: Revoked) -> Self {
        Self { domain, revoked }
    }

    /// Whom TLS has let in; the error is for the log.
    pub(super) fn of(
        &self,
        certificate: &ClientCertificate,
        now: Timestamp,
    ) -> Result<Identity, &'static str> {
        let read = Certificate::read(certificate.der()).map_err(|_| "its certificate cannot be read")?;
        // A connection that TLS resumes is not verified anew.
        if read.not_after < now {
            return Err("its certificate has expired");
        }
        let uri = read.uri.as_deref().map(str::parse::<StationUri>);
        let Some(Ok(uri)) = uri else {
            return Err("its certificate names no station");
        };
        if uri.domain() != self.domain {
            return Err("its certificate is of another domain");
        }
        if self.revoked.contains(&read.serial) {
            return Err("its certificate is revoked");
        }
        Ok(Identity {
            uri,
            serial: read.serial,
            ends_at: read.not_after,
        })
    }
}
