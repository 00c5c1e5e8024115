//! Somebody starts for themselves: within what spares breakers and neighbours.

use api_spec::rest::{NewSession, SessionAccepted};
use foundation::DbError;

use super::presence::{Door, check};
use super::start_session::start_session;
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::sessions;

/// At how many outlets one person charges at once.
const MAX_OPEN: i64 = 2;
const MAX_STARTS: i64 = 5;
const WINDOW_US: i64 = 600 * 1_000_000;

/// What is known of whoever starts.
#[derive(Clone, Debug)]
pub(crate) struct Own {
    pub(crate) door: Door,
    /// Their home at the site, which the charge is counted for.
    pub(crate) unit: Option<String>,
}

#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum NotStarted {
    #[error("the person charges at two outlets already")]
    TooMany,
    #[error("the person has started five times within ten minutes")]
    TooOften,
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl From<DbError> for NotStarted {
    fn from(error: DbError) -> Self {
        Self::Refused(error.into())
    }
}

pub(crate) fn start_own_session(
    tx: &mut Tx<'_>,
    tenant_id: &str,
    asked: &NewSession,
    own: &Own,
) -> Result<SessionAccepted, NotStarted> {
    let since_us = tx.now_us.saturating_sub(WINDOW_US);
    let counts = sessions::count_of_driver(tx.conn, (tenant_id, &asked.driver_id), since_us)?;
    if counts.open >= MAX_OPEN {
        return Err(NotStarted::TooMany);
    }
    if counts.requested >= MAX_STARTS {
        return Err(NotStarted::TooOften);
    }
    check(tx, tenant_id, asked, &own.door)?;
    let mut accepted = start_session(tx, tenant_id, asked)?;
    if let Some(unit) = &own.unit {
        sessions::update_unit(tx.conn, &accepted.session.id, unit)?;
        accepted.session.unit = Some(unit.clone());
    }
    Ok(accepted)
}
