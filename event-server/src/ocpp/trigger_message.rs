//! TriggerMessage: report an outlet's status now.

use api_spec::ocpp::{CallError, decode};
use serde_json::value::RawValue;

use super::actions::json;
use super::dispatch::refusal;
use super::versions::{both_versions, int};
use crate::operations::dispatch_command::Answer;

both_versions! {
    pub(in crate::ocpp) fn call(outlet_number: i32, in_session: bool) -> Result<String, CallError> {
        let message = if in_session {
            wire::MessageTriggerEnum::TransactionEvent
        } else {
            wire::MessageTriggerEnum::MeterValues
        };
        let mut request = wire::TriggerMessageRequest::new(message);
        request.evse = Some(wire::Evse::new(int(i64::from(outlet_number))));
        json(&request)
    }

    pub(in crate::ocpp) fn answer(payload: &RawValue) -> Result<Answer, CallError> {
        let response: wire::TriggerMessageResponse = decode(payload)?;
        Ok(match response.status {
            wire::TriggerMessageStatusEnum::Accepted => Answer::Accepted { transaction_id: None },
            wire::TriggerMessageStatusEnum::Rejected | wire::TriggerMessageStatusEnum::NotImplemented => {
                let info = response.status_info.map(|info| (info.reason_code, info.additional_info));
                refusal(response.status.as_str(), info)
            }
        })
    }
}
