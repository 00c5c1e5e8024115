//! ClearVariableMonitoring: a rise of the current is told no more.

use api_spec::ocpp::CallError;
use api_spec::ocpp::bounded::List;
use api_spec::ocpp::v201::{
    ClearMonitoringResult, ClearMonitoringStatusEnum, ClearVariableMonitoringResponse,
};
use serde::Deserialize;

use super::super::station::Station;
use super::{Reply, reply, status_info, too_few};

#[derive(Deserialize)]
pub(super) struct Request {
    id: Vec<i64>,
}

pub(super) async fn answer(station: &Station, request: Request) -> Result<Reply, CallError> {
    let mut results = Vec::new();
    for id in request.id {
        let mut result = ClearMonitoringResult::new(ClearMonitoringStatusEnum::NotFound, id);
        if let Some(outlet) = station.outlet(id) {
            match station.commands.set_rise_threshold(outlet, None).await {
                Ok(()) => result.status = ClearMonitoringStatusEnum::Accepted,
                Err(refused) => {
                    result.status = ClearMonitoringStatusEnum::Rejected;
                    result.status_info = Some(status_info(refused)?);
                }
            }
        }
        results.push(result);
    }
    reply(&ClearVariableMonitoringResponse::new(
        List::new(results).map_err(too_few)?,
    ))
}
