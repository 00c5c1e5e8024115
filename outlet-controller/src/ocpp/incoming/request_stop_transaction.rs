//! RequestStopTransaction: ends a running charge.

use api_spec::ocpp::CallError;
use api_spec::ocpp::v201::{RequestStartStopStatusEnum, RequestStopTransactionResponse};
use domain::ids::TransactionId;
use serde::Deserialize;

use super::super::messages::VENDOR;
use super::super::station::Station;
use super::{Reply, reply, status_info};
use crate::control_loop::Which;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    transaction_id: String,
    custom_data: Option<Custom>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Custom {
    vendor_id: String,
    remote_start_id: Option<i64>,
}

pub(super) async fn answer(station: &Station, request: Request) -> Result<Reply, CallError> {
    let ours = request.custom_data.filter(|data| data.vendor_id == VENDOR);
    let which = Which {
        transaction: TransactionId(request.transaction_id),
        remote_start_id: ours.and_then(|data| data.remote_start_id),
    };
    let response = match station.commands.stop(which).await {
        Ok(()) => RequestStopTransactionResponse::new(RequestStartStopStatusEnum::Accepted),
        Err(refused) => {
            let mut response = RequestStopTransactionResponse::new(RequestStartStopStatusEnum::Rejected);
            response.status_info = Some(status_info(refused)?);
            response
        }
    };
    reply(&response)
}
