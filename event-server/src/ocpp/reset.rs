//! Reset: start the station anew.

use api_spec::ocpp::{CallError, decode};
use api_spec::rest::ResetWhen;
use serde_json::value::RawValue;

use super::actions::json;
use super::dispatch::refusal;
use super::versions::both_versions;
use crate::operations::dispatch_command::Answer;

both_versions! {
    pub(in crate::ocpp) fn call(when: ResetWhen) -> Result<String, CallError> {
        json(&wire::ResetRequest::new(match when {
            ResetWhen::OnIdle => wire::ResetEnum::OnIdle,
            ResetWhen::Immediate => wire::ResetEnum::Immediate,
        }))
    }

    pub(in crate::ocpp) fn answer(payload: &RawValue) -> Result<Answer, CallError> {
        let response: wire::ResetResponse = decode(payload)?;
        Ok(match response.status {
            wire::ResetStatusEnum::Accepted => Answer::Accepted { transaction_id: None },
            wire::ResetStatusEnum::Scheduled => Answer::Scheduled,
            wire::ResetStatusEnum::Rejected => {
                let info = response.status_info.map(|info| (info.reason_code, info.additional_info));
                refusal(response.status.as_str(), info)
            }
        })
    }
}
