//! TriggerMessage: something is told now; the answer goes first.

use api_spec::ocpp::CallError;
use api_spec::ocpp::v201::{Evse, TriggerMessageResponse, TriggerMessageStatusEnum};
use serde::Deserialize;

use super::super::station::Station;
use super::{Afterwards, Reply, reply, runs_at};
use crate::control_loop::Form;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    evse: Option<Evse>,
    requested_message: String,
}

pub(super) fn answer(station: &Station, request: Request) -> Result<Reply, CallError> {
    let outlet = match &request.evse {
        None => None,
        Some(evse) => match station.outlet(evse.id) {
            Some(outlet) => Some(outlet),
            None => return status(TriggerMessageStatusEnum::Rejected, None),
        },
    };
    let afterwards = match request.requested_message.as_str() {
        "MeterValues" => Afterwards::Tell(outlet, Form::Reading),
        "TransactionEvent" if !runs_at(station, outlet) => {
            return status(TriggerMessageStatusEnum::Rejected, None);
        }
        "TransactionEvent" => Afterwards::Tell(outlet, Form::Transaction),
        "StatusNotification" => Afterwards::State(outlet),
        "BootNotification" => Afterwards::Boot,
        "Heartbeat" => Afterwards::Heartbeat,
        "SignChargingStationCertificate" if station.renewal().is_none() => {
            return status(TriggerMessageStatusEnum::Rejected, None);
        }
        "SignChargingStationCertificate" => Afterwards::Renew,
        _ => return status(TriggerMessageStatusEnum::NotImplemented, None),
    };
    status(TriggerMessageStatusEnum::Accepted, Some(afterwards))
}

fn status(status: TriggerMessageStatusEnum, afterwards: Option<Afterwards>) -> Result<Reply, CallError> {
    Ok(Reply {
        afterwards,
        ..reply(&TriggerMessageResponse::new(status))?
    })
}
