//! ChangeAvailability: take outlets out of use, or into it again.

use api_spec::ocpp::{CallError, decode};
use serde_json::value::RawValue;

use super::actions::json;
use super::dispatch::refusal;
use super::versions::{both_versions, int};
use crate::operations::dispatch_command::Answer;

both_versions! {
    pub(in crate::ocpp) fn call(outlet_number: Option<i32>, available: bool) -> Result<String, CallError> {
        let status = if available {
            wire::OperationalStatusEnum::Operative
        } else {
            wire::OperationalStatusEnum::Inoperative
        };
        let mut request = wire::ChangeAvailabilityRequest::new(status);
        request.evse = outlet_number.map(|number| wire::Evse::new(int(i64::from(number))));
        json(&request)
    }

    pub(in crate::ocpp) fn answer(payload: &RawValue) -> Result<Answer, CallError> {
        let response: wire::ChangeAvailabilityResponse = decode(payload)?;
        Ok(match response.status {
            wire::ChangeAvailabilityStatusEnum::Accepted => Answer::Accepted { transaction_id: None },
            wire::ChangeAvailabilityStatusEnum::Scheduled => Answer::Scheduled,
            wire::ChangeAvailabilityStatusEnum::Rejected => {
                let info = response.status_info.map(|info| (info.reason_code, info.additional_info));
                refusal(response.status.as_str(), info)
            }
        })
    }
}
