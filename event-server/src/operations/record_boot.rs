//! A station has started.

use foundation::DbError;

use super::connect_station::Station;
use super::fleet::confirm_resets;
use super::follow_command::give_up_uploads;
use crate::context::Tx;
use crate::store::controllers;

/// What a station says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Boot {
    pub(crate) vendor: String,
    pub(crate) model: String,
    pub(crate) firmware: Option<String>,
    pub(crate) ocpp_version: &'static str,
    /// Whether the station has started anew, and not only connected again.
    pub(crate) has_restarted: bool,
}

pub(crate) fn record_boot(tx: &mut Tx<'_>, station: &Station, boot: &Boot) -> Result<(), DbError> {
    let known = controllers::find(tx.conn, &station.controller_id)?;
    let started_at = known
        .and_then(|controller| controller.booted_at)
        .filter(|_| !boot.has_restarted);
    let booted = controllers::Booted {
        ocpp_version: boot.ocpp_version,
        vendor: &boot.vendor,
        model: &boot.model,
        firmware: boot.firmware.as_deref(),
        booted_at: started_at.unwrap_or(tx.now_us),
    };
    controllers::update_booted(tx.conn, &station.controller_id, &booted)?;
    if boot.has_restarted {
        confirm_resets(tx, &station.controller_id)?;
        give_up_uploads(tx, &station.controller_id)?;
    }
    Ok(())
}
