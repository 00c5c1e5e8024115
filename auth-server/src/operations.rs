//! What can be done to clients, keys and tokens: one file per operation, each in one transaction.

pub(crate) mod accept_invitation;
pub(crate) mod add_person;
pub(crate) mod change_password;
pub(crate) mod create_authority;
pub(crate) mod create_client;
pub(crate) mod create_enrolment;
pub(crate) mod disable_client;
pub(crate) mod inspect_token;
pub(crate) mod invite;
pub(crate) mod issue_certificate;
pub(crate) mod keep_request;
pub(crate) mod list_certificates;
pub(crate) mod list_clients;
pub(crate) mod list_keys;
pub(crate) mod open_invitations;
pub(crate) mod operator_link;
pub(crate) mod own_account;
pub(crate) mod renew_certificate;
pub(crate) mod revoke_certificate;
pub(crate) mod revoke_key;
pub(crate) mod rotate_key;
pub(crate) mod rotate_secret;
pub(crate) mod sign_in;
pub(crate) mod sign_in_link;
pub(crate) mod tend_keys;
pub(crate) mod use_passkey;

use foundation::DbError;
use jiff::Timestamp;

use crate::ca::CaError;
use crate::keys::KeyError;

/// Why an operation did nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OperationError {
    #[error("{what}: {problem}")]
    NotAllowed {
        what: &'static str,
        problem: &'static str,
    },
    #[error("there is no client {0}")]
    NoSuchClient(String),
    #[error("nobody has the address {0}")]
    NoSuchPerson(String),
    #[error("there is no signing key {0}")]
    NoSuchKey(String),
    #[error("there is no certificate {0}")]
    NoSuchCertificate(String),
    #[error("there is no authority yet: auth-server ca init")]
    NoAuthority,
    #[error(
        "there is an authority already; --replace ends it, and every controller must then be enrolled again"
    )]
    AuthorityExists,
    /// The same for an unknown, a used and an expired one.
    #[error("the enrolment code is unknown, used or expired")]
    NoSuchCode,
    /// The same for a revoked one and one that was never issued.
    #[error("the certificate was revoked, or is not known here")]
    CertificateRefused,
    #[error(transparent)]
    Ca(#[from] CaError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What the database holds was a `Timestamp` before, so it is in range.
fn timestamp(us: i64) -> Timestamp {
    Timestamp::from_microsecond(us).unwrap_or(Timestamp::MAX)
}
