//! The audit log: what happened, who did it, whether it was allowed. Each entry is chained to the one before it.
//! Only the fields named here can be written: none of them can hold a secret, a code or a token.

use std::net::IpAddr;

use foundation::{Conn, DbError};
use serde::Serialize;

/// The version of the shape of an entry; raised when a field changes its meaning.
pub(crate) const SCHEMA: u32 = 1;

/// What happened. The names are stable: programs select by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub(crate) enum Event {
    #[serde(rename = "client.created")]
    ClientCreated,
    #[serde(rename = "client.secret_rotated")]
    ClientSecretRotated,
    #[serde(rename = "client.disabled")]
    ClientDisabled,
    #[serde(rename = "client.authentication")]
    ClientAuthentication,
    #[serde(rename = "client.assertion_replayed")]
    AssertionReplayed,
    #[serde(rename = "token.issued")]
    TokenIssued,
    #[serde(rename = "token.revoked")]
    TokenRevoked,
    #[serde(rename = "client.authorized")]
    ClientAuthorized,
    #[serde(rename = "code.reused")]
    CodeReused,
    #[serde(rename = "refresh_token.reused")]
    RefreshReused,
    #[serde(rename = "access.ended")]
    AccessEnded,
    #[serde(rename = "invitation.created")]
    InvitationCreated,
    #[serde(rename = "invitation.withdrawn")]
    InvitationWithdrawn,
    #[serde(rename = "invitation.accepted")]
    InvitationAccepted,
    #[serde(rename = "invitation.refused")]
    InvitationRefused,
    #[serde(rename = "person.added")]
    PersonAdded,
    #[serde(rename = "person.signed_in")]
    SignedIn,
    #[serde(rename = "person.sign_in_link_created")]
    SignInLinkCreated,
    #[serde(rename = "person.session_ended")]
    SessionEnded,
    #[serde(rename = "person.password_changed")]
    PasswordChanged,
    #[serde(rename = "person.passkey_added")]
    PasskeyAdded,
    #[serde(rename = "person.passkey_removed")]
    PasskeyRemoved,
    #[serde(rename = "person.exported")]
    PersonExported,
    #[serde(rename = "person.deleted")]
    PersonDeleted,
    #[serde(rename = "key.published")]
    KeyPublished,
    #[serde(rename = "key.brought_forward")]
    KeyBroughtForward,
    #[serde(rename = "key.revoked")]
    KeyRevoked,
    #[serde(rename = "key.private_half_erased")]
    KeyErased,
    #[serde(rename = "authority.created")]
    AuthorityCreated,
    #[serde(rename = "certificate.enrolment_created")]
    EnrolmentCreated,
    #[serde(rename = "certificate.issued")]
    CertificateIssued,
    #[serde(rename = "certificate.renewed")]
    CertificateRenewed,
    #[serde(rename = "certificate.revoked")]
    CertificateRevoked,
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Actor {
    /// Somebody with a shell on the host, by the name that the host knows them by.
    Host(String),
    /// The server by itself.
    Server,
    Client(String),
    Person(String),
    /// A controller, by what it showed: a code or a certificate.
    Station(String),
    /// Somebody who did not prove to be anybody.
    Stranger,
}

impl Actor {
    /// Whoever runs this program.
    pub(crate) fn of_process() -> Self {
        use std::os::unix::fs::MetadataExt;
        let name = ["SUDO_USER", "USER"]
            .iter()
            .find_map(|name| std::env::var(name).ok());
        let uid = || Some(format!("uid {}", std::fs::metadata("/proc/self").ok()?.uid()));
        let name = name.or_else(uid);
        Self::Host(
            name.filter(|name| name.len() <= 64)
                .unwrap_or_else(|| "unknown".into()),
        )
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Success,
    Failure,
}

/// One thing that happened, or `count` alike since the last entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(crate) struct Entry {
    pub(crate) event: Event,
    pub(crate) actor: Actor,
    pub(crate) outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kid: Option<String>,
    /// Of an access token, never the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) jti: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) station_id: Option<String>,
    /// The serial number of a certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) serial: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) count: Option<u64>,
}

impl Entry {
    pub(crate) fn success(event: Event, actor: Actor) -> Self {
        Self {
            event,
            actor,
            outcome: Outcome::Success,
            reason: None,
            client_id: None,
            kid: None,
            jti: None,
            station_id: None,
            serial: None,
            source: None,
            count: None,
        }
    }

    pub(crate) fn failure(event: Event, actor: Actor, reason: &'static str) -> Self {
        Self {
            outcome: Outcome::Failure,
            reason: Some(reason),
            ..Self::success(event, actor)
        }
    }

    pub(crate) fn client(self, client_id: &str) -> Self {
        Self {
            client_id: Some(client_id.to_owned()),
            ..self
        }
    }

    /// Where it came from.
    pub(crate) fn at(self, source: Option<IpAddr>) -> Self {
        Self { source, ..self }
    }

    pub(crate) fn key(self, kid: &str) -> Self {
        Self {
            kid: Some(kid.to_owned()),
            ..self
        }
    }

    pub(crate) fn token(self, jti: &str) -> Self {
        Self {
            jti: Some(jti.to_owned()),
            ..self
        }
    }

    pub(crate) fn station(self, station_id: &str) -> Self {
        Self {
            station_id: Some(station_id.to_owned()),
            ..self
        }
    }

    pub(crate) fn certificate(self, serial: &str) -> Self {
        Self {
            serial: Some(serial.to_owned()),
            ..self
        }
    }
}

/// Writes an entry in the transaction of what it tells.
pub(crate) fn append(conn: &mut Conn, entry: &Entry, now_us: i64) -> Result<(), DbError> {
    foundation::audit::append(conn, SCHEMA, entry, now_us).map(|_| ())
}
