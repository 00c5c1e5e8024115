//! ChangeAvailability: outlets are taken out of use, or into it again; what runs goes on to its end.

use api_spec::ocpp::CallError;
use api_spec::ocpp::v201::{ChangeAvailabilityResponse, ChangeAvailabilityStatusEnum, Evse};
use domain::ids::OutletNumber;
use serde::Deserialize;

use super::super::station::Station;
use super::{Reply, reply, runs_at, status_info, told};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    evse: Option<Evse>,
    operational_status: String,
}

pub(super) async fn answer(station: &Station, request: Request) -> Result<Reply, CallError> {
    let outlet: Option<OutletNumber> = match &request.evse {
        None => None,
        Some(evse) => match station.outlet(evse.id) {
            Some(outlet) => Some(outlet),
            None => {
                let mut answer = ChangeAvailabilityResponse::new(ChangeAvailabilityStatusEnum::Rejected);
                answer.status_info = Some(told("UnknownEvse", "evse must name an outlet of this panel"));
                return reply(&answer);
            }
        },
    };
    let available = request.operational_status == "Operative";
    let waits = !available && runs_at(station, outlet);
    let answer = match station.commands.set_available(outlet, available).await {
        Ok(()) if waits => ChangeAvailabilityResponse::new(ChangeAvailabilityStatusEnum::Scheduled),
        Ok(()) => ChangeAvailabilityResponse::new(ChangeAvailabilityStatusEnum::Accepted),
        Err(refused) => {
            let mut answer = ChangeAvailabilityResponse::new(ChangeAvailabilityStatusEnum::Rejected);
            answer.status_info = Some(status_info(refused)?);
            answer
        }
    };
    reply(&answer)
}
