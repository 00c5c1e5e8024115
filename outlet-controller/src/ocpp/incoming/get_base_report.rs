//! GetBaseReport: this station has no device model to report.

use api_spec::ocpp::CallError;
use api_spec::ocpp::v201::{GenericDeviceModelStatusEnum, GetBaseReportResponse};
use serde::Deserialize;

use super::{Reply, reply};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    request_id: i64,
}

pub(super) fn answer(request: &Request) -> Result<Reply, CallError> {
    tracing::debug!(request.request_id, "a report was asked for");
    reply(&GetBaseReportResponse::new(
        GenericDeviceModelStatusEnum::NotSupported,
    ))
}
