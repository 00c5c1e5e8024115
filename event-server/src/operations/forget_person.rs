//! Somebody wishes that nothing is kept of them but what bills and records need.

use super::drivers;
use super::expected::{Expected, edited_at};
use super::reservations::cancel_all;
use crate::context::Tx;
use crate::error::Refusal;
use crate::store::drivers::{self as rows, Driver};
use crate::store::{browser_sessions, notices, sessions};

/// Name, unit, rights, addresses and sign-ins go. Charges stay under an id that says nothing, and with the unit that is
/// billed. Who is blocked stays so, without a name: coming back lifts no block. The browser session of that hash stays, for
/// whoever ends it with its tokens.
///
/// # Errors
/// [`Refusal::SessionRunning`] while a charge of theirs runs: somebody must be there to stop it.
pub(crate) fn forget_person(
    tx: &mut Tx<'_>,
    (tenant_id, person_id): &(String, String),
    asking: &str,
) -> Result<(), Refusal> {
    let counts = sessions::count_of_driver(tx.conn, (tenant_id, person_id), i64::MAX)?;
    if counts.open > 0 {
        return Err(Refusal::SessionRunning);
    }
    notices::delete_of_charges(tx.conn, tenant_id, person_id)?;
    notices::delete_of_alarms(tx.conn, tenant_id, person_id)?;
    browser_sessions::delete_others(tx.conn, (tenant_id, person_id), asking)?;
    match rows::find(tx.conn, tenant_id, person_id)? {
        None => Ok(()),
        Some(driver) if driver.blocked => {
            let nameless = Driver {
                name: None,
                updated_at: edited_at(driver.updated_at, tx.now_us),
                ..driver
            };
            rows::update(tx.conn, &nameless)?;
            Ok(cancel_all(tx, tenant_id, person_id)?)
        }
        Some(_) => drivers::delete(tx, &(tenant_id.clone(), person_id.clone()), &Expected::Any),
    }
}
