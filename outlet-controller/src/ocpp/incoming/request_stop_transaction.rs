//! RequestStopTransaction: ends a running charge.

use api_spec::ocpp::CallError;
use api_spec::ocpp::v201::{RequestStartStopStatusEnum, RequestStopTransactionResponse};
use domain::ids::TransactionId;
use serde::Deserialize;

use super::super::station::Station;
use super::{Reply, reply, status_info};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    transaction_id: String,
}

pub(super) async fn answer(station: &Station, request: Request) -> Result<Reply, CallError> {
    let response = match station.commands.stop(TransactionId(request.transaction_id)).await {
        Ok(()) => RequestStopTransactionResponse::new(RequestStartStopStatusEnum::Accepted),
        Err(refused) => {
            let mut response = RequestStopTransactionResponse::new(RequestStartStopStatusEnum::Rejected);
            response.status_info = Some(status_info(refused)?);
            response
        }
    };
    reply(&response)
}
