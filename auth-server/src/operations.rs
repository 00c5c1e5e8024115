//! What can be done to clients: one file per operation, each in one transaction.

pub(crate) mod create_client;
pub(crate) mod disable_client;
pub(crate) mod list_clients;
pub(crate) mod rotate_secret;

use foundation::DbError;

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
    #[error(transparent)]
    Db(#[from] DbError),
}
