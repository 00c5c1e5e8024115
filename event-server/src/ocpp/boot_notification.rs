//! BootNotification: the station has started and asks to be let in.

use std::sync::Arc;

use api_spec::ocpp::{CallError, decode};

use super::actions::{Call, Work, json};
use super::versions::{Spoken, both_versions};
use crate::operations::record_boot::{Boot, record_boot};

/// Between two Heartbeats of a station that has nothing else to say.
const HEARTBEAT_INTERVAL_S: i64 = 300;

both_versions! {
    pub(in crate::ocpp) fn handle(call: &Call<'_>) -> Result<Work, CallError> {
        let request: wire::BootNotificationRequest = decode(call.payload)?;
        let boot = Boot {
            vendor: request.charging_station.vendor_name.into_string(),
            model: request.charging_station.model.into_string(),
            firmware: request.charging_station.firmware_version.map(Into::into),
            ocpp_version: <wire::IdToken as Spoken>::VERSION,
            has_restarted: !matches!(
                request.reason,
                wire::BootReasonEnum::Unknown | wire::BootReasonEnum::Triggered
            ),
        };
        let accepted = wire::RegistrationStatusEnum::Accepted;
        let answer = json(&wire::BootNotificationResponse::new(call.now(), HEARTBEAT_INTERVAL_S, accepted))?;
        let station = Arc::clone(call.station);
        Ok(Work::store(move |tx| {
            record_boot(tx, &station, &boot)?;
            Ok(answer)
        }))
    }
}
