//! Whether an outlet is usable, by the station's own account.

use foundation::DbError;

use super::connect_station::Station;
use super::outlet_account::load;
use super::tell_outlet::set_fault;
use crate::context::Tx;

/// Said by a station that tells no finer fault.
pub(super) const FAULTED: &str = "faulted";
/// And by one that has it out of use.
pub(super) const UNAVAILABLE: &str = "unavailable";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Availability {
    Usable,
    Unavailable,
    Faulted,
}

pub(crate) fn record_status(
    tx: &mut Tx<'_>,
    station: &Station,
    outlet_number: i64,
    availability: Availability,
) -> Result<(), DbError> {
    let Some(outlet) = station.outlet(tx, outlet_number)? else {
        return Ok(());
    };
    let mut loaded = load(tx, &outlet)?;
    let fault = loaded.current.fault.clone();
    // A finer fault is told, and cleared, by other messages.
    if fault
        .as_deref()
        .is_some_and(|known| known != FAULTED && known != UNAVAILABLE)
    {
        return Ok(());
    }
    let told = match availability {
        Availability::Usable => None,
        Availability::Unavailable => Some(UNAVAILABLE.to_owned()),
        Availability::Faulted => Some(FAULTED.to_owned()),
    };
    if told == fault {
        return Ok(());
    }
    let at_us = tx.now_us;
    set_fault(tx, &outlet, &mut loaded, told, at_us)?;
    loaded.save(tx)
}
