//! SetVariables: clear an outlet's fault.

use api_spec::ocpp::bounded::{List, Str};
use api_spec::ocpp::{CallError, decode};
use serde_json::value::RawValue;

use super::actions::json;
use super::dispatch::refusal;
use super::versions::{both_versions, int};
use crate::operations::dispatch_command::Answer;

both_versions! {
    pub(in crate::ocpp) fn call(outlet_number: i32) -> Result<String, CallError> {
        let mut component = wire::Component::new(Str::truncated("PowerContactor"));
        component.evse = Some(wire::Evse::new(int(i64::from(outlet_number))));
        let variable = wire::Variable::new(Str::truncated("Tripped"));
        let value = wire::SetVariableData::new(Str::truncated("false"), component, variable);
        json(&wire::SetVariablesRequest::new(List::one(value)))
    }

    pub(in crate::ocpp) fn answer(payload: &RawValue) -> Result<Answer, CallError> {
        let response: wire::SetVariablesResponse = decode(payload)?;
        let refused = response.set_variable_result.into_iter().find(|result| {
            result.attribute_status != wire::SetVariableStatusEnum::Accepted
        });
        Ok(match refused {
            None => Answer::Accepted { transaction_id: None },
            Some(result) => {
                let info = result.attribute_status_info.map(|info| (info.reason_code, info.additional_info));
                refusal(result.attribute_status.as_str(), info)
            }
        })
    }
}
