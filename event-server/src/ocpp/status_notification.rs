//! StatusNotification: whether a connector is available, by the station's own account.

use std::sync::Arc;

use api_spec::ocpp::{CallError, decode};

use super::actions::{Call, Work, empty};
use super::versions::{Integer, both_versions};
use crate::operations::record_status::{Availability, record_status};

both_versions! {
    pub(in crate::ocpp) fn handle(call: &Call<'_>) -> Result<Work, CallError> {
        let request: wire::StatusNotificationRequest = decode(call.payload)?;
        let availability = match request.connector_status {
            wire::ConnectorStatusEnum::Available
            | wire::ConnectorStatusEnum::Occupied
            | wire::ConnectorStatusEnum::Reserved => Availability::Usable,
            wire::ConnectorStatusEnum::Unavailable => Availability::Unavailable,
            wire::ConnectorStatusEnum::Faulted => Availability::Faulted,
        };
        let (station, number) = (Arc::clone(call.station), request.evse_id.read());
        Ok(Work::store(move |tx| {
            record_status(tx, &station, number, availability)?;
            Ok(empty())
        }))
    }
}
