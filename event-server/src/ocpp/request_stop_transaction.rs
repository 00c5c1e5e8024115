//! RequestStopTransaction: open the breaker of a session.

use api_spec::ocpp::bounded::Str;
use api_spec::ocpp::{CallError, decode};
use serde_json::value::RawValue;

use super::actions::json;
use super::dispatch::refusal;
use super::meter_value::VENDOR;
use super::versions::both_versions;
use crate::operations::dispatch_command::{Answer, Stop};

both_versions! {
    /// A delivery whose name is not known yet is named by its remoteStartId, for our own controller.
    pub(in crate::ocpp) fn call(stop: &Stop) -> Result<String, CallError> {
        let name = stop.transaction_id.clone();
        let name = name.unwrap_or_else(|| stop.session_number.to_string());
        let mut request = wire::RequestStopTransactionRequest::new(Str::truncated(&name));
        let mut ours = wire::CustomData::new(Str::truncated(VENDOR));
        ours.extra.insert("remoteStartId".to_owned(), stop.session_number.into());
        request.custom_data = Some(Box::new(ours));
        json(&request)
    }

    pub(in crate::ocpp) fn answer(payload: &RawValue) -> Result<Answer, CallError> {
        let response: wire::RequestStopTransactionResponse = decode(payload)?;
        Ok(match response.status {
            wire::RequestStartStopStatusEnum::Accepted => Answer::Accepted { transaction_id: None },
            wire::RequestStartStopStatusEnum::Rejected => {
                let info = response.status_info.map(|info| (info.reason_code, info.additional_info));
                refusal(response.status.as_str(), info)
            }
        })
    }
}
