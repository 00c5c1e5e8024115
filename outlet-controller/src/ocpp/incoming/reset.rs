//! Reset: the program ends, to be started anew; the answer goes first.

use api_spec::ocpp::CallError;
use api_spec::ocpp::v201::{ResetResponse, ResetStatusEnum};
use serde::Deserialize;

use super::super::station::Station;
use super::{Afterwards, Reply, reply, runs_at, told};
use crate::control_loop::ResetWhen;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    r#type: String,
    evse_id: Option<i64>,
}

pub(super) fn answer(station: &Station, request: &Request) -> Result<Reply, CallError> {
    let when = match (request.evse_id, request.r#type.as_str()) {
        (None, "OnIdle") => ResetWhen::OnIdle,
        (None, "Immediate") => ResetWhen::Immediate,
        (_, _) => {
            let mut answer = ResetResponse::new(ResetStatusEnum::Rejected);
            answer.status_info = Some(told(
                "UnsupportedRequest",
                "the panel is reset as a whole, and ends its charges",
            ));
            return reply(&answer);
        }
    };
    let status = if when == ResetWhen::OnIdle && runs_at(station, None) {
        ResetStatusEnum::Scheduled
    } else {
        ResetStatusEnum::Accepted
    };
    Ok(Reply {
        afterwards: Some(Afterwards::Reset(when)),
        ..reply(&ResetResponse::new(status))?
    })
}
